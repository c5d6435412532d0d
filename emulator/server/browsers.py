"""Browser phones: the signalling protocol of ``@twilio/voice-sdk``, one socket per device."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import jwt
import structlog
from aiohttp import WSMsgType, web

from emulator.exchange import Exchange, Unreachable
from emulator.legs import Leg
from emulator.server.mixer import Mixer
from emulator.server.webrtc import Audio

log = structlog.get_logger(__name__)

HEARTBEAT = 8.0
TELEPHONE = "telephone:"
BUSY_CODE, TOKEN_INVALID, TOKEN_EXPIRED, NOT_FOUND = 31486, 20101, 20104, 31404
CONNECTION_LOST = 31005


class Rejected(Exception):
    """The token does not let anybody in."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Identity:
    """Who a device is: an account's browser phone, or a telephone of the outside world."""

    name: str
    application: str = ""
    telephone: bool = False
    seconds: int = 3600

    @property
    def address(self) -> str:
        return self.name if self.telephone else f"client:{self.name}"


def identify(token: str, exchange: Exchange) -> Identity:
    """Read an access token, or a telephone's plain word for itself.  Raises Rejected."""
    if token.startswith(TELEPHONE):
        return Identity(token.removeprefix(TELEPHONE), telephone=True)
    try:
        key = str(jwt.decode(token, options={"verify_signature": False})["iss"])
        secret = exchange.account.keys.get(key, "")
        claims = jwt.decode(token, secret, algorithms=["HS256"])
    except jwt.ExpiredSignatureError as error:
        raise Rejected(TOKEN_EXPIRED, "Access Token expired") from error
    except (jwt.PyJWTError, KeyError) as error:
        raise Rejected(TOKEN_INVALID, "Access Token invalid") from error
    grants = claims["grants"]
    outgoing = grants.get("voice", {}).get("outgoing", {})
    left = int(claims["exp"] - exchange.timeline.now.timestamp())
    return Identity(grants["identity"], outgoing.get("application_sid", ""), seconds=left)


@dataclass(eq=False)
class Device:
    """A browser page with a phone in it: the far end of legs."""

    exchange: Exchange
    mixer: Mixer
    socket: web.WebSocketResponse
    on_words: Callable[[Leg, str, str], None]
    identity: Identity | None = None
    legs: dict[str, Leg] = field(default_factory=dict)
    audio: dict[str, Audio] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self) -> None:
        beat = asyncio.ensure_future(self._heartbeat())
        try:
            async for message in self.socket:
                if message.type is WSMsgType.TEXT and message.data.strip():
                    await self._receive(json.loads(message.data))
        finally:
            beat.cancel()
            self._gone()

    # What the browser says

    async def _receive(self, message: dict[str, Any]) -> None:
        said: dict[str, Any] = message.get("payload") or {}
        handlers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "listen": self._listen,
            "register": self._register,
            "unregister": self._unregister,
            "invite": self._invite,
            "answer": self._answered,
            "reject": self._reject,
            "hangup": self._hangup,
            "dtmf": self._dtmf,
            "reinvite": self._reinvite,
        }
        handler = handlers.get(message.get("type", ""))
        if handler is not None:
            await handler(said)

    async def _listen(self, said: dict[str, Any]) -> None:
        try:
            self.identity = identify(said.get("token") or "", self.exchange)
        except Rejected as error:
            await self._send("error", error={"code": error.code, "message": str(error)})
            return
        token = {"identity": self.identity.name, "ttl": self.identity.seconds}
        await self._send(
            "connected", region="us1", edge="local", home="us1", gateway="local", token=token
        )

    async def _register(self, _said: dict[str, Any]) -> None:
        if self.identity is not None:
            self.exchange.parties[self.identity.address] = self
        await self._send("ready")

    async def _unregister(self, _said: dict[str, Any]) -> None:
        self._forget_registration()

    async def _invite(self, said: dict[str, Any]) -> None:
        """The browser calls: it gets its answer when the carrier answers its leg."""
        call = said["callsid"]
        if self.identity is None:
            await self._refuse(call, TOKEN_INVALID, "not signed in")
            return
        if "reconnect" in said:
            # A leg ends with its connection: another would dial a number that nobody chose.
            await self._refuse(call, CONNECTION_LOST, "the call ended with its connection")
            return
        audio = Audio()
        sdp = await audio.answer(said["sdp"])
        custom = dict(parse_qsl((said.get("twilio") or {}).get("params", "")))
        try:
            leg = self._begin(self.identity, custom)
        except Unreachable as error:
            await audio.close()
            await self._refuse(call, NOT_FOUND, str(error))
            return
        self._keep(leg, audio)
        await self._send("ringing", callsid=leg.sid)
        leg.picked_up.then(
            lambda: self._later(
                self._send("answer", callsid=leg.sid, sdp=sdp, reconnect=uuid4().hex)
            )
        )

    def _begin(self, identity: Identity, custom: dict[str, str]) -> Leg:
        if identity.telephone:
            return self.exchange.incoming(self, identity.name, custom.get("To", ""))
        return self.exchange.connect(self, identity.name, identity.application, custom)

    async def _answered(self, said: dict[str, Any]) -> None:
        leg = self.legs.get(said.get("callsid", ""))
        if leg is not None and leg.live:
            await self.audio[leg.sid].accept(said["sdp"])
            leg.answer()

    async def _reject(self, said: dict[str, Any]) -> None:
        leg = self.legs.get(said.get("callsid", ""))
        if leg is not None:
            leg.end("busy")

    async def _hangup(self, said: dict[str, Any]) -> None:
        leg = self.legs.get(said.get("callsid", ""))
        if leg is not None:
            leg.end("completed" if leg.answered or leg.direction == "inbound" else "canceled")

    async def _dtmf(self, said: dict[str, Any]) -> None:
        leg = self.legs.get(said.get("callsid", ""))
        if leg is not None:
            leg.press(str(said.get("dtmf", "")))

    async def _reinvite(self, said: dict[str, Any]) -> None:
        """The browser restarts its connection: the old one is replaced, the leg stays."""
        leg = self.legs.get(said.get("callsid", ""))
        if leg is None:
            return
        before = self.audio[leg.sid]
        audio = Audio()
        sdp = await audio.answer(said["sdp"])
        self._keep(leg, audio)
        await before.close()
        await self._send("answer", callsid=leg.sid, sdp=sdp)

    # What the carrier says (Party)

    def ring(self, leg: Leg) -> None:
        self._later(self._offer(leg))

    def talking(self, leg: Leg) -> None: ...

    def ended(self, leg: Leg) -> None:
        self.legs.pop(leg.sid, None)
        audio = self.audio.pop(leg.sid, None)
        kind = "cancel" if leg.answered is None and leg.direction != "inbound" else "hangup"
        self._later(self._finish(kind, leg, audio))

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        self.on_words(leg, words, kind)

    async def _offer(self, leg: Leg) -> None:
        audio = Audio()
        sdp = await audio.offer()
        if not leg.live:
            await audio.close()
            return
        self._keep(leg, audio)
        parameters = {
            "CallSid": leg.sid,
            "AccountSid": self.exchange.account.sid,
            "From": leg.caller,
            "To": leg.called,
            "Params": urlencode(leg.custom),
        }
        await self._send(
            "invite", callsid=leg.sid, sdp=sdp, parameters=parameters, reconnect=uuid4().hex
        )

    async def _finish(self, kind: str, leg: Leg, audio: Audio | None) -> None:
        await self._send(kind, callsid=leg.sid)
        if audio is not None:
            await audio.close()

    def _keep(self, leg: Leg, audio: Audio) -> None:
        self.legs[leg.sid], self.audio[leg.sid] = leg, audio
        audio.plug_into(self.mixer.port(leg))

    async def _refuse(self, call: str, code: int, words: str) -> None:
        await self._send("hangup", callsid=call, error={"code": code, "message": words})

    async def _send(self, kind: str, **payload: Any) -> None:
        if not self.socket.closed:
            text = json.dumps({"type": kind, "payload": payload, "version": "1.6"})
            try:
                await self.socket.send_str(text)
            except ConnectionResetError:
                log.info("a browser went away", kind=kind)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _heartbeat(self) -> None:
        while not self.socket.closed:
            await self.socket.send_str("\n")
            await asyncio.sleep(HEARTBEAT)

    def _forget_registration(self) -> None:
        if self.identity and self.exchange.parties.get(self.identity.address) is self:
            del self.exchange.parties[self.identity.address]

    def _gone(self) -> None:
        """The page was closed: its registration and its calls go with it."""
        self._forget_registration()
        for leg in list(self.legs.values()):
            leg.end("completed" if leg.answered else "canceled")

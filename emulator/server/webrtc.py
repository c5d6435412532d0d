"""A browser's audio: Opus or PCMU over WebRTC in both directions, 8 kHz frames on our side."""

import asyncio
import fractions
from collections import deque

import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler

from emulator.server.mixer import FRAME, Port
from emulator.sound import RATE

# What waits to be sent when the browser falls behind; older frames are dropped.
BACKLOG = 15


class Loudspeaker(MediaStreamTrack):  # type: ignore[misc]
    """Sends what the leg hears; the mixer sets the pace."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: deque[np.ndarray] = deque(maxlen=BACKLOG)
        self._arrived = asyncio.Event()
        self._sent = 0

    def deliver(self, frame: np.ndarray) -> None:
        self._frames.append(frame)
        self._arrived.set()

    async def recv(self) -> AudioFrame:
        while not self._frames:
            self._arrived.clear()
            await self._arrived.wait()
        samples = self._frames.popleft()
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(samples.astype("<i2").tobytes())
        frame.pts, self._sent = self._sent, self._sent + FRAME
        frame.sample_rate = RATE
        frame.time_base = fractions.Fraction(1, RATE)
        return frame


class Audio:
    """One peer connection, made from the browser's offer or offered to it."""

    def __init__(self) -> None:
        self._peer = RTCPeerConnection()
        self._loudspeaker = Loudspeaker()
        self._peer.addTrack(self._loudspeaker)
        self._peer.on("track", self._listen)
        self._port: Port | None = None
        self._listening: asyncio.Task[None] | None = None

    async def answer(self, offer: str) -> str:
        await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return str(self._peer.localDescription.sdp)

    async def offer(self) -> str:
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def plug_into(self, port: Port) -> None:
        self._port = port
        port.deliver = self._loudspeaker.deliver

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        await self._peer.close()

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.ensure_future(self._take(track))

    async def _take(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        rest = np.zeros(0, dtype=np.int16)
        try:
            while True:
                frame = await track.recv()
                for part in resampler.resample(frame):
                    rest = np.concatenate([rest, part.to_ndarray().reshape(-1)])
                while len(rest) >= FRAME:
                    if self._port is not None:
                        self._port.microphone.append(rest[:FRAME].astype(np.int16))
                    rest = rest[FRAME:]
        except MediaStreamError:
            return

"""``python -m emulator``: the carrier as a server, with a telephone page at its address."""

import argparse
import asyncio
import os
import signal
from pathlib import Path

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web

from emulator.account import Account, Application, Number, Webhooks
from emulator.exchange import Exchange
from emulator.server.clockwork import Clockwork, HttpPort, stopped, wall
from emulator.server.keeping import Keeper
from emulator.server.mixer import Mixer
from emulator.server.pages import Pages
from emulator.server.synthesis import Synthesis
from emulator.timeline import Timeline


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    env = os.environ
    port = int(env.get("PORT", "5000"))
    public = env.get("PUBLIC_URL", f"http://127.0.0.1:{port}")
    fallback = env.get("FALLBACK_URL", f"http://127.0.0.1:{port + 4}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port + 2)
    parser.add_argument("--signal-port", type=int, default=port + 3)
    parser.add_argument("--account", default=env.get("TWILIO_ACCOUNT_SID", "AC" + "0" * 32))
    parser.add_argument("--token", default=env.get("TWILIO_AUTH_TOKEN", ""))
    parser.add_argument("--key", default=env.get("TWILIO_API_KEY", ""))
    parser.add_argument("--secret", default=env.get("TWILIO_API_SECRET", ""))
    parser.add_argument("--application", default=env.get("TWILIO_APP_SID", ""))
    parser.add_argument("--number", default=env.get("HOTLINE_NUMBER", "12345"))
    parser.add_argument("--voice-url", default=public + "/voice/incoming")
    parser.add_argument("--agent-url", default=public + "/voice/agent")
    parser.add_argument("--status-url", default=public + "/voice/status")
    parser.add_argument("--fallback-url", default=fallback + "/voice/failed")
    parser.add_argument("--sdk", type=Path, default=Path("web/static/vendor/twilio.min.js"))
    parser.add_argument(
        "--messages",
        type=Path,
        default=Path(env["VAR_DIR"]) / "emulator" / "messages.jsonl" if "VAR_DIR" in env else None,
        help="file that keeps the text messages over a restart",
    )
    parser.add_argument("--silent", action="store_true", help="no sound: for load tests")
    return parser.parse_args()


def account(given: argparse.Namespace) -> Account:
    """What an operator would set up in the carrier's console."""
    made = Account(given.account, given.token, keys={given.key: given.secret} if given.key else {})
    hotline = Webhooks(
        voice_url=given.voice_url,
        voice_fallback_url=given.fallback_url,
        status_callback=given.status_url,
    )
    made.numbers[given.number] = Number(given.number, hotline)
    if given.application:
        agents = Webhooks(voice_url=given.agent_url, status_callback=given.status_url)
        made.applications[given.application] = Application(agents, given.application)
    return made


async def serve(given: argparse.Namespace) -> None:
    timeline = Timeline(wall())
    base = f"http://{given.host}:{given.port}"
    async with ClientSession(
        connector=TCPConnector(limit=200), cookie_jar=DummyCookieJar()
    ) as session:
        exchange = Exchange(timeline, account(given), HttpPort(session), base_url=base)
        keeper = Keeper(given.messages, exchange.messages) if given.messages is not None else None
        mixer = None if given.silent else Mixer(timeline, Synthesis())
        if mixer is not None:
            exchange.media = mixer
        clockwork = Clockwork(timeline, mixer)
        signal_at = f"{given.host}:{given.signal_port}"
        pages = Pages(exchange, mixer, given.sdk, signal_at, clockwork.lag)
        running = [
            await _listen(pages.application(), given.host, given.port),
            await _listen(pages.signalling(), given.host, given.signal_port),
        ]
        ticking = asyncio.ensure_future(clockwork.run())
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await stop.wait()
        await stopped(ticking)
        for runner in running:
            await runner.cleanup()
        if keeper is not None:
            keeper.close()


async def _listen(app: web.Application, host: str, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


if __name__ == "__main__":
    asyncio.run(serve(arguments()))

"""``python -m emulator.load``: many callers at once against a hotline that does next to nothing.

It asks a running emulator to call; what is measured is the emulator alone."""

import argparse
import asyncio
import os
import sys
import time

from aiohttp import ClientSession, encode_basic_auth, web

NUMBER = "+10000000000"
MENU = "<Gather numDigits='1' action='/line'><Say>welcome, press one</Say></Gather><Redirect/>"
# A queue holds a thousand; the callers are spread over several.
LINE = "<Enqueue waitUrl='/wait'>line {0}</Enqueue>"
LINES = 20
WAIT = "<Say>please wait</Say><Pause length='9'/>"
SCRIPT = ["wait 2", "press 1", "wait {0}", "say hello", "wait 2", "hang up"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator.load", description=__doc__)
    env = os.environ
    parser.add_argument("--emulator", default="http://127.0.0.1:5002")
    parser.add_argument("--account", default=env.get("TWILIO_ACCOUNT_SID", ""))
    parser.add_argument("--token", default=env.get("TWILIO_AUTH_TOKEN", ""))
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--per-second", type=float, default=50)
    parser.add_argument("--stay", type=int, default=60, help="seconds that each stays in the queue")
    return parser.parse_args()


class Hotline:
    """Answers every webhook from memory."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        line = LINE.format(self.asked % LINES)
        document = {"/wait": WAIT, "/line": line}.get(request.path, MENU)
        return web.Response(text=f"<Response>{document}</Response>", content_type="text/xml")


async def main(given: argparse.Namespace) -> None:
    hotline = Hotline()
    app = web.Application()
    app.router.add_post("/{path:.*}", hotline.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with ClientSession(given.emulator) as session:
            await _number(session, given, f"http://127.0.0.1:{port}/")
            await _call(session, given, hotline)
    finally:
        await runner.cleanup()


async def _number(session: ClientSession, given: argparse.Namespace, url: str) -> None:
    """A number of the account whose calls come to us."""
    base = f"/2010-04-01/Accounts/{given.account}/IncomingPhoneNumbers"
    who = {"Authorization": encode_basic_auth(given.account, given.token)}
    async with session.get(f"{base}.json", params={"PhoneNumber": NUMBER}, headers=who) as got:
        found = (await got.json())["incoming_phone_numbers"]
    path = f"{base}/{found[0]['sid']}.json" if found else f"{base}.json"
    fields = {"VoiceUrl": url} | ({} if found else {"PhoneNumber": NUMBER})
    async with session.post(path, data=fields, headers=who) as got:
        got.raise_for_status()


async def _call(session: ClientSession, given: argparse.Namespace, hotline: Hotline) -> None:
    script = [step.format(given.stay) for step in SCRIPT]
    wanted = {"to": NUMBER, "count": given.callers, "per_second": given.per_second}
    before, began = await _seen(session), time.monotonic()
    async with session.post("/callers", json=wanted | {"script": script}) as got:
        got.raise_for_status()
    while True:
        await asyncio.sleep(2)
        now = await _seen(session)
        seconds = time.monotonic() - began
        asked = hotline.asked
        cpu = (now["cpu_seconds"] - before["cpu_seconds"]) / seconds
        sys.stdout.write(
            f"{seconds:6.1f} s  live {now['live']:5.0f}  ended"
            f" {now['ended'] - before['ended']:5.0f}  webhooks/s {asked / seconds:6.1f}"
            f"  cpu {cpu:5.0%}  memory {now['memory_mb']:6.1f} MB  lag {now['lag_ms']:4.0f} ms\n"
        )
        if now["live"] == now["to_come"] == 0:
            return


async def _seen(session: ClientSession) -> dict[str, float]:
    async with session.get("/callers") as got:
        seen: dict[str, float] = await got.json()
        return seen


if __name__ == "__main__":
    asyncio.run(main(arguments()))

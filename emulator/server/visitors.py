"""HTTP for programs that call: a crowd of callers with a script, and how the process bears it."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from emulator.caller import Step
from emulator.crowd import Crowd
from emulator.exchange import Exchange, Unreachable

MEGABYTE = 1024 * 1024


class Visitors:
    def __init__(self, exchange: Exchange, lag: Callable[[], float]) -> None:
        self._crowd = Crowd(exchange)
        self._lag = lag

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/callers", self.come),
            web.get("/callers", self.show),
            web.delete("/callers", self.go),
        ]

    async def come(self, request: web.Request) -> web.Response:
        """``{"to": "12345", "count": 2000, "per_second": 50, "script": ["wait 2", "press 1"]}``"""
        try:
            wanted = await request.json()
            script = [Step.of(str(text)) for text in wanted.get("script", [])]
            count, rate = int(wanted.get("count", 1)), float(wanted.get("per_second", 50))
            if count < 1 or rate <= 0:
                raise ValueError("count and per_second must be more than nothing")
            self._crowd.dials(str(wanted["to"]), count, rate, script)
        except KeyError as error:
            raise web.HTTPBadRequest(text=f"missing: {error}") from error
        except (ValueError, AttributeError, Unreachable) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(self._crowd.counts(), status=202)

    async def show(self, _request: web.Request) -> web.Response:
        used = resource.getrusage(resource.RUSAGE_SELF)
        process = {
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
            "memory_mb": round(resident() / MEGABYTE, 1),
            "lag_ms": round(self._lag() * 1000),
        }
        return web.json_response(self._crowd.counts() | process)

    async def go(self, _request: web.Request) -> web.Response:
        self._crowd.hangs_up()
        return web.json_response(self._crowd.counts())


def resident() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

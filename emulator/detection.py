"""Answering-machine detection: the carrier listens to whoever picked up and says what it was.

It waits with the first document (and 4 s of silence) or, asked to be asynchronous, tells later."""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.legs import Leg, Reports
from emulator.tasks import Interrupted, Task, first_of, moment

MODES = {"Enable", "DetectMessageEnd"}
LONGEST = 30.0
# How long the carrier listens before it is sure, and how long a machine greets.
LISTENS = {"human": 2.0, "machine": 4.0, "fax": 3.0}
GREETING = 7.0


@dataclass(frozen=True)
class Verdict:
    answered_by: str
    seconds: float


@dataclass(frozen=True)
class Detection:
    mode: str
    patience: float = LONGEST
    # Asked to be asynchronous: where the verdict goes.
    reports: Reports | None = None
    asynchronous: bool = False

    def begin(self, leg: Leg, perform: Callable[[dict[str, str]], None]) -> None:
        """Perform at once and tell later, or perform with the verdict."""
        verdict = self._verdict(getattr(leg.party, "nature", "human"))
        if self.asynchronous:
            perform({})
        Task(leg.exchange.timeline, self._listen(leg, verdict, perform))

    async def _listen(
        self, leg: Leg, verdict: Verdict, perform: Callable[[dict[str, str]], None]
    ) -> None:
        try:
            await first_of(moment(leg.exchange.timeline, verdict.seconds), leg.over)
        except Interrupted:
            return
        if not leg.live:
            return
        leg.answered_by = verdict.answered_by
        if not self.asynchronous:
            perform({"AnsweredBy": verdict.answered_by})
        elif self.reports is not None:
            self._tell(leg, verdict, self.reports)

    def _tell(self, leg: Leg, verdict: Verdict, reports: Reports) -> None:
        said = {
            "CallSid": leg.sid,
            "AccountSid": leg.exchange.account.sid,
            "AnsweredBy": verdict.answered_by,
            "MachineDetectionDuration": str(round(verdict.seconds * 1000)),
        }
        leg.exchange.courier.report(leg.sid, reports.url, said, reports.method)

    def _verdict(self, nature: str) -> Verdict:
        heard = LISTENS.get(nature)
        if heard is None or heard > self.patience:
            return Verdict("unknown", self.patience)
        if nature != "machine":
            return Verdict(nature, heard)
        if self.mode == "Enable":
            return Verdict("machine_start", heard)
        if self.patience < GREETING:
            return Verdict("unknown", self.patience)
        return Verdict("machine_end_beep", GREETING)

"""An order in the carrier's own words: what is asked of it over REST."""

from dataclasses import dataclass

from telephony.carrier import carrier
from telephony.errors import CarrierError

# What needs no conference, by the carrier's own verbs.
OF_A_LEG = frozenset({"pause_recording", "resume_recording", "stop_recording", "hang_up"})


@dataclass(frozen=True)
class Taken:
    """An order as it is carried out; ``conference`` is named after its call."""

    call_id: int
    conference: str
    kind: str
    leg: str
    url: str


def obey(order: Taken) -> None:
    match order.kind:
        case "redirect" | "join":
            carrier().redirect(order.leg, order.url)
        case "hold":
            carrier().hold(order.conference, order.leg, order.url)
        case "resume":
            carrier().resume(order.conference, order.leg)
        case "outlast" | "end_with":
            carrier().end_with(order.conference, order.leg, ends=order.kind == "end_with")
        case "listen":
            carrier().let_listen(order.conference, order.leg)
        case "whisper":
            carrier().let_whisper(order.conference, order.leg, order.url)
        case "speak":
            carrier().let_speak(order.conference, order.leg)
        case "press":
            carrier().announce(order.conference, order.leg, order.url)
        case kind if kind in OF_A_LEG:
            getattr(carrier(), kind)(order.leg)
        case _:
            raise CarrierError(f"未知指令 {order.kind}", permanent=True)

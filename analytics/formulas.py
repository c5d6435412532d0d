"""The contact centre's figures as formulas over a tally; each says what it leaves out.

Source: peers reference 5.  A answered by an agent, B hung up in the queue, C left for a callback,
V left a message, D turned away or led elsewhere; the clock starts when a person is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

from infra.wording import N_
from staff import norms

# Who hangs up so soon has not given up a wait.
SHORT = timedelta(seconds=5)
# GB/T 33358-2016: of any 24 hours on end.
CONNECT_GOAL = 0.95
NOTHING = timedelta()


@dataclass(frozen=True)
class Tally:
    """What was counted; tallies of parts add up to that of the whole."""

    # Of the callers who asked for a person: what became of them.
    answered: int = 0
    answered_soon: int = 0
    abandoned: int = 0
    abandoned_soon: int = 0
    abandoned_short: int = 0
    called_back: int = 0
    messages: int = 0
    turned_away: int = 0
    undecided: int = 0
    never_asked: int = 0
    # Of those who had a place in a queue, and who left it in time for whatever good reason.
    queued: int = 0
    left_soon: int = 0
    waited: timedelta = NOTHING
    # Of what rang at desks.
    offers: int = 0
    accepted: int = 0
    missed: int = 0
    ringing: int = 0
    # Of agents with the citizens that they had.
    talks: int = 0
    handling: timedelta = NOTHING
    talks_open: int = 0
    talks_untimed: int = 0
    # Of the seats' time.
    busy: timedelta = NOTHING
    free: timedelta = NOTHING

    @property
    def asked(self) -> int:
        parts = (self.answered, self.abandoned, self.called_back, self.messages, self.turned_away)
        return sum(parts)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{one: getattr(self, one) + getattr(other, one) for one in COUNTERS})


COUNTERS = [one.name for one in fields(Tally)]


class Kind(StrEnum):
    SHARE = "share"
    SECONDS = "seconds"


Part = Callable[[Tally], Any]


@dataclass(frozen=True)
class Formula:
    code: str
    name: str
    # In words, as every tile shows it.
    text: str
    numerator: Part
    denominator: Part
    # Why something is in neither part, and how many are.
    excluded: Mapping[str, Part] = field(default_factory=dict)
    kind: Kind = Kind.SHARE
    goal: float | None = None
    lower_is_better: bool = False
    # Whether it says something of one agent, and of one line.
    of_agents: bool = False
    of_lines: bool = True


@dataclass(frozen=True)
class Measured:
    formula: Formula
    numerator: float
    denominator: float
    excluded: Mapping[str, int]

    @property
    def value(self) -> float | None:
        """None where nothing was counted."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def few(self) -> bool:
        """Of so few a share says little; it is shown all the same, and said so."""
        few = norms.amount("few_counted")
        return self.formula.kind is Kind.SHARE and 0 < self.denominator < few

    @property
    def missed_goal(self) -> bool:
        goal, value = self.formula.goal, self.value
        return goal is not None and value is not None and value < goal


def measure(formula: Formula, tally: Tally) -> Measured:
    left_out = {why: counted(tally) for why, counted in formula.excluded.items()}
    return Measured(
        formula,
        _number(formula.numerator(tally)),
        _number(formula.denominator(tally)),
        {why: count for why, count in left_out.items() if count},
    )


def _number(part: int | timedelta) -> float:
    return part.total_seconds() if isinstance(part, timedelta) else part


ABANDONED = {"abandoned": lambda t: t.abandoned}
SOON_GONE = {"abandoned_soon": lambda t: t.abandoned_soon}
SHORT_GONE = {"abandoned_short": lambda t: t.abandoned_short}
PROMISED: Mapping[str, Part] = {
    "called_back": lambda t: t.called_back,
    "messages": lambda t: t.messages,
    "turned_away": lambda t: t.turned_away,
}
UNDECIDED: Mapping[str, Part] = {"undecided": lambda t: t.undecided}
NEVER_ASKED: Mapping[str, Part] = {"never_asked": lambda t: t.never_asked}
NOT_QUEUED: Mapping[str, Part] = {"not_queued": lambda t: t.asked - t.queued}

# The words of the reasons.
LEFT_OUT = {
    "abandoned": N_("放弃"),
    "abandoned_soon": N_("15 秒内放弃"),
    "abandoned_short": N_("5 秒内放弃"),
    "called_back": N_("转为回呼"),
    "messages": N_("留言"),
    "turned_away": N_("未受理或转出"),
    "undecided": N_("还在等待"),
    "never_asked": N_("未请求人工"),
    "not_queued": N_("未进入队列"),
    "ringing": N_("正在振铃"),
    "talks_open": N_("尚未整理完"),
    "talks_untimed": N_("没有时段记录"),
}

# The first is the headline.
SERVICE_LEVELS = (
    Formula(
        "sl3",
        N_("15 秒接通率 SL-3"),
        N_("15 秒内接听的 ÷（接听的 + 放弃的）"),
        lambda t: t.answered_soon,
        lambda t: t.answered + t.abandoned,
        {**PROMISED, **UNDECIDED, **NEVER_ASKED},
        goal=0.9,
    ),
    Formula(
        "sl1",
        N_("SL-1 占已接听"),
        N_("15 秒内接听的 ÷ 接听的"),
        lambda t: t.answered_soon,
        lambda t: t.answered,
        {**ABANDONED, **PROMISED, **UNDECIDED, **NEVER_ASKED},
    ),
    Formula(
        "sl2",
        N_("SL-2 含及时放弃"),
        N_("（15 秒内接听的 + 15 秒内放弃的）÷（接听的 + 放弃的）"),
        lambda t: t.answered_soon + t.abandoned_soon,
        lambda t: t.answered + t.abandoned,
        {**PROMISED, **UNDECIDED, **NEVER_ASKED},
    ),
    Formula(
        "sl2c",
        N_("SL-2c 及时离队"),
        N_("15 秒内离开队列的（接听、放弃、转为回呼）÷ 进入队列的"),
        lambda t: t.left_soon,
        lambda t: t.queued,
        {**NOT_QUEUED, **UNDECIDED, **NEVER_ASKED},
    ),
    Formula(
        "sl4",
        N_("SL-4 不计及时放弃"),
        N_("15 秒内接听的 ÷（接听的 + 超过 15 秒放弃的）"),
        lambda t: t.answered_soon,
        lambda t: t.answered + t.abandoned - t.abandoned_soon,
        {**SOON_GONE, **PROMISED, **UNDECIDED, **NEVER_ASKED},
    ),
    Formula(
        "sl5",
        N_("SL-5 占全部请求"),
        N_("15 秒内接听的 ÷（请求人工的 − 5 秒内放弃的）"),
        lambda t: t.answered_soon,
        lambda t: t.asked - t.abandoned_short,
        {**SHORT_GONE, **UNDECIDED, **NEVER_ASKED},
    ),
)
CONNECT = Formula(
    "connect",
    N_("接通率"),
    N_("人工接听的 ÷ 请求人工的；满员、关闭、无人值守和故障都不剔除"),
    lambda t: t.answered,
    lambda t: t.asked,
    {**UNDECIDED, **NEVER_ASKED},
    goal=CONNECT_GOAL,
)
OTHERS = (
    CONNECT,
    Formula(
        "abandoned",
        N_("放弃率"),
        N_("排队中挂断的 ÷ 进入队列的；转为回呼的不算放弃"),
        lambda t: t.abandoned,
        lambda t: t.queued,
        {**NOT_QUEUED, **UNDECIDED, **NEVER_ASKED},
        lower_is_better=True,
    ),
    Formula(
        "asa",
        N_("平均应答时长 ASA"),
        N_("接听的来电从请求人工到与座席通上话的总时长 ÷ 接听的；语音菜单不计"),
        lambda t: t.waited,
        lambda t: t.answered,
        {**ABANDONED, **PROMISED, **UNDECIDED, **NEVER_ASKED},
        kind=Kind.SECONDS,
        lower_is_better=True,
    ),
    Formula(
        "aht",
        N_("平均处理时长 AHT"),
        N_("（通话 + 保持 + 话后整理）÷ 座席处理的通话；含回呼，外呼和只被咨询的不计"),
        lambda t: t.handling,
        lambda t: t.talks,
        {"talks_open": lambda t: t.talks_open, "talks_untimed": lambda t: t.talks_untimed},
        kind=Kind.SECONDS,
        of_agents=True,
    ),
    Formula(
        "occupancy",
        N_("占用率"),
        N_("（通话 + 话后整理）÷（通话 + 话后整理 + 示闲空闲）；振铃、小休和桌面失联不计"),
        lambda t: t.busy,
        lambda t: t.busy + t.free,
        of_agents=True,
        of_lines=False,
    ),
    Formula(
        "accepted",
        N_("座席应答率"),
        N_("接起的振铃 ÷ 全部振铃；一通来电每振铃一次计一次，振铃中市民挂断的也计"),
        lambda t: t.accepted,
        lambda t: t.offers,
        {"ringing": lambda t: t.ringing},
        of_agents=True,
    ),
    Formula(
        "missed",
        N_("振铃未接率"),
        N_("超时未接的振铃 ÷ 全部振铃；婉拒和市民挂断的在分母里"),
        lambda t: t.missed,
        lambda t: t.offers,
        {"ringing": lambda t: t.ringing},
        lower_is_better=True,
        of_agents=True,
    ),
)
FORMULAS = {one.code: one for one in (*SERVICE_LEVELS, *OTHERS)}

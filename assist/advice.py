"""What an agent does first when somebody speaks of danger: whom to ring, what to ask."""

from assist import emergency
from web.languages import _l

ADVICE = {
    "suicide": _l("不要挂断，陪他说话，问清所在位置；立即代打 110 和 120，并告知班长"),
    "violence": _l(
        "请市民先到安全处，立即拨打 110；问清位置和有无受伤，有人受伤再打 120，不便拨打的由您代打"
    ),
    "fire": _l("请市民先撤离到安全处，立即拨打 119；问清地址、有无人员被困，不便拨打的由您代打"),
    "gas": _l("请市民离开现场，不开关电器、不用明火，在室外拨打 119；问清地址，不便拨打的由您代打"),
    "missing_child": _l("请市民立即拨打 110 报警；问清孩子的姓名、衣着、最后出现的时间和地点"),
    "medical": _l(
        "请市民立即拨打 120；问清地址和伤病情况，有人被困或落水再打 119，不便拨打的由您代打"
    ),
}


def for_words(words: str | None) -> str | None:
    """The advice for the danger that was found by these words of a caller."""
    kind = emergency.kind_of(words) if words else None
    return str(ADVICE[kind]) if kind else None

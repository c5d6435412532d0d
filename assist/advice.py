"""What an agent does first when somebody speaks of danger: whom to ring, what to ask."""

from flask import Flask

from assist import emergency
from web.languages import _, _l

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
    emergency.BY_KEY: _l("先问清发生了什么、在什么地方；立即代打 110、119 或 120，不要挂断"),
}


def init_app(app: Flask) -> None:
    app.add_template_filter(shown, "danger_told")


def for_words(words: str | None) -> str | None:
    """The advice for the danger that was found by these words of a caller."""
    kind = emergency.kind_of(words) if words else None
    return str(ADVICE[kind]) if kind else None


def shown(words: str | None) -> str | None:
    """What a page says of a call's danger: the caller's own words, or that he has pressed the key
    for it."""
    return _("按键：生命危险") if words == emergency.BY_KEY else words

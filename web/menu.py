"""The bar above every page: what stands in it, and what behind a word of it."""

from web.languages import _l

# What most people open seldom stands behind a word of the bar; who has only one of a group has it
# in the bar itself.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (_l("协同"), ("linkage.page", "exchange.page", "meetings.listing", "rules.listing")),
    (_l("知识库"), ("assist.articles", "assist.learning")),
    (
        _l("管理"),
        (
            "tickets.failed_texts",
            "admin.people_list",
            "api_keys.page",
            "exchange.peers_page",
            "outgoing.page",
            "duty.page",
            "telephones.page",
            "audit_log.page",
            "clocks.days",
            "clocks.limits",
            "norms.page",
            "erasing.listing",
            "limits.listing",
            "protections.listing",
            "verification.page",
            "failed_jobs.page",
        ),
    ),
)


def grouped(places: list[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The bar from left to right: a place by itself, under no word, or a word and what is behind
    it."""
    behind_words = {endpoint for _word, behind in GROUPS for endpoint in behind}
    menu = [("", [one]) for one in places if one[0] not in behind_words]
    for word, behind in GROUPS:
        found = [one for one in places if one[0] in behind]
        if found:
            menu.append((str(word) if len(found) > 1 else "", found))
    return menu

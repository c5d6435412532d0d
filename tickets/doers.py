"""Who did what a link of a history tells."""

from models import TicketEvent
from web.languages import _

# Nobody of the staff does these: the citizen himself has, by telephone, page or text.
BY_CITIZEN = (
    *("followed_up", "rating_changed", "pressed", "facts_added", "rehandled", "urged"),
    *("child_urged", "child_added_facts", "completed"),
)


def doer(event: TicketEvent) -> str:
    """Who did what a link of the history tells: one of the staff, the citizen, or software."""
    if event.by is not None:
        return event.by.name
    return _("市民") if event.name in BY_CITIZEN else _("软件")

"""The targets of an assignment, and the soonest of them as the database reckons it."""

# What a unit owes before its reply: by when, and what meets it.
TARGETS = {
    "sign": ("sign_due_at", "signed_at"),
    "mobilise": ("mobilise_due_at", "mobilised_at"),
    "respond": ("respond_due_at", "contacted_at"),
    "on_site": ("on_site_due_at", "on_site_done_at"),
}


# From a fifth of its time before it a target is near.  Only what depends on no time zone may be
# kept in a column: so by seconds since 1970.
FIFTH_BEFORE = (
    "to_timestamp(0.8 * extract(epoch FROM DUE - to_timestamp(0))"
    " + 0.2 * extract(epoch FROM dispatched_at - to_timestamp(0)))"
)


def soonest(reply: str, target: str) -> str:
    """The least of what is still owed; nothing once the unit has answered, and of who only has to
    know.  ``target`` makes an expression of one target's date, DUE."""
    owed = [
        f"CASE WHEN {met} IS NULL THEN {target.replace('DUE', due)} END"
        for due, met in TARGETS.values()
    ]
    still = "replied_at IS NULL AND ended_at IS NULL AND due_at IS NOT NULL"
    return f"CASE WHEN {still} THEN LEAST({', '.join([*owed, reply])}) END"

"""Queues and who waits in them."""

from emulator.exchange import Exchange
from emulator.program import Go
from emulator.queueing import LARGEST_SIZE, Member, Queue
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

NOT_EMPTY = 20001


def find(exchange: Exchange, query: Query, sid: str) -> Queue:
    for queue in exchange.queues.values():
        if queue.sid == sid:
            return queue
    raise not_found(query.path)


def show(exchange: Exchange, queue: Queue) -> Json:
    account = exchange.account.sid
    return {
        "date_updated": date(queue.created),
        "current_size": len(queue.members),
        "friendly_name": queue.name,
        "uri": f"/2010-04-01/Accounts/{account}/Queues/{queue.sid}.json",
        "account_sid": account,
        "average_wait_time": queue.average_wait,
        "sid": queue.sid,
        "date_created": date(queue.created),
        "max_size": queue.max_size,
    }


def show_member(exchange: Exchange, queue: Queue, member: Member) -> Json:
    base = f"/2010-04-01/Accounts/{exchange.account.sid}/Queues/{queue.sid}/Members"
    return {
        "call_sid": member.leg.sid,
        "date_enqueued": date(member.since),
        "position": queue.members.index(member) + 1,
        "uri": f"{base}/{member.leg.sid}.json",
        "wait_time": round((exchange.timeline.now - member.since).total_seconds()),
        "queue_sid": queue.sid,
    }


def everything(exchange: Exchange, query: Query) -> Answered:
    return page(query, "queues", exchange.queues.values(), lambda one: show(exchange, one))


def create(exchange: Exchange, query: Query) -> Answered:
    name = query.required("FriendlyName", 20001)
    if name in exchange.queues:
        raise invalid(f"Queue {name} exists already", 22003)
    queue = exchange.queue(name)
    _resize(queue, query)
    return answer(show(exchange, queue), 201)


def fetch(exchange: Exchange, query: Query, queue: str) -> Answered:
    return answer(show(exchange, find(exchange, query, queue)))


def update(exchange: Exchange, query: Query, queue: str) -> Answered:
    found = find(exchange, query, queue)
    _resize(found, query)
    if query.get("FriendlyName"):
        del exchange.queues[found.name]
        found.name = query.get("FriendlyName")
        exchange.queues[found.name] = found
    return answer(show(exchange, found))


def delete(exchange: Exchange, query: Query, queue: str) -> Answered:
    found = find(exchange, query, queue)
    if found.members:
        raise invalid("A queue with members cannot be deleted", NOT_EMPTY)
    del exchange.queues[found.name]
    return Answered(204, "")


def members(exchange: Exchange, query: Query, queue: str) -> Answered:
    found = find(exchange, query, queue)
    return page(
        query, "queue_members", found.members, lambda one: show_member(exchange, found, one)
    )


def member(exchange: Exchange, query: Query, queue: str, call: str) -> Answered:
    found = find(exchange, query, queue)
    return answer(show_member(exchange, found, _member(found, query, call)))


def dequeue(exchange: Exchange, query: Query, queue: str, call: str) -> Answered:
    """Out of the queue and on with another document; the Enqueue's action hears "redirected"."""
    found = find(exchange, query, queue)
    one = _member(found, query, call)
    shown = show_member(exchange, found, one)
    url = query.required("Url", 21205)
    exchange.perform(one.leg, Go(url, query.get("Method", "POST")))
    return answer(shown)


def _member(queue: Queue, query: Query, call: str) -> Member:
    found = queue.member(call)
    if found is None:
        raise not_found(query.path)
    return found


def _resize(queue: Queue, query: Query) -> None:
    size = query.number("MaxSize", queue.max_size)
    if not 1 <= size <= LARGEST_SIZE:
        raise invalid(f"MaxSize must be between 1 and {LARGEST_SIZE}")
    queue.max_size = size

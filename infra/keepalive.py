"""How soon a connection notices that the other side is silently gone: within about ten seconds.

A cable that is pulled or a host that loses its power says no good-bye.  By the kernel's defaults
whoever waits for an answer then waits for a quarter of an hour, and whoever only listens for two
hours; a server keeps a dead client's locks for as long, the lock of the leading clock among them.
So both ends ask: after some rest, again and again, and give up after some silence."""

import socket

REST_S = 5
ASK_AGAIN_S = 2
QUESTIONS = 3
# What was sent and is not acknowledged for so long never arrived.
UNANSWERED_MS = 10_000

# A desk's stream: what was written to it and is not acknowledged ends it, or its pings would prove
# for a quarter of an hour that a laptop is open which was shut.
STREAM = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)

# Our end of a connection to PostgreSQL, in the words of its client library.
POSTGRES_CLIENT = {
    "keepalives": 1,
    "keepalives_idle": REST_S,
    "keepalives_interval": ASK_AGAIN_S,
    "keepalives_count": QUESTIONS,
    "tcp_user_timeout": UNANSWERED_MS,
}
# The server's end of the same connection; a session may set it.
POSTGRES_SERVER = (
    f"-c tcp_keepalives_idle={REST_S} -c tcp_keepalives_interval={ASK_AGAIN_S}"
    f" -c tcp_keepalives_count={QUESTIONS} -c tcp_user_timeout={UNANSWERED_MS}"
)
# For those who wait for minutes for what Redis has to tell.
REDIS_CLIENT = {
    socket.TCP_KEEPIDLE: REST_S,
    socket.TCP_KEEPINTVL: ASK_AGAIN_S,
    socket.TCP_KEEPCNT: QUESTIONS,
}

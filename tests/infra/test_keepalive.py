"""A silent cut cannot be made without a firewall; that both ends would notice it can be asked."""

import os
import socket

from infra import bell, db
from infra.keepalive import ASK_AGAIN_S, QUESTIONS, REST_S, STREAM, UNANSWERED_MS

LINUX = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)


def asked_of(connection: socket.socket) -> list[int]:
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    return [connection.getsockopt(socket.IPPROTO_TCP, option) for option in LINUX]


def test_both_ends_of_the_database_connection_notice_a_cut(app):
    connection = db.session.connection()
    mine = socket.socket(fileno=os.dup(connection.connection.driver_connection.fileno()))
    with mine:
        assert asked_of(mine) == [REST_S, ASK_AGAIN_S, QUESTIONS]
        assert mine.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNANSWERED_MS
    theirs = [
        connection.exec_driver_sql(f"SHOW {name}").scalar()
        for name in (
            "tcp_keepalives_idle",
            "tcp_keepalives_interval",
            "tcp_keepalives_count",
            "tcp_user_timeout",
        )
    ]
    assert [int(one) for one in theirs] == [REST_S, ASK_AGAIN_S, QUESTIONS, UNANSWERED_MS]


def test_who_listens_to_redis_for_hours_notices_a_cut(app):
    with bell.patient_connection() as redis:
        connection = redis.connection_pool.get_connection()
        assert asked_of(connection._sock) == [REST_S, ASK_AGAIN_S, QUESTIONS]
        redis.connection_pool.release(connection)


def test_a_desk_that_acknowledges_nothing_loses_its_stream():
    """As the server sets it once, on the socket that accepts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(*STREAM)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as stream:
            assert stream.getsockopt(*STREAM[:2]) == UNANSWERED_MS

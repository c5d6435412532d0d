"""The RQ worker: runs background jobs inside the application, and outlives an absent Redis."""

import time

import structlog
from redis.exceptions import RedisError
from rq import Worker

from app import create_app
from infra.bell import patient_connection
from infra.jobs import QUEUES

log = structlog.get_logger(__name__)

REDIS_AWAY = 2.0


def main() -> None:
    app = create_app()
    with app.app_context():
        while True:
            try:
                # Returns only when asked to stop.
                Worker(QUEUES, connection=patient_connection()).work(with_scheduler=True)
                return
            except RedisError as error:
                log.warning("Redis is away; sweepers keep the work", error=str(error))
                time.sleep(REDIS_AWAY)


if __name__ == "__main__":
    main()

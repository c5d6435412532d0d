"""The city's time: pages and day boundaries are in Asia/Shanghai, the database is in UTC."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


def local(moment: datetime) -> datetime:
    return moment.astimezone(CITY)


def start_of_day(moment: datetime) -> datetime:
    """Midnight of the city's day that ``moment`` lies in, in UTC."""
    return local(moment).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def midnight(day: date) -> datetime:
    """When this day of the city begins."""
    return datetime(day.year, day.month, day.day, tzinfo=CITY)

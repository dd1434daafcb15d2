"""Moments as clients write them."""

from datetime import UTC, datetime

from adminhub.broker.api.errors import Unacceptable


def moment_of(name: str, text: str) -> datetime:
    """A date, or a date and time; UTC unless it says otherwise. Raises Unacceptable, naming the parameter."""
    text = text.strip()
    try:
        at = datetime.fromisoformat(text.replace(" 00:00", "+00:00") if text.count(" ") == 2 else text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unacceptable({name: ["Write it as 2026-09-01 or 2026-09-01 13:45:00 (UTC)."]}) from None

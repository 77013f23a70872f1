"""What HubSpot says about the calls that are left, and how long to wait because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PREFIX = "X-HubSpot-RateLimit-"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The allowance as the latest answer stated it; None where it stated nothing.

    Attributes:
        remaining: calls left in the running window of this app.
        interval_seconds: length of that window.
        daily, daily_remaining: calls of a day, shared by all apps of the account.

    Source: HubSpot docs, "API usage guidelines", rate limit headers. The `-Secondly` headers contradict the documented
    ten-second rule and are not read.
    """

    remaining: int | None = None
    interval_seconds: float | None = None
    daily: int | None = None
    daily_remaining: int | None = None


def rate_limits(headers: Mapping[str, str]) -> RateLimits:
    """Read the rate limit headers of one answer."""
    interval_ms = _count(headers, "Interval-Milliseconds")
    return RateLimits(
        remaining=_count(headers, "Remaining"),
        interval_seconds=None if interval_ms is None else interval_ms / 1000,
        daily=_count(headers, "Daily"),
        daily_remaining=_count(headers, "Daily-Remaining"),
    )


def pause_seconds(limits: RateLimits, *, since_answer_seconds: float) -> float:
    """Return how long to hold the next call back so that the window's allowance is not overdrawn."""
    if limits.remaining is None or limits.remaining > 0 or limits.interval_seconds is None:
        return 0.0
    return max(0.0, limits.interval_seconds - since_answer_seconds)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the wait that `Retry-After` asks for (seconds or an HTTP date, RFC 9110), None if it asks for none."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    now = datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo else None


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(_PREFIX + name, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None

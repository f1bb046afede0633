"""What an outside system answered, as values: a reply with its fields, or a failure with words and a time to wait.

Knows no network and no operation. Messages are for the people who see why a call failed: Chinese, and without secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

Kind = Literal["refused", "timeout", "unreachable", "too-large", "bad-reply", "status", "not-allowed", "not-configured"]
"""refused: the other side said no (a 200 whose `ok` is false counts). timeout, unreachable, too-large, bad-reply: as they
say. status: an HTTP status that is no success. not-allowed: a host or address the app does not allow. not-configured: an
environment variable is missing or unusable."""

LONGEST_WAIT = timedelta(days=1)
"""However long the other side asks to be left alone, it is tried again after this."""

_PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result.

    status       the HTTP status, None where there was no answer
    retry_after  how long the other side asked to be left alone
    sent         whether the request may have reached the other side, so that it may have been carried out
    """

    kind: Kind
    message: str
    status: int | None = None
    retry_after: timedelta | None = None
    sent: bool = False

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        if self.kind == "status":
            return self.status in _PASSING_STATUS
        return self.kind in ("timeout", "unreachable", "bad-reply")

    @property
    def in_doubt(self) -> bool:
        """Whether nobody can tell from it if the request was carried out."""
        if self.kind == "status":
            return self.status is not None and self.status >= 500
        return self.sent and self.kind != "refused"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: `values` in their stored form, or a `failure`.

    `after` is how much later it comes than it was asked for; a network has taken its time already, a story says it.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    status: int | None = None
    after: timedelta = timedelta(0)

    @property
    def ok(self) -> bool:
        return self.failure is None

    @property
    def error(self) -> str:
        """The failure in words, "" where there is none."""
        return self.failure.message if self.failure is not None else ""

    @property
    def retry_after(self) -> timedelta | None:
        return self.failure.retry_after if self.failure is not None else None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and after how long, a failed request is made again: `tries` counts the first one too."""

    tries: int = 5
    first: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(hours=1)

    def delay(self, failed: int, asked: timedelta | None = None) -> timedelta | None:
        """How long to wait after `failed` tries (1, 2, …); None when there is no further try.

        Doubles from `first` up to `longest`; never shorter than the other side `asked` for.
        """
        if failed >= self.tries:
            return None
        factor = 1 << min(failed - 1, 60)
        # Compared by dividing: multiplied, it could be more than a length of time can be.
        wait = self.longest if self.first > self.longest / factor else self.first * factor
        return max(wait, min(asked, LONGEST_WAIT)) if asked is not None else wait


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> timedelta | None:
    """How long `Retry-After` asks to wait: seconds, or an HTTP date; None where it is absent, past or junk.

    A date is counted from the answer's own `Date`, so that two clocks need not agree; else from `now`.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return min(timedelta(seconds=int(asked)), LONGEST_WAIT)
    until, since = _moment(asked), _moment(headers.get("date", "")) or now
    if until is None or since is None or until <= since:
        return None
    return min(until - since, LONGEST_WAIT)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text[:64])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

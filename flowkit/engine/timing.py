"""What can be said of a deadline before any case has it: that it comes, that it comes later, that it does something.

Knows one linked timeout and the nodes it was written as. Whether a case could rest without one is `proof`'s affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flowkit.diagnostics import Findings, Place
from flowkit.engine.counting import add
from flowkit.engine.definition import Business, Timeout
from flowkit.engine.keys import DIRECT_KEYS
from flowkit.rules.language.expression import Expression
from flowkit.source.keys import found
from flowkit.source.nodes import Node
from flowkit.values.durations import BusinessDuration

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""From which it is tried whether a length comes to an end: whatever is loaded must not depend on the day."""
_ACTING = {"to", "do", *(key.name for key in DIRECT_KEYS)}


def check_timeout(
    timeout: Timeout, place: Place, entries: Mapping[str, Node], business: Business, findings: Findings
) -> None:
    """Report a time that no case could ever keep, repetitions that never come, and a deadline at which nothing happens."""
    for key, expression in (("after", timeout.after), ("every", timeout.every)):
        if expression is not None:
            check_span(key, expression, entries[key], business, findings)
    if timeout.at is not None and timeout.at.constant and not isinstance(timeout.at.evaluate({}), datetime):
        message = f"expected an expression that gives a moment, found {found(entries['at'])}"
        findings.error("type-mismatch", entries["at"].place, message, "such as at: =postpone.until")
    if timeout.repeat < 0:
        node = entries["repeat"]
        findings.error("bad-value", node.place, f"expected how many times more, found {found(node)}")
    if timeout.every is not None and "repeat" not in entries:
        message = "`every` is the time between repetitions, and it does not say how many there are"
        findings.error("missing-key", entries["every"].place, message, "write repeat: 3 beside it")
    if not entries.keys() & _ACTING:
        help = "give it `to`, `escalate`, `reassign`, `notify` or `do`"
        findings.error("idle-deadline", place, "nothing happens at this deadline", help)


def check_span(key: str, expression: Expression, node: Node, business: Business, findings: Findings) -> None:
    """Report a length that is none or no length at all, and business time where no calendar is."""
    if expression.business and business.calendar is None:
        message = f"expected a calendar to count {found(node)} by: the app has none"
        findings.error("no-calendar", node.place, message, 'write calendar: {mon-fri: "09:00-18:00"} in the app')
    if not expression.constant:
        return
    span = expression.evaluate({})
    if not isinstance(span, (timedelta, BusinessDuration)):
        message = f"expected a duration such as 2h or 30m, found {found(node)}"
        findings.error("type-mismatch", node.place, message)
    elif not (span.amount > 0 if isinstance(span, BusinessDuration) else span > timedelta(0)):
        message = f"expected a duration longer than 0, found {found(node)}"
        help = "what is to happen at once stands under `do`" if key == "after" else f"write {key}: 1h"
        findings.error("bad-value", node.place, message, help)
    elif isinstance(span, BusinessDuration) and business.calendar is not None:
        try:
            add(_SOME_DAY, span, business.calendar)
        except ValueError as error:
            findings.error(
                "bad-value", node.place, f"{found(node)} cannot be counted: {error}", "write 3 business days"
            )

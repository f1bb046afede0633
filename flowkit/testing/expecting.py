"""Whether one expectation of a scenario is met. Knows what a step left behind; takes no step.

Lists of names (`sent`, `called`, `actions` …) are compared without regard to order: a reminder sent twice is not one sent
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowkit.app.nouns.scenario import Expectation
from flowkit.source.nodes import ScalarNode
from flowkit.testing.comparing import as_duration, as_moment, equal, resolve, same_moment, words
from flowkit.values.types import Settings


@dataclass(frozen=True, slots=True)
class Sent:
    """A notification that was sent: to which actors, copies among them, and its text with *** for what is personal."""

    name: str
    to: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What a step left behind in all cases together: notifications sent, operations asked, pages printed, by their names."""

    sent: tuple[Sent, ...] = ()
    called: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be seen of a case after a step.

    node     its name and its title
    stages   the stages it is in, each by its name with its title
    owner    actors and pools (`role:NAME`); `titles` gives what people call a pool
    offered  the actions that the owner may take, each with its title; `operations` what he may do besides
    sees     whether a person sees the case
    value    looks a dotted path up; `record` looks one up in a record; `evaluate` works out an `=expression`
    """

    settings: Settings
    now: datetime
    node: tuple[str, str]
    owner: tuple[str, ...]
    outcome: str
    due: datetime | None
    incident: str | None
    stages: dict[str, str]
    left: Left
    offered: Callable[[], dict[str, str]]
    operations: Callable[[], dict[str, str]]
    titles: dict[str, str]
    sees: Callable[[str], bool]
    value: Callable[[str], Any]
    record: Callable[[str, str], Any]
    evaluate: Callable[[ScalarNode], Any]


def judge(expectation: Expectation, seen: Seen) -> tuple[str, str] | None:
    """None if it is met, else what was expected and what was found, in words."""
    expected = resolve(expectation.value, seen.evaluate)
    zone = seen.settings.timezone
    if expectation.record:
        found = seen.record(expectation.record, expectation.name)
        met = equal(expected, found, seen.settings)
    elif expectation.name in _JUDGES:
        met, found = _JUDGES[expectation.name](expected, seen)
    else:
        found = seen.value(expectation.name)
        met = equal(expected, found, seen.settings)
    return None if met else (words(expected, zone), words(found, zone))


def _node(expected: Any, seen: Seen) -> tuple[bool, Any]:
    return expected in seen.node, seen.node[0]


def _owner(expected: Any, seen: Seen) -> tuple[bool, Any]:
    found = sorted(seen.owner)
    return sorted(_holder(e, seen) for e in _listed(expected)) == found, found


def _holder(expected: Any, seen: Seen) -> str:
    actor = getattr(expected, "actor", None)
    if actor is not None:
        return str(actor)
    for holder in seen.owner:
        if str(expected) in {holder.removeprefix("role:"), seen.titles.get(holder)}:
            return holder
    return str(expected)


def _outcome(expected: Any, seen: Seen) -> tuple[bool, Any]:
    return equal(expected, seen.outcome, seen.settings), seen.outcome


def _sent(expected: Any, seen: Seen) -> tuple[bool, Any]:
    listed = _listed(expected)
    found = sorted(s.name for s in seen.left.sent)
    if any(isinstance(e, Mapping) for e in listed):
        found = sorted(f"{s.name} → {'、'.join(s.to)}: {s.text}" for s in seen.left.sent)
    return _pair_off(listed, seen.left.sent), found


def _pair_off(expected: Sequence[Any], sent: Sequence[Sent]) -> bool:
    """Whether each of the one can be told to be one of the other, none left over on either side."""
    if not expected or not sent:
        return not expected and not sent
    first, *rest = expected
    return any(_is(first, s) and _pair_off(rest, (*sent[:i], *sent[i + 1 :])) for i, s in enumerate(sent))


def _is(expected: Any, sent: Sent) -> bool:
    if not isinstance(expected, Mapping):
        return str(expected) == sent.name
    to = [getattr(e, "actor", None) or str(e) for e in _listed(expected.get("to"))]
    return (
        expected.get("notification") == sent.name
        and ("to" not in expected or set(to) == set(sent.to))
        and str(expected.get("text") or "") in sent.text
    )


def _called(expected: Any, seen: Seen) -> tuple[bool, Any]:
    return _same_names(expected, seen.left.called)


def _printed(expected: Any, seen: Seen) -> tuple[bool, Any]:
    return _same_names(expected, seen.left.printed)


def _stage(expected: Any, seen: Seen) -> tuple[bool, Any]:
    by_title = {title: name for name, title in seen.stages.items()}
    return _same_names([by_title.get(str(e), e) for e in _listed(expected)], list(seen.stages))


def _actions(expected: Any, seen: Seen) -> tuple[bool, Any]:
    offered = seen.offered()
    by_title = {title: name for name, title in offered.items()}
    return _same_names([by_title.get(e, e) for e in _listed(expected)], list(offered))


def _operations(expected: Any, seen: Seen) -> tuple[bool, Any]:
    """These are open to the owner; others may be."""
    offered = seen.operations()
    return all(str(e) in {*offered, *offered.values()} for e in _listed(expected)), sorted(offered)


def _same_names(expected: Any, found: Sequence[str]) -> tuple[bool, Any]:
    return sorted(str(e) for e in _listed(expected)) == sorted(found), sorted(found)


def _incident(expected: Any, seen: Seen) -> tuple[bool, Any]:
    wanted = str(expected or "").strip()
    if wanted in {"", "false"}:
        return seen.incident is None, seen.incident
    if seen.incident is None:
        return False, None
    return wanted == "true" or wanted in seen.incident, seen.incident


def _due(expected: Any, seen: Seen) -> tuple[bool, Any]:
    if not expected or seen.due is None:
        return not expected and seen.due is None, seen.due
    left = seen.due - seen.now
    wanted = as_duration(str(expected)) if not isinstance(expected, datetime | timedelta) else expected
    if isinstance(wanted, timedelta):
        return abs(wanted - left) < timedelta(seconds=1), left
    moment = wanted if isinstance(wanted, datetime) else as_moment(str(expected), seen.settings)
    return moment is not None and same_moment(moment, seen.due), seen.due


def _seen_by(expected: Any, seen: Seen) -> tuple[bool, Any]:
    found = [actor for actor in map(_actor, _listed(expected)) if seen.sees(actor)]
    return len(found) == len(_listed(expected)), found


def _not_seen_by(expected: Any, seen: Seen) -> tuple[bool, Any]:
    found = [actor for actor in map(_actor, _listed(expected)) if not seen.sees(actor)]
    return len(found) == len(_listed(expected)), found


def _actor(expected: Any) -> str:
    return str(getattr(expected, "actor", expected))


def _listed(expected: Any) -> list[Any]:
    if expected is None or expected == "":
        return []
    return list(expected) if isinstance(expected, list | tuple) else [expected]


_JUDGES: dict[str, Callable[[Any, Seen], tuple[bool, Any]]] = {
    "node": _node,
    "owner": _owner,
    "outcome": _outcome,
    "stage": _stage,
    "sent": _sent,
    "called": _called,
    "printed": _printed,
    "actions": _actions,
    "operations": _operations,
    "incident": _incident,
    "due": _due,
    "seen_by": _seen_by,
    "not_seen_by": _not_seen_by,
}

"""Entries of a list that people tell apart by a label: each must have its own."""

from __future__ import annotations

from collections.abc import Iterable

from flowkit.diagnostics import Findings, Place, Related


def refuse_twice(named: Iterable[tuple[str, Place]], what: str, findings: Findings) -> None:
    """Report each `what` (such as `factor`) whose label stands a second time, with the place of the first."""
    first: dict[str, Place] = {}
    for name, place in named:
        if first.setdefault(name, place) != place:
            related = [Related(first[name], "the first stands here")]
            findings.error("duplicate-name", place, f'{what} "{name}" stands twice', "give each its own", related)

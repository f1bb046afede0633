"""A case as an expression sees it for somebody who looks: what is hidden from him is empty, personal values are marks.

For texts that are shown to people one by one, such as cards. Nothing is judged or stored by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowkit.engine.case import Case
from flowkit.engine.facts import Former
from flowkit.engine.redaction import Known, visible, visible_values
from flowkit.engine.view import World
from flowkit.engine.viewer import THE_HOST, Viewer


@dataclass(frozen=True)
class SeenWorld(World):
    """A World in which records, too, show only what `viewer` may see of them."""

    viewer: Viewer = field(default=THE_HOST)

    def with_(self, **extra: Any) -> SeenWorld:
        return replace(self, extra={**self.extra, **extra})

    def stored(self, entity: str, key: str) -> Mapping[str, Any] | None:
        found = super().stored(entity, key)
        if found is None:
            return None
        seen = visible(found, [self.workflow.business.entities[entity].fields], self.viewer)
        return Former(seen) if isinstance(found, Former) else seen

    def lines(self, entity: str, key: str, name: str) -> list[Any]:
        definition = self.workflow.business.entities[entity].fields[name]
        if self.viewer.hides(definition):
            return []
        return [visible(row, [definition.of or {}], self.viewer) for row in super().lines(entity, key, name)]


def seen_by(viewer: Viewer, world: World, known: Known) -> SeenWorld:
    """That world for somebody: `known` tells which fields are hidden from him."""
    case = _visible(world.case, known, viewer)
    seen = SeenWorld(world.workflow, case, world.facts, world.now, world.extra, sealed=True, viewer=viewer)
    if viewer.actor is None:
        return seen
    person = seen.person(viewer.actor)
    return seen.with_(actor=person, me=person)


def _visible(case: Case, known: Known, viewer: Viewer) -> Case:
    if known.workflows and not known.blinds(viewer):
        return case  # Nothing is hidden from him.
    values = visible_values(case.values, {}, known, viewer)
    # Without its evidence a score has no points: an expression then sees none.
    values = {n: {"points": {}, **v} if isinstance(v, dict) and "band" in v else v for n, v in values.items()}
    answers = {
        name: tuple(replace(a, values=visible(a.values, known.answered(name), viewer)) for a in given)
        for name, given in case.answers.items()
    }
    return replace(case, values=values, answers=answers)

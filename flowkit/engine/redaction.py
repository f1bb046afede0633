"""What of a case's values somebody gets to see: fields hidden from his roles are left out, with their columns in rows.

Of the history he gets neither these nor, where anything is hidden from him, the evidence behind what was judged: what a score
or a choice was made of could tell it all the same. Texts that an author wrote (messages, titles) say what he made them say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flowkit.engine.case import Event
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.viewer import Viewer
from flowkit.fields.definition import Field
from flowkit.records.entity import Entity

Fields = Sequence[Mapping[str, Field]]
"""What is known of the fields: those of the version that judges the case and those of now. Hidden in one is hidden."""


def visible(values: Mapping[str, Any], fields: Fields, viewer: Viewer) -> dict[str, Any]:
    """Values in stored form without those that are hidden from whoever looks; of others than fields nothing is hidden."""
    if viewer.actor is None:
        return dict(values)
    out: dict[str, Any] = {}
    for name, value in values.items():
        known = [each[name] for each in fields if name in each]
        if not any(viewer.hides(field) for field in known):
            out[name] = _inside(value, known, viewer)
    return out


def _inside(value: Any, known: Sequence[Field], viewer: Viewer) -> Any:
    columns = [field.of for field in known if field.of]
    if not columns:
        return value
    if isinstance(value, Mapping):  # one row, added
        return visible(value, columns, viewer)
    if not isinstance(value, (list, tuple)):
        return value
    return [visible(row, columns, viewer) if isinstance(row, Mapping) else row for row in value]


def open_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without personal values: where many cases are shown at once, none of them is."""
    return {name: value for name, value in values.items() if not (isinstance(value, Mapping) and "personal" in value)}


@dataclass(frozen=True)
class Known:
    """What is known of a case's fields: the workflow that judges it and the one of now, as far as there are any."""

    workflows: tuple[Workflow, ...]
    entities: Mapping[str, Entity]
    children: Callable[[str], Workflow | None]

    @property
    def own(self) -> Fields:
        return [workflow.fields for workflow in self.workflows]

    def answered(self, name: str) -> Fields:
        """The fields of a form that was filled in on the way."""
        exits = (exit_ for workflow in self.workflows for exit_ in _exits(workflow))
        return [exit_.form.fields for exit_ in exits if exit_.answer == name and exit_.form is not None]

    def child(self, workflow: str) -> Fields:
        found = self.children(workflow)
        return [found.fields] if found is not None else []

    def blinds(self, viewer: Viewer) -> bool:
        """Whether he gets no evidence of what was judged: something is hidden from him, or he is an outsider."""
        return viewer.outsider or any(viewer.hides(field) for field in self._hidden)

    @cached_property
    def _hidden(self) -> tuple[Field, ...]:
        """All fields and columns that are hidden from anybody."""
        forms = (exit_.form for workflow in self.workflows for exit_ in _exits(workflow))
        sets = (*self.own, *(form.fields for form in forms if form is not None))
        return tuple(field for fields in sets for field in _all(fields) if field.hidden_from)


def _all(fields: Mapping[str, Field]) -> Iterator[Field]:
    for field in fields.values():
        yield field
        yield from _all(field.of or {})


def _exits(workflow: Workflow) -> Iterable[Exit]:
    for node in workflow.nodes.values():
        yield from node.exits
    for stage in workflow.stages.values():
        yield from stage.exits


def visible_values(
    values: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]], known: Known, viewer: Viewer
) -> dict[str, Any]:
    """Fields, results and forms filled in on the way, as a picture of the case shows them."""
    if viewer.actor is None:
        return {**values, **answers}
    if not known.workflows:
        return {}  # Nobody can say any more what is hidden.
    seen = visible(values, known.own, viewer)
    if any(_is_score(value) for value in seen.values()) and known.blinds(viewer):
        seen = {name: _without_points(value) if _is_score(value) else value for name, value in seen.items()}
    return {**seen, **{name: visible(given, known.answered(name), viewer) for name, given in answers.items()}}


_SCORE = {"total", "band", "points"}
"What a scorecard gives under its name."


def _is_score(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == _SCORE


def _without_points(score: Mapping[str, Any]) -> dict[str, Any]:
    """Total and band of a scorecard without what each factor gave: that is evidence."""
    return {name: value for name, value in score.items() if name != "points"}


_EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "scored": ("why",),
    "decided": ("why",),
    "assigned": ("why",),
    "reassigned": ("why",),
    "escalated": ("why",),
}
_COMPUTED: Mapping[str, tuple[str, Any]] = {"called": ("arguments", {}), "printed": ("content", [])}


LINKING = ("linked", "unlinked")
"""Kinds of events that speak of another case: to who does not see it they do not say of which."""


def visible_event(event: Event, known: Known, viewer: Viewer, *, blind: bool, linked: frozenset[str]) -> Event:
    """A line of the history as that person may read it.

    `blind`: he gets no evidence. `linked` are those of the other cases that he sees.
    """
    if viewer.actor is None:
        return event
    data = dict(event.data)
    if event.kind in LINKING and data["case"] not in linked:
        data |= {"case": "", "number": "(您看不到的工单)", "workflow": ""}
    for name, fields in _fields_in(event, known).items():
        if isinstance(data.get(name), Mapping):
            data[name] = visible(data[name], fields, viewer) if known.workflows else {}
    if blind:
        for name in _EVIDENCE.get(event.kind, ()):
            data.pop(name, None)
        if event.kind == "scored":
            data["result"] = _without_points(data["result"])
        if event.kind in _COMPUTED:
            name, nothing = _COMPUTED[event.kind]
            data[name] = nothing
    return Event(event.kind, event.at, event.by, data)


def _fields_in(event: Event, known: Known) -> Mapping[str, Fields]:
    """Where in an event values of fields stand, and of which fields."""
    match event.kind:
        case "created" | "set" | "taken_back":
            return {"values": known.own}
        case "edited":
            return {"values": known.own, "old": known.own}
        case "scored":
            return {"set": known.own}
        case "answered":
            return {"values": known.answered(event.data["name"])}
        case "recorded":
            entity = known.entities.get(event.data["entity"])
            fields: Fields = [entity.fields] if entity is not None else []
            return {"set": fields, "old": fields, "add": fields}
        case "wanted" | "begun" | "started":
            return {"values": known.child(event.data["name"])}
    return {}


def references(value: Any) -> list[str]:
    """The refs of all personal values inside a stored value."""
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[str]) -> None:
    # Stored values are plain JSON. Asking for a Mapping instead of a dict takes several times as long, and every picture of
    # a case is walked through.
    if isinstance(value, dict):
        if "personal" in value:
            found.append(value["personal"])
        else:
            for member in value.values():
                _collect(member, found)
    elif isinstance(value, (list, tuple)):
        for member in value:
            _collect(member, found)

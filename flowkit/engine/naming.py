"""The names of a workflow: which there are, of what type, and how each is read from a case. Rule 3: values and places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Place, Related
from flowkit.engine.case_view import AnswersView, CaseView, NodeView
from flowkit.engine.children import ChildrenView
from flowkit.engine.library import Library
from flowkit.engine.opening_hours import calendar_of
from flowkit.engine.reading import ExitDefinition, NodeDefinition, WorkflowDefinition
from flowkit.engine.view import World, show
from flowkit.fields.definition import Field, FieldDefinition
from flowkit.forms.form import FormDefinition
from flowkit.rules.decision import DecisionDefinition
from flowkit.rules.language.signatures import CALENDAR
from flowkit.rules.language.types import ANY, BOOLEAN, DATETIME, DURATION, NUMBER, TEXT, Type
from flowkit.rules.scorecard import ScorecardDefinition
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.values.types import VALUE_TYPES

Reader = Callable[[World], Any]


@dataclass(slots=True)
class Names:
    """Names being gathered: the type and the reader of each, and the forms whose answers go under a name.

    `nodes` are the places that no value hides.
    """

    library: Library
    types: dict[str, Type] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    answers: dict[str, FormDefinition] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    saves: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, type_: Type, place: Place | None, reader: Reader | None = None) -> bool:
        """Take up a value's name; a second thing of that name is refused with both places."""
        if name in self.types and place is not None:
            first = self.places.get(name)
            related = [Related(first, f'"{name}" is first used here')] if first is not None else []
            self.library.findings.error(
                "duplicate-name",
                place,
                f'"{name}" already names another value here',
                "give one of them another name",
                related,
            )
            return False
        self.types[name] = type_
        if place is not None:
            self.places[name] = place
        if reader is not None:
            self.readers[name] = reader
        return True


def gather(definition: WorkflowDefinition, form: FormDefinition | None, own: FormDefinition, library: Library) -> Names:
    """All names that expressions of this workflow may use."""
    names = Names(library)
    _surroundings(names, definition)
    for fields in (form.fields if form else {}, own.fields):
        for name, type_ in library.field_types(fields).items():
            names.add(name, type_, fields[name].place)
    for node in definition.nodes.values():
        for verb in _verbs(node):
            _result(verb, names)
        for exit_ in node.exits:
            _answer(exit_, names)
        _children(node, names)
        _saved(node, names)
    for stage in definition.stages.values():
        exits = (*stage.actions.values(), *stage.events.values(), *stage.timeouts)
        for verb in _verbs_in([e.entries for e in exits]):
            _result(verb, names)
        for exit_ in exits:
            _answer(exit_, names)
    person = library.person()
    for node_name, node in definition.nodes.items():
        if node_name not in names.types:
            names.nodes.add(node_name)
            members = {"owner": person, "visits": Type("number", optional=False)}
            members |= _of_approval(person) if node.kind == "approval" else {}
            names.add(node_name, Type("record", members=lambda members=members: members), None, _node_reader(node_name))  # type: ignore[misc]
    return names


def field_reader(name: str, definition: Field) -> Reader:
    return lambda world: show(definition, world.case.values.get(name), world)


def answer_reader(name: str, fields: Mapping[str, Field]) -> Reader:
    return lambda world: AnswersView(world, name, fields)


def _surroundings(names: Names, definition: WorkflowDefinition) -> None:
    person = names.library.person()
    counts = {node: Type("number", optional=False) for node in definition.nodes}
    parent = {"number": TEXT, "node": TEXT, "unit": TEXT, "outcome": TEXT, "id": TEXT, "title": TEXT}
    case = {
        "id": TEXT,
        "number": TEXT,
        "key": TEXT,
        "link": TEXT,
        "title": TEXT,
        "node": Type("text", options=tuple(definition.nodes)),
        "stage": Type("list", item=Type("text", options=tuple(definition.stages))),
        "parent": Type("record", members=lambda: parent),
        "unit": TEXT,
        "visit": NUMBER,
        "created": DATETIME,
        "entered": DATETIME,
        "waiting": DURATION,
        "planned": DATETIME,
        "visits": Type("record", members=lambda: counts),
    }
    names.add("case", Type("record", optional=False, members=lambda: case), None, CaseView)
    call = {"key": TEXT}
    names.add("call", Type("record", members=lambda: call), None, lambda world: {"key": _last_call(world)})
    names.add("applicant", person, None, lambda world: world.person(world.case.applicant))
    names.add("owner", person, None, _owner)
    for name in ("actor", "me"):
        names.add(name, person, None)
    names.add("now", Type("datetime", optional=False), None, _local_now)
    if names.library.business.calendar is not None:
        names.add(CALENDAR, ANY, None, calendar_of)
    names.add("today", Type("date", optional=False), None, lambda world: _local_now(world).date())


def _of_approval(person: Type) -> dict[str, Type]:
    """What `NODE.…` gives besides where the node is an approval."""
    said = {"by": person, "answer": TEXT, "opinion": TEXT, "at": DATETIME}
    counted = {name: Type("number", optional=False) for name in ("approvals", "rejections", "asked")}
    opinions = Type("list", optional=False, item=Type("record", members=lambda: said))
    outcome = Type("text", options=("approved", "rejected", "returned"))
    return {"outcome": outcome, "by": person, "opinion": TEXT, "opinions": opinions, **counted}


def _last_call(world: World) -> str | None:
    return list(world.case.calls.values())[-1] if world.case.calls else None


def _local_now(world: World) -> Any:
    """The present moment in the zone in which the app's people read clocks."""
    return world.now.astimezone(world.workflow.business.settings.timezone)


def _owner(world: World) -> Any:
    """The one who must act; nobody in particular while it is a pool's."""
    owner = world.case.owner
    return world.person(owner[0]) if len(owner) == 1 and not owner[0].startswith("role:") else None


def _node_reader(name: str) -> Reader:
    return lambda world: NodeView(world, name)


def _verbs(node: NodeDefinition) -> Iterator[MappingNode]:
    """Every verb of a node, its exits' among them."""
    yield from _verbs_in([node.entries, *(e.entries for e in node.exits)])


def _verbs_in(bodies: Sequence[Mapping[str, Node]]) -> Iterator[MappingNode]:
    for entries in bodies:
        do = entries.get("do")
        for item in do.items if isinstance(do, SequenceNode) else (do,):
            if isinstance(item, MappingNode):
                yield item
        direct = {k: entries[k] for k in ("score", "decide") if k in entries}
        if direct:
            first = next(iter(direct.values()))
            yield MappingNode(direct, {k: v.place for k, v in direct.items()}, first.place)


def _result(verb: MappingNode, names: Names) -> None:
    """What a card or a decision gives stands under its name; using the same one twice is one value."""
    found: ScorecardDefinition | DecisionDefinition | None = None
    reader: Reader | None = None
    if "score" in verb and (card := names.library.scorecard(verb.entries["score"])) is not None:
        found, reader = card, _score_reader(card.name)
    elif "decide" in verb and (table := names.library.decision(verb.entries["decide"])) is not None:
        found, reader = table, _decision_reader(table)
    if found is None or names.places.get(found.name) == found.place:
        return
    names.add(found.name, found.result_type, found.place, reader)


def _score_reader(name: str) -> Reader:
    def read(world: World) -> Any:
        stored = world.case.values.get(name)
        if stored is None:
            return None
        points = {label: _number(p) for label, p in stored["points"].items()}
        return {"total": _number(stored["total"]), "band": stored["band"], "points": points}

    return read


def _number(stored: Any) -> Any:
    return Decimal(stored) if isinstance(stored, str) else stored


def _decision_reader(definition: DecisionDefinition) -> Reader:
    name, types = definition.name, {r.name: VALUE_TYPES[r.type] for r in definition.results}

    def read(world: World) -> Any:
        stored = world.case.values.get(name)
        if stored is None:
            return None
        return {n: None if stored.get(n) is None else t.load(stored[n]) for n, t in types.items()}

    return read


def _children(node: NodeDefinition, names: Names) -> None:
    """Children stand under their workflow's name; two nodes that run the same one share it."""
    run = node.entries.get("run")
    named = run.get("workflow") if isinstance(run, MappingNode) else None
    if not isinstance(named, ScalarNode) or (child := names.library.child(named)) is None or child.name in names.runs:
        return
    one = {"outcome": TEXT, "number": TEXT, "id": TEXT}
    item = Type("record", optional=False, members=lambda: one)
    members = {"outcome": TEXT, "number": TEXT, "count": NUMBER}
    type_ = Type("record", item=item, members=lambda: members, title=child.title)
    if names.add(child.name, type_, named.place, lambda world: ChildrenView(world.case, child.name)):
        names.runs.add(child.name)


def _saved(node: NodeDefinition, names: Names) -> None:
    """What a call saves stands under the name it says; the same operation may be saved under it at several nodes."""
    save, call = node.entries.get("save"), node.entries.get("call")
    if not isinstance(save, ScalarNode) or not isinstance(call, ScalarNode):
        return
    operation = names.library.operation(call)
    if operation is None or names.saves.get(save.typed) == operation.name:
        return
    load, name = operation.load, save.typed

    def read(world: World) -> Any:
        stored = world.case.values.get(name)
        return None if stored is None else load(stored)

    if names.add(name, operation.result, save.place, read):
        names.saves[name] = operation.name


def _answer(exit_: ExitDefinition, names: Names) -> None:
    """A form filled in on the way stands under the form's name or, written out, the action's."""
    node = exit_.entries.get("form")
    if node is None:
        return
    definition = names.library.form(node, exit_.name)
    if definition is None:
        return
    known = names.answers.get(definition.name)
    if known is not None and _same(known, definition):
        return
    types = names.library.field_types(definition.fields)
    last = Type("record", members=lambda: types)
    members = {**types, "done": BOOLEAN, "by": names.library.person(), "at": DATETIME, "all": Type("list", item=last)}
    if names.add(definition.name, Type("record", members=lambda: members, title=definition.title), definition.place):
        names.answers[definition.name] = definition


def _same(one: FormDefinition, other: FormDefinition) -> bool:
    """Whether two forms ask the same, wherever they are written."""
    if one.place == other.place:
        return True
    return not one.checks and not other.checks and _asked(one.fields) == _asked(other.fields)


def _asked(fields: Mapping[str, FieldDefinition]) -> dict[str, Any]:
    return {n: (f.type, {k: v.as_typed() for k, v in f.nodes.items()}) for n, f in fields.items()}

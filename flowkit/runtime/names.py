"""What people call the things of a case: fields, places, deadlines, people. Only for showing; nothing is judged by it.

Titles are those of the version that judges the case, names of people those of now. What has no name is called by its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

from flowkit.app.app import App
from flowkit.engine.calls import WITHIN
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.instructions import DecideVerb, ScoreVerb, Verb
from flowkit.engine.suspension import RESUME
from flowkit.fields.definition import Field
from flowkit.records.entity import Entity
from flowkit.values.durations import format_duration, write_duration

_OF_A_CARD: Mapping[str, str] = {"total": "总分", "band": "等级", "points": "得分"}


@dataclass(frozen=True, slots=True)
class _Card:
    """What a scorecard or a decision is called, and what it gives: titles by name; `asked` are a decision's columns."""

    title: str
    members: Mapping[str, str]
    asked: Sequence[str] = ()


_UNKNOWN = _Card("", {})


@dataclass(frozen=True)
class Names:
    """`people` are names by actor (`employee:zhang`), `roles` and `channels` titles by name.

    Without a workflow no field, place or deadline is known. `look` gives each text in the language of whoever reads: titles,
    and sentences with `{names}` that are yet to be filled in. Without it they are as they were written, in Chinese.
    """

    workflow: Workflow | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    entities: Mapping[str, Entity] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    look: Callable[[str], str] = str

    def say(self, template: str, /, **given: object) -> str:
        """A sentence of ours with that filled in."""
        return self.look(template).format(**given)

    def holder(self, holder: str) -> str:
        """A person as 张伟(zhang), a pool as 岗位 维修员."""
        if holder.startswith("role:"):
            return self.say("岗位 {title}", title=self.bare(holder))
        if holder in self.people:
            return f"{self.people[holder]}({holder.partition(':')[2]})"
        return self.look("系统") if holder.startswith("system:") else holder

    def bare(self, holder: str) -> str:
        """A pool by its title alone, a person as ever."""
        role = holder.removeprefix("role:")
        return self.look(self.roles.get(role, role)) if role != holder else self.holder(holder)

    def holders(self, holders: Sequence[str]) -> str:
        return self.look("、").join(map(self.holder, holders))

    def node(self, name: str) -> str:
        node = self.workflow.nodes.get(name) if self.workflow is not None else None
        return self.look(node.title if node is not None else name)

    def deadline(self, node: str, name: str, due: datetime, entered: datetime | None, zone: tzinfo) -> str:
        """A deadline by its title, or by the span or moment that its author wrote; an expression by what it came to."""
        found = self.workflow.timeouts_at(node) if self.workflow is not None and node in self.workflow.nodes else {}
        if name == WITHIN:
            return self.look("等待答复")
        if name == RESUME:
            return self.look("恢复")
        timeout = found.get(name)
        if timeout is not None and not timeout.exit.title.startswith("="):
            after, title = timeout.after, timeout.exit.title
            if after is None or not (after.business and after.constant and title == after.text.strip()):
                return self.look(title)
            return self.look(format_duration(after.evaluate({})))
        fixed = timeout is not None and (
            timeout.at is not None or (timeout.after is not None and timeout.after.business)
        )
        if entered is None or fixed:
            return due.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        return write_duration(due - entered)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The case's own fields, as their author lists them: those of the form it began with, then the workflow's."""
        if self.workflow is None:
            return {}
        began = self.workflow.form.fields if self.workflow.form is not None else {}
        return {**began, **self.workflow.own_fields.fields}

    def in_order(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All that a case holds, by name, as its author lists it: rows are stored by the spelling of their names."""
        cards = {name: card.members for name, card in self._cards.items()}
        answers = {exit_.answer: exit_.form.fields for exit_ in self._exits if exit_.form is not None}
        members: Mapping[str, Iterable[str]] = {**cards, **answers}
        return {
            name: in_order(value, members[name]) if name in members and isinstance(value, Mapping) else value
            for name, value in in_order(values, [*self.fields, *members]).items()
        }

    def answered(self, name: str) -> tuple[str, Mapping[str, Field]]:
        """What a form that was filled in on the way is called, and its fields."""
        for exit_ in self._exits:
            if exit_.answer == name and exit_.form is not None:
                # A form without a title of its own is called as what one does with it.
                title = exit_.form.title if exit_.form.title != name else exit_.title
                return self.look(title), exit_.form.fields
        return name, {}

    def title(self, path: Sequence[str]) -> str:
        """What a dotted name of expressions is called: 电梯.客户.性质, 紧急度评分卡.总分."""
        root, rest = path[0], tuple(path[1:])
        if root in self.fields:
            return ".".join(self._along(self.fields, path))
        answered, fields = self.answered(root)
        if fields:
            return ".".join((answered, *self._along(fields, rest)))
        if root in self._cards:
            card = self._cards[root]
            return ".".join(map(self.look, (card.title, *(card.members.get(part, part) for part in rest))))
        return ".".join((self.node(root), *map(self.look, rest)))

    def results(self, decision: str) -> Mapping[str, str]:
        """What the answers of a decision are called, by name."""
        return {name: self.look(title) for name, title in self._cards.get(decision, _UNKNOWN).members.items()}

    def asked(self, decision: str) -> Sequence[str]:
        """The columns of a decision, in order."""
        return self._cards.get(decision, _UNKNOWN).asked

    def entity(self, name: str) -> tuple[str, Mapping[str, Field]]:
        """What a kind of record is called, and its fields."""
        entity = self.entities.get(name)
        return (self.look(entity.title), entity.fields) if entity is not None else (name, {})

    def _along(self, fields: Mapping[str, Field], path: Sequence[str]) -> Iterator[str]:
        for part in path:
            found = fields.get(part)
            yield self.look(found.title) if found is not None else part
            fields = {}
            if found is not None:
                fields = found.of or (self.entity(found.entity)[1] if found.entity is not None else {})

    @cached_property
    def _exits(self) -> tuple[Exit, ...]:
        nodes = self.workflow.nodes.values() if self.workflow is not None else ()
        return tuple(exit_ for node in nodes for exit_ in node.exits)

    @cached_property
    def _cards(self) -> Mapping[str, _Card]:
        """Scorecards and decisions by name."""
        nodes = self.workflow.nodes.values() if self.workflow is not None else ()
        verbs: list[Verb] = [verb for node in nodes for verb in node.do]
        verbs += [verb for exit_ in self._exits for verb in exit_.do]
        found: dict[str, _Card] = {}
        for verb in verbs:
            if isinstance(verb, ScoreVerb):
                found[verb.card.name] = _Card(verb.card.title, _OF_A_CARD)
            elif isinstance(verb, DecideVerb):
                results = verb.decision.definition.results
                asked = tuple(name for name, _ in verb.decision.columns)
                found[verb.decision.name] = _Card(verb.decision.title, {r.name: r.title for r in results}, asked)
        return found


def in_order(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The same values, those of these names first and as they come there."""
    return {**{name: values[name] for name in names if name in values}, **values}


def label_field(app: App, entity: str) -> str | None:
    """The field that holds the name of a person of that entity, where it may be shown to everybody."""
    definition = app.entities.get(entity) if entity in (app.staff_entity, app.customer_entity) else None
    if definition is None or definition.label is None or definition.fields[definition.label].personal:
        return None
    return definition.label


def actors_in(value: Any) -> Iterator[str]:
    """Every text inside a stored value that may be an actor, `ENTITY:KEY`."""
    if isinstance(value, str):
        if ":" in value:
            yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from actors_in(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from actors_in(member)

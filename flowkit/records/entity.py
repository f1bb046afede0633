"""An entity: a kind of record that outlives cases, with its own rules for what a record may hold.

Knows one entity. Which records there are now, and whether a reference leads to one, only the caller can say: what a row
points to is handed out with its place. Reading rows out of the app's files is the business of `rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowkit.diagnostics import Findings, Place
from flowkit.errors import Problem, RefusedError
from flowkit.fields.definition import UNREADABLE, Choices, Environment, Field, FieldDefinition, Setting
from flowkit.fields.filling import Filling
from flowkit.fields.limits import Limits
from flowkit.fields.linking import EntityTypes, link_fields
from flowkit.fields.parsing import parse_fields
from flowkit.fields.reading import computed, is_absent, read
from flowkit.rules.language.scope import Scope
from flowkit.source.keys import Key, read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode
from flowkit.values.types import Settings

KEYS = (
    Key("title", "words", "what people see instead of the name", example="电梯"),
    Key("key", "name", "the field that tells one record from another", required=True, example="code"),
    Key("label", "name", "the field that people know a record by", example="name"),
    Key("fields", "mapping", "what a record holds", required=True, example="{code: text, region: text}"),
    Key("rows", "any", "the records to begin with: inline, or the name of a .csv file", example="elevators.csv"),
)
KEY_KINDS = ("text", "number")
"""Kinds of values that can be keys: what people write on a plate and into a phone."""

RecordOf = Callable[[str, str], object | None]


@dataclass(frozen=True, slots=True)
class EntityDefinition:
    """An entity as written; `rows` still in the author's spelling."""

    name: str
    title: str
    key: ScalarNode | None
    label: ScalarNode | None
    fields: Mapping[str, FieldDefinition]
    rows: Node | None
    place: Place


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity ready for use. `key` and `label` name fields; `label` is None where records have no other name."""

    definition: EntityDefinition
    key: str
    label: str | None
    fields: Mapping[str, Field] = field(repr=False)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def title(self) -> str:
        return self.definition.title

    def key_of(self, values: Mapping[str, Any]) -> str | None:
        """The key of a record that holds these values, as text; None when it is empty."""
        value = values.get(self.key)
        return None if value is None else str(value)

    def read(
        self, given: Mapping[str, object], environment: Environment, current: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], tuple[Problem, ...]]:
        """A record's values from what was typed, with every problem at once.

        With `current`, the values that it holds, only what is given is read, and the rest may stay as it is. Whether the
        key is another record's, the caller checks.
        """
        fields = self.fields if current is None else {n: f for n, f in self.fields.items() if n in given}
        filling = Filling(fields, given, current or {}, environment)
        filling.check()
        problems = list(filling.problems())
        values = filling.values()
        if current is None and self.key_of(values) is None and not any(p.field == self.key for p in problems):
            problems.append(Problem(self.key, "required", f"请填写{self.fields[self.key].title}"))
        return values, tuple(problems)

    def change(
        self,
        current: Any,
        set: Mapping[str, Any],
        add: Mapping[str, Any],
        settings: Settings,
        record: RecordOf | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a change of a record comes to: new values by field (None empties one), and one row or item by list.

        `current` is the record as expressions see it, a mapping or an object with `attribute(name)`; limits are judged
        with the new values in it. `record` says whether a key that is set leads anywhere; without it every key does;
        `roles` are those there are. Raises RefusedError with every problem.
        """
        environment = Environment(settings, record or (lambda entity, key: {}), roles=roles)
        changing = _Changing(self, current, environment)
        values = {name: changing.value(name, raw) for name, raw in set.items()}
        changing.judge(values)
        rows = {name: changing.row(name, raw, values) for name, raw in add.items()}
        if changing.problems:
            raise RefusedError("invalid", f"不能这样修改{self.title}", changing.problems, {"entity": self.name})
        return values, rows


class _Changing:
    """One change of one record: collects what the entity's rules have against it."""

    def __init__(self, entity: Entity, current: Any, environment: Environment) -> None:
        self._entity, self._current, self._environment = entity, current, environment
        self.problems: list[Problem] = []

    def value(self, name: str, raw: Any) -> Any:
        """A value as its field holds it."""
        field = self._entity.fields.get(name)
        if field is None:
            return self._refuse(name, "unknown-field", f"{self._entity.title}没有“{name}”这一项")
        if name == self._entity.key or field.value is not None:
            return self._refuse(name, "readonly", f"{field.title}不能修改")
        if is_absent(raw):
            return None
        found = read(field, computed(field, raw), self._environment)
        for misfit in found.misfits:
            self._refuse(f"{name}{misfit.path}", misfit.code, f"{field.title}:{misfit.message}")
        return found.value

    def judge(self, values: Mapping[str, Any]) -> None:
        """The new values against what their fields require and allow."""
        wrong = {p.field.partition(".")[0] for p in self.problems}
        names = _Changed(values, self._current)
        for name, value in values.items():
            if name in wrong:
                continue
            field = self._entity.fields[name]
            if value is None and _ask(field.required, names) is True:
                self._refuse(name, "required", f"{field.title}不能为空")
            limits = Limits(_ask(field.min, names), _ask(field.max, names))
            for misfit in limits.misfits(field, value, self._environment.settings):
                self._refuse(f"{name}{misfit.path}", misfit.code, f"{field.title}{misfit.message}")

    def row(self, name: str, raw: Any, values: Mapping[str, Any]) -> Any:
        """One more row, or one more item, of a field that holds several."""
        field = self._entity.fields.get(name)
        if field is None or field.type.name not in {"rows", "list"}:
            what = "没有" if field is None else "不能添加到"
            return self._refuse(name, "unknown-field", f"{self._entity.title}{what}“{name}”")
        if field.of is None:
            found = read(field, [raw], self._environment)
            for misfit in found.misfits:
                self._refuse(name, misfit.code, f"{field.title}:{misfit.message}")
            return found.value[0] if found.value else None
        if not isinstance(raw, Mapping):
            return self._refuse(name, "type", f"{field.title}:应为一行数据")
        outer = _Changed(values, self._current)
        filling = Filling(field.of, raw, outer, self._environment, f"{name}.", f"{field.title}:", row=True)
        filling.check()
        self.problems += filling.problems()
        return filling.values()

    def _refuse(self, name: str, code: str, message: str) -> None:
        self.problems.append(Problem(name, code, message))


class _Changed:
    """The new values first, then what the record holds."""

    __slots__ = ("_current", "_values")

    def __init__(self, values: Mapping[str, Any], current: Any) -> None:
        self._values, self._current = values, current

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        attribute = getattr(self._current, "attribute", None)
        return attribute(name) if callable(attribute) else self._current[name]


def _ask(setting: Setting | None, names: _Changed) -> Any:
    if setting is None:
        return None
    return setting.constant if setting.expression is None else setting.expression.evaluate(names)


def parse(node: Node, findings: Findings, name: str = "") -> EntityDefinition | None:
    """An entity as written, its rows not yet read. None when it has no keys that can be read."""
    entries = read_keys(node, "entity", KEYS, findings)
    if entries is None:
        return None
    title = text_of(entries["title"], findings) if "title" in entries else None
    fields = parse_fields(entries["fields"], findings) if "fields" in entries else {}
    key, label = (entries.get(k) for k in ("key", "label"))
    return EntityDefinition(
        name,
        title or name,
        key if isinstance(key, ScalarNode) else None,
        label if isinstance(label, ScalarNode) else None,
        fields,
        entries.get("rows"),
        node.place,
    )


def link(
    definition: EntityDefinition,
    scope: Scope,
    findings: Findings,
    vocabularies: Mapping[str, Choices],
    entity_types: EntityTypes,
    entities: tuple[str, ...] = (),
) -> Entity:
    """The entity with its fields linked. `entity_types` is asked late, so that entities may refer to each other."""
    fields = link_fields(definition.fields, scope, findings, vocabularies, entity_types, entities)
    key = _field_named(definition.key, fields, findings)
    held = fields[key] if key is not None else None
    kind = held.definition.type if held is not None else UNREADABLE
    if held is not None and kind != UNREADABLE and held.expression_type.kind not in KEY_KINDS and definition.key:
        message = f'a key is a text or a number, "{key}" is a {kind}'
        findings.error("type-mismatch", definition.key.place, message, "take another field")
    label = _field_named(definition.label, fields, findings)
    return Entity(definition, key or next(iter(fields), ""), label, fields)


def _field_named(node: ScalarNode | None, fields: Mapping[str, Field], findings: Findings) -> str | None:
    if node is None or not fields:
        return None
    return node.typed if findings.knows(node.typed, fields, node.place, f'no field "{node.typed}"') else None

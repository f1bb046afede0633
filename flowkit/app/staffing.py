"""Where people come from: which entities and fields hold staff, units and shifts, and what records of these come to.

Checks what the `app` says of them against the entities there are. Reads no database: records are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from flowkit.app.settings import AppDefinition, DutyDefinition, PeopleDefinition, UnitsDefinition
from flowkit.diagnostics import Findings
from flowkit.engine.duty import DutyPlan, Shift, shift_on
from flowkit.engine.people import People
from flowkit.engine.substitutes import Substitutes, Substitution
from flowkit.engine.units import Units, ring
from flowkit.fields.definition import UNREADABLE, Field
from flowkit.records.entity import Entity
from flowkit.rules.language.types import BOOLEAN, Type
from flowkit.source.nodes import ScalarNode

Stored = Mapping[str, Any]
Records = Mapping[str, Mapping[str, Stored]]
"""Stored fields of records, by entity and key."""


@dataclass(frozen=True, slots=True)
class DutyFields:
    """The fields of a shift; `day` beside times of day."""

    entity: str
    person: str
    since: str
    until: str
    day: str | None


@dataclass(frozen=True, slots=True)
class Staffing:
    """The entities and fields that people are read from."""

    entity: str | None = None
    roles: str = ""
    unit: str | None = None
    manager: str | None = None
    units: str | None = None
    parent: str | None = None
    hours: str | None = None
    quiet: str | None = None
    duty: DutyFields | None = None
    zone: tzinfo = UTC

    @property
    def entities(self) -> tuple[str, ...]:
        """Those whose records decide who may do what: they are held in memory."""
        named = (self.entity, self.units, self.duty.entity if self.duty is not None else None)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def people(
        self, records: Records, shifts: Iterable[Shift] = (), substitutions: Iterable[Substitution] = ()
    ) -> People:
        """Staff as these records have them."""
        if self.entity is None:
            return People()
        by_actor = {f"{self.entity}:{key}": stored for key, stored in records.get(self.entity, {}).items()}
        return People(
            records=by_actor,
            roles={actor: _several(stored.get(self.roles)) for actor, stored in by_actor.items()},
            units={a: _several(stored.get(self.unit)) for a, stored in by_actor.items()} if self.unit else {},
            managers=self._managers(by_actor),
            tree=Units.of(records.get(self.units, {}), self.parent) if self.units is not None else Units(),
            duty=DutyPlan.of(shifts, self.zone) if self.duty is not None else None,
            substitutes=Substitutes.of(substitutions),
        ).indexed()

    def differ(self, before: Stored, after: Stored) -> bool:
        """Whether two states of a person's record differ in what people are looked up by."""
        return any(name and before.get(name) != after.get(name) for name in (self.roles, self.unit, self.manager))

    def shift(self, row: Stored) -> Shift | None:
        """The shift that a record of the duty plan tells of; None while something of it is lacking."""
        fields = self.duty
        if fields is None:
            return None
        person, since, until = row.get(fields.person), row.get(fields.since), row.get(fields.until)
        day = row.get(fields.day) if fields.day is not None else ""
        if not person or not since or not until or day is None:
            return None
        if "T" in since:
            return Shift(self._actor(person), datetime.fromisoformat(since), datetime.fromisoformat(until))
        times = time.fromisoformat(since), time.fromisoformat(until)
        if not day:
            return Shift(self._actor(person), *times)
        return shift_on(self._actor(person), date.fromisoformat(day), *times, self.zone)

    def _managers(self, by_actor: Mapping[str, Stored]) -> dict[str, str]:
        if self.manager is None:
            return {}
        named = ((actor, stored.get(self.manager)) for actor, stored in by_actor.items())
        return {actor: self._actor(manager) for actor, manager in named if manager}

    def _actor(self, named: str) -> str:
        """A person as a reference (his key) or a field of type person (his actor) holds him."""
        return named if ":" in named else f"{self.entity}:{named}"


def _several(held: Any) -> tuple[str, ...]:
    """What a field holds that may be one value or a list of them."""
    return () if held in (None, "") else (held,) if isinstance(held, str) else tuple(held)


# --- checking --------------------------------------------------------------------------------------------------------


def derived(definition: AppDefinition) -> Mapping[str, Mapping[str, Type]]:
    """By entity, what expressions know of its records besides their fields."""
    staff = definition.staff
    return {staff.entity.typed: {"on_duty": BOOLEAN}} if staff is not None and staff.duty is not None else {}


def link_staffing(
    definition: AppDefinition, entities: Mapping[str, Entity], rows: Records, findings: Findings
) -> Staffing:
    """Where people come from. Whether the staff entity and its fields are there, the caller has checked."""
    staff = definition.staff
    known = staff is not None and staff.entity.typed in entities
    checks = _Checks(entities, findings, staff.entity.typed if staff is not None and known else None)
    units, parent = checks.units(definition.units, rows)
    hours, quiet = checks.opening_hours(definition), checks.quiet(definition)
    checks.by(definition.customers)
    if staff is None or not known:
        return Staffing(units=units, parent=parent, hours=hours, quiet=quiet, zone=definition.settings.timezone)
    return Staffing(
        entity=staff.entity.typed,
        roles=checks.roles(staff),
        unit=checks.unit(staff, units),
        manager=checks.manager(staff),
        units=units,
        parent=parent,
        hours=hours,
        quiet=quiet,
        duty=checks.duty(staff.duty),
        zone=definition.settings.timezone,
    )


@dataclass(frozen=True, slots=True)
class _Checks:
    entities: Mapping[str, Entity]
    findings: Findings
    staff: str | None

    def units(self, definition: UnitsDefinition | None, rows: Records) -> tuple[str | None, str | None]:
        """The entity of the units and its field for the unit above."""
        entity = self._entity(definition.entity) if definition is not None else None
        if definition is None or entity is None:
            return None, None
        field = self._field(entity, definition.parent)
        if field is None or definition.parent is None or field.definition.type == UNREADABLE:
            return entity.name, None
        if field.entity != entity.name or field.type.name == "list":
            self._misfit(definition.parent, field, f"a reference to {entity.name}")
            return entity.name, None
        found = ring(rows.get(entity.name, {}), field.name)
        if found:
            said = " → ".join(found)
            help = "let the topmost one have none above it"
            self.findings.error(
                "circular-units", definition.parent.place, f"units belong to each other in a ring: {said}", help
            )
        return entity.name, field.name

    def opening_hours(self, definition: AppDefinition) -> str | None:
        """The field in which a unit holds its own hours; whoever has none follows the calendar of the app."""
        units = definition.units
        if units is None or units.calendar is None:
            return None
        if definition.calendar is None:
            message = "units without hours of their own follow the calendar of the app, and it has none"
            help = 'write calendar: {mon-fri: "09:00-18:00"} in the app'
            self.findings.error("no-calendar", units.calendar.place, message, help)
        return self._hours(units, units.calendar, "opening hours (type: hours)")

    def quiet(self, definition: AppDefinition) -> str | None:
        """The field in which a unit holds its own quiet hours; whoever has none follows the app."""
        units = definition.units
        return self._hours(units, units.quiet, "quiet hours (type: hours)") if units is not None else None

    def _hours(self, units: UnitsDefinition, named: ScalarNode | None, wanted: str) -> str | None:
        if named is None or units.entity.typed not in self.entities:
            return None
        field = self._field(self.entities[units.entity.typed], named)
        if field is not None and field.type.name != "hours" and not _unreadable(field):
            self._misfit(named, field, wanted)
        return named.typed

    def unit(self, staff: PeopleDefinition, units: str | None) -> str | None:
        if staff.unit is None:
            return None
        field = self._fields(self.staff).get(staff.unit.typed)
        if field is None or _unreadable(field):
            return staff.unit.typed
        if units is not None and field.entity != units:
            self._misfit(staff.unit, field, f"a reference to {units}, or a list of them")
        elif units is None and field.entity is None and _one(field).type.name not in _NAMES:
            self._misfit(staff.unit, field, "a text, a choice or a reference, or a list of them")
        return staff.unit.typed

    def roles(self, staff: PeopleDefinition) -> str:
        if staff.roles is None:
            return ""
        field = self._fields(self.staff).get(staff.roles.typed)
        if field is not None and _one(field).type.name != "role" and not _unreadable(_one(field)):
            self._misfit(staff.roles, field, "a role, or a list of them")
        return staff.roles.typed

    def by(self, customers: PeopleDefinition | None) -> None:
        """By what an outsider is recognised is one plain value."""
        if customers is None or customers.by is None or customers.entity.typed not in self.entities:
            return
        field = self._fields(customers.entity.typed).get(customers.by.typed)
        if field is not None and field.expression_type.kind not in ("text", "number") and not _unreadable(field):
            self._misfit(customers.by, field, "a phone, a text or another plain value")

    def manager(self, staff: PeopleDefinition) -> str | None:
        if staff.manager is None:
            return None
        field = self._fields(self.staff).get(staff.manager.typed)
        if field is not None and not self._is_person(field):
            self._misfit(staff.manager, field, f"a person, or a reference to {self.staff}")
        return staff.manager.typed

    def duty(self, definition: DutyDefinition | None) -> DutyFields | None:
        entity = self._entity(definition.entity) if definition is not None else None
        if definition is None or entity is None:
            return None
        found = {key: self._field(entity, node) for key, node in definition.fields.items()}
        person, since, until, day = (found.get(key) for key in ("person", "from", "until", "date"))
        if person is None or since is None or until is None or ("date" in found and day is None):
            return None
        if not self._is_person(person):
            self._misfit(definition.fields["person"], person, f"a person, or a reference to {self.staff}")
        wanted = _clocks(since, day)
        for key, field in (("from", since), ("until", until)):
            if field.type.name not in wanted and not _unreadable(field):
                self._misfit(definition.fields[key], field, " or ".join(f"a {kind}" for kind in wanted))
        if day is not None and day.type.name != "date" and not _unreadable(day):
            self._misfit(definition.fields["date"], day, "a date")
        return DutyFields(entity.name, person.name, since.name, until.name, day.name if day is not None else None)

    def _is_person(self, field: Field) -> bool:
        one = field.type.name == "person" or (field.entity == self.staff and field.type.name != "list")
        return one or _unreadable(field)

    def _fields(self, entity: str | None) -> Mapping[str, Field]:
        return self.entities[entity].fields if entity is not None else {}

    def _entity(self, node: ScalarNode) -> Entity | None:
        self.findings.knows(node.typed, self.entities, node.place, f'no entity "{node.typed}"')
        return self.entities.get(node.typed)

    def _field(self, entity: Entity, node: ScalarNode | None) -> Field | None:
        if node is None:
            return None
        message = f'entity "{entity.name}" has no field "{node.typed}"'
        self.findings.knows(node.typed, entity.fields, node.place, message)
        return entity.fields.get(node.typed)

    def _misfit(self, node: ScalarNode, field: Field, wanted: str) -> None:
        message = f'expected {wanted} in "{field.name}", found {_said(field)}'
        self.findings.error("type-mismatch", node.place, message)


_NAMES = frozenset({"text", "choice", "choices"})
"""What tells one unit from another by its name, where units are no records."""


def _one(field: Field) -> Field:
    """The field by which each entry of a list is read; of any other the field itself."""
    return field.item if field.item is not None else field


def _clocks(since: Field, day: Field | None) -> tuple[str, ...]:
    """What the two ends of a shift may be: both alike, and times of day beside a date."""
    if day is not None:
        return ("time",)
    return (since.type.name,) if since.type.name in ("datetime", "time") else ("datetime", "time")


def _unreadable(field: Field) -> bool:
    return field.definition.type == UNREADABLE


def _said(field: Field) -> str:
    of = field.entity or (field.item.definition.type if field.item is not None else "")
    return f"a {field.definition.type}" + (f" of {of}" if of else "")

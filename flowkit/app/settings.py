"""The noun `app`: what holds for the whole business. Knows its keys; resolves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flowkit.app import opening_hours
from flowkit.app.opening_hours import CalendarDefinition
from flowkit.calendars.calendar import Calendar
from flowkit.diagnostics import Findings, Place
from flowkit.fields.definition import OUTSIDERS
from flowkit.source.keys import Key, mapping_of, names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.coordinates import SYSTEMS
from flowkit.values.durations import parse_duration
from flowkit.values.types import Settings
from flowkit.version import VERSION

KEYS = (
    Key("title", "words", "what people see instead of the name", example="电梯维保"),
    Key(
        "texts",
        "any",
        "what texts are called in other languages, all in one place; options and names, too: a list, or a table with the "
        "columns zh and en",
        example="[{zh: 困人, en: People trapped}]",
    ),
    Key("locale", "name", "the language of the people: zh-CN (default) or en", example="zh-CN"),
    Key("timezone", "name", "the zone in which they read clocks; without it Asia/Shanghai", example="Asia/Shanghai"),
    Key(
        "calendar",
        "mapping",
        "when it is open: business hours and days are counted by it",
        example='{holidays: CN, mon-fri: "08:30-17:30"}',
    ),
    Key(
        "quiet",
        "names",
        "hours in which deadlines that only remind wait, in the app's zone; whoever is escalated to is told at once",
        example='"22:00-07:00"',
    ),
    Key("coordinates", "name", "the system that points are in here: gcj02, wgs84 or bd09", example="gcj02"),
    Key(
        "retention",
        "duration",
        "how long cases are kept; written down for later, this version deletes nothing",
        example="5y",
    ),
    Key("roles", "mapping", "the roles people have, each with a title", example="{technician: {title: 维修员}}"),
    Key("units", "mapping", "the tree of units: regions, stores, departments", example="{entity: region}"),
    Key("staff", "mapping", "which entity holds the people who work here", example="{entity: employee, roles: roles}"),
    Key("customers", "mapping", "which entity holds outsiders", example="{entity: customer, by: phone}"),
    Key("channels", "mapping", "how messages leave", example="{console: {preset: console}}"),
    Key(
        "catcher",
        "name",
        "the role that gets what fits nobody and what a machine gave up on",
        example="service_manager",
    ),
)
ROLE_KEYS = (
    Key("title", "words", "what people see instead of the name", example="维修员"),
    Key("manager", "name", "the role that these people answer to", example="procurement_manager"),
    Key(
        "may",
        "names",
        "operations on cases of others that need a right of their own; the catcher may all of them",
        example="[void, suspend]",
    ),
    Key(
        "sees",
        "setting",
        "which cases these people see besides those they have to do with: own (default: none), unit, all, or a condition",
        example="=row.region in actor.regions",
    ),
)
STAFF_KEYS = (
    Key("entity", "name", "the entity", required=True, example="employee"),
    Key("roles", "name", "its field that holds a person's roles", required=True, example="roles"),
    Key(
        "unit",
        "name",
        "its field that holds a person's unit, or several; he is there for these and all below them, without one for all",
        example="region",
    ),
    Key("manager", "name", "its field that holds a person's own manager; else that of his role", example="leader"),
    Key(
        "duty",
        "mapping",
        "the plan of who is on duty when: from it comes `on_duty` of a person, unless he has a field of that name",
        example="{entity: roster, person: employee, from: begins, until: ends}",
    ),
    Key("reach", "mapping", "by channel, the field that holds the address", example="{sms: phone}"),
)
UNITS_KEYS = (
    Key("entity", "name", "the entity whose records are the units", required=True, example="region"),
    Key("parent", "name", "its field that points to the unit above", example="parent"),
    Key(
        "calendar",
        "name",
        "its field of type hours in which a unit may hold its own; those without follow the unit above, then the app",
        example="hours",
    ),
    Key(
        "quiet",
        "name",
        "its field of type hours in which a unit may hold its own quiet hours; else those of the unit above, then the app's",
        example="quiet",
    ),
)
DUTY_KEYS = (
    Key("entity", "name", "the entity whose records are shifts", required=True, example="roster"),
    Key("person", "name", "its field that holds whose shift it is", required=True, example="employee"),
    Key(
        "from",
        "name",
        "its field that holds when it begins: a moment, or a time of day",
        required=True,
        example="begins",
    ),
    Key("until", "name", "its field that holds when it ends", required=True, example="ends"),
    Key("date", "name", "beside times of day, its field that holds the day; without it every day", example="day"),
)
CUSTOMER_KEYS = (
    Key("entity", "name", "the entity", required=True, example="customer"),
    Key(
        "by",
        "name",
        "its field by which an outsider is recognised who comes by an intake, and by which somebody at a desk finds him",
        example="phone",
    ),
    Key(
        "sees",
        "setting",
        "which cases are an outsider's own besides those he has to do with: a condition that names him",
        example="=row.customer == actor",
    ),
    Key("reach", "mapping", "by channel, the field that holds the address", example="{sms: phone}"),
)
LATER = {
    "app": ("uses",),
}


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role as written: the role its people answer to, which operations it may, and what it sees."""

    title: str
    manager: ScalarNode | None = None
    may: tuple[ScalarNode, ...] = ()
    sees: ScalarNode | None = None


@dataclass(frozen=True, slots=True)
class UnitsDefinition:
    """Which entity units come from, which of its fields points to the unit above, which hold its own hours and quiet hours."""

    entity: ScalarNode
    parent: ScalarNode | None
    calendar: ScalarNode | None = None
    quiet: ScalarNode | None = None


@dataclass(frozen=True, slots=True)
class DutyDefinition:
    """Which entity shifts come from; `fields` are those that its keys name."""

    entity: ScalarNode
    fields: Mapping[str, ScalarNode]


@dataclass(frozen=True, slots=True)
class PeopleDefinition:
    """Which entity people come from; `roles` is None for outsiders, who have no unit, manager and duty either, but `by`."""

    entity: ScalarNode
    roles: ScalarNode | None
    reach: Mapping[str, ScalarNode]
    unit: ScalarNode | None = None
    manager: ScalarNode | None = None
    duty: DutyDefinition | None = None
    by: ScalarNode | None = None
    sees: ScalarNode | None = None


@dataclass(frozen=True, slots=True)
class AppDefinition:
    """The app as written. `located`: it says in which system points are, rightly or not."""

    name: str
    title: str
    locale: str
    settings: Settings
    calendar: CalendarDefinition | None
    quiet: Calendar | None
    role_definitions: Mapping[str, RoleDefinition]
    units: UnitsDefinition | None
    staff: PeopleDefinition | None
    customers: PeopleDefinition | None
    channels: MappingNode | None
    catcher: ScalarNode | None
    located: bool
    place: Place

    @property
    def roles(self) -> dict[str, str]:
        """Titles by name."""
        return {name: role.title for name, role in self.role_definitions.items()}


def parse(node: Node, findings: Findings, name: str) -> AppDefinition | None:
    """Read the `app` document; every mistake in it is reported."""
    entries = read_keys(_known("app", node, findings), "app", KEYS, findings)
    if entries is None:
        return None
    title = text_of(entries["title"], findings) if "title" in entries else None
    locale = text_of(entries["locale"], findings) if "locale" in entries else None
    if "retention" in entries and isinstance(kept := entries["retention"], ScalarNode):
        _duration(kept, findings)
    channels, catcher, hours = entries.get("channels"), entries.get("catcher"), entries.get("calendar")
    zone = _zone(entries.get("timezone"), findings)
    return AppDefinition(
        name=name,
        title=title or name,
        locale=(locale or "zh-CN").split("-")[0],
        settings=Settings(zone, _coordinates(entries.get("coordinates"), findings)),
        calendar=opening_hours.parse(hours, zone, findings) if hours is not None else None,
        quiet=opening_hours.parse_quiet(entries["quiet"], zone, findings) if "quiet" in entries else None,
        role_definitions=_roles(entries.get("roles"), findings),
        units=_units(entries.get("units"), findings),
        staff=_people(entries.get("staff"), "staff", STAFF_KEYS, findings),
        customers=_people(entries.get("customers"), "customers", CUSTOMER_KEYS, findings),
        channels=channels if isinstance(channels, MappingNode) else None,
        catcher=catcher if isinstance(catcher, ScalarNode) else None,
        located="coordinates" in entries,
        place=node.place,
    )


def _known(noun: str, node: Node, findings: Findings) -> Node:
    """The node without the keys that belong to a later version, each answered as such."""
    if not isinstance(node, MappingNode):
        return node
    later = [k for k in node.entries if k in LATER.get(noun, ())]
    for key in later:
        findings.error("not-yet", node.keys[key], f"flowkit {VERSION} does not know `{key}` yet")
    return replace(
        node,
        entries={k: v for k, v in node.entries.items() if k not in later},
        keys={k: p for k, p in node.keys.items() if k not in later},
    )


def _duration(node: ScalarNode, findings: Findings) -> None:
    try:
        kept = parse_duration(node.typed)
    except ValueError:
        findings.error("type-mismatch", node.place, f'expected a duration such as 5y or 180d, found "{node.typed}"')
        return
    if not (kept > timedelta(0) if isinstance(kept, timedelta) else kept.amount > 0):
        findings.error("bad-value", node.place, f'expected a duration longer than 0, found "{node.typed}"', "write 5y")


def _zone(node: Node | None, findings: Findings) -> ZoneInfo:
    name = node.typed if isinstance(node, ScalarNode) else "Asia/Shanghai"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        assert node is not None
        findings.error("unknown-name", node.place, f'no time zone "{name}"', "write one such as Asia/Shanghai")
        return ZoneInfo("Asia/Shanghai")


def _coordinates(node: Node | None, findings: Findings) -> str | None:
    if not isinstance(node, ScalarNode):
        return None
    if node.typed not in SYSTEMS:
        message = f'unknown coordinate system "{node.typed}"'
        findings.error("unknown-name", node.place, message, did_you_mean(node.typed, SYSTEMS))
        return None
    return node.typed


MEANT_OTHERWISE = ("owner", "applicant", "manager", OUTSIDERS)
"""What these words mean where people are named is not a role of that name."""


def _roles(node: Node | None, findings: Findings) -> dict[str, RoleDefinition]:
    roles = {}
    for name, place, body in node.items() if isinstance(node, MappingNode) else ():
        if name in MEANT_OTHERWISE:
            message = f'"{name}" means somebody else where a role is named, so nobody could ever mean this role'
            findings.error("duplicate-name", place, message, "give the role another name")
        if isinstance(body, SequenceNode):
            findings.error(
                "wrong-kind", body.place, "expected a title, or what the role is and may", "clerk: {title: 职员}"
            )
        elif isinstance(body, MappingNode):
            roles[name] = _role(
                name, read_keys(_known("role", body, findings), "role", ROLE_KEYS, findings) or {}, findings
            )
        else:
            roles[name] = RoleDefinition((text_of(body, findings) if body.value is not None else None) or name)
    return roles


def _role(name: str, entries: Mapping[str, Node], findings: Findings) -> RoleDefinition:
    title = text_of(entries["title"], findings) if "title" in entries else None
    manager = entries.get("manager")
    return RoleDefinition(
        title or name,
        manager if isinstance(manager, ScalarNode) else None,
        names_of(entries["may"], findings) if "may" in entries else (),
        _sees(entries.get("sees"), findings),
    )


def _sees(node: Node | None, findings: Findings) -> ScalarNode | None:
    if node is None or isinstance(node, ScalarNode):
        return node
    findings.error("wrong-kind", node.place, "expected own, unit, all, or an =expression over row")
    return None


def _units(node: Node | None, findings: Findings) -> UnitsDefinition | None:
    entries = read_keys(_known("units", node, findings), "units", UNITS_KEYS, findings) if node is not None else None
    named = _scalars(entries)
    if "entity" not in named:
        return None
    return UnitsDefinition(named["entity"], named.get("parent"), named.get("calendar"), named.get("quiet"))


def _duty(node: Node | None, findings: Findings) -> DutyDefinition | None:
    named = _scalars(read_keys(node, "duty", DUTY_KEYS, findings)) if node is not None else {}
    if not {"entity", "person", "from", "until"} <= named.keys():
        return None
    return DutyDefinition(named["entity"], {key: field for key, field in named.items() if key != "entity"})


def _people(node: Node | None, noun: str, keys: tuple[Key, ...], findings: Findings) -> PeopleDefinition | None:
    entries = read_keys(node, noun, keys, findings) if node is not None else None
    named = _scalars(entries)
    if not entries or "entity" not in named:
        return None
    reach = mapping_of(entries["reach"], findings) if "reach" in entries else None
    return PeopleDefinition(
        named["entity"],
        named.get("roles"),
        {n: v for n, _, v in reach.items() if isinstance(v, ScalarNode)} if reach is not None else {},
        named.get("unit"),
        named.get("manager"),
        _duty(entries.get("duty"), findings),
        named.get("by"),
        _sees(entries.get("sees"), findings),
    )


def _scalars(entries: Mapping[str, Node] | None) -> dict[str, ScalarNode]:
    return {name: node for name, node in (entries or {}).items() if isinstance(node, ScalarNode)}

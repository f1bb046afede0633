"""Fields as controls of a page: which kind of control asks for a field, what stands in it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from flowkit.errors import Problem
from flowkit.fields.asked import Asked
from flowkit.fields.definition import Field
from flowkit.values.durations import write_duration
from flowkit.web.posted import DRAWN

FEW = 8
"Up to so many choices stand open; more are a list to choose from."
FEW_IN_A_ROW = 3
"The same within a row, of which there may be many on a page."

KINDS: Mapping[str, str] = {
    "number": "number",
    "money": "number",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "switch": "switch",
    "rating": "rating",
    "phone": "phone",
    "email": "email",
    "location": "location",
    "media": "media",
    "signature": "signature",
    "rows": "rows",
    "address": "area",
}
SHORT = 80
"A text that may be longer than this is asked for with room to write."


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field on a page. `path` names it in what is sent; `found` is what was searched for among its options.

    `system` and `accuracy` belong to the position that `value` is, and to no other. `signed` is the file of a drawn signature.
    """

    path: str
    title: str
    kind: str
    value: Any = ""
    help: str = ""
    required: bool = False
    readonly: bool = False
    errors: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    more: bool = False
    found: str = ""
    accept: tuple[str, ...] = ()
    most: int | None = None
    seconds: int | None = None
    rows: tuple[tuple[Control, ...], ...] = ()
    columns: tuple[str, ...] = ()
    roots: str = ""
    system: str = ""
    accuracy: str = ""
    signed: str = ""

    @property
    def id(self) -> str:
        """Names its element. Whatever it is called, an address can point to it."""
        return "f-" + self.path.replace(".", "-")

    @property
    def described(self) -> str:
        """The elements that describe it, for `aria-describedby`."""
        parts = [f"{self.id}-h"] * bool(self.help) + [f"{self.id}-e"] * bool(self.errors)
        return " ".join(parts)


Options = Callable[[str, str], Sequence[Option]]
"""What can be chosen at a path, as far as a text fits."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What controls are made from besides the fields: problems by path, searches by path, the zone of moments.

    `called` is what an author's text is in the language of whoever reads.
    """

    zone: tzinfo
    options: Options
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: Mapping[str, str] = field(default_factory=dict)
    called: Callable[[str], str] = str

    def controls(self, asked: Iterable[Asked]) -> tuple[Control, ...]:
        followed = {root for each in asked for root in each.field.followed}
        return tuple(self._control(each, followed) for each in asked if each.visible)

    def _control(self, asked: Asked, followed: Iterable[str] = ()) -> Control:
        made = asked.field
        # In a row there is no room for many lines.
        kind = _kind(asked)
        kind = "text" if kind == "area" and "." in asked.path else kind
        control = Control(
            path=asked.path,
            title=self.called(made.title),
            kind=kind,
            help=self.called(made.help),
            required=asked.required or (kind == "rows" and bool(_constant(made.min))),
            readonly=asked.readonly,
            errors=self.problems.get(asked.path, ()),
            accept=made.accept,
            most=_constant(made.max),
            seconds=made.video_seconds,
            roots="1" if made.name in followed or any(f.followed for f in (made.of or {}).values()) else "",
        )
        if kind == "rows":
            columns = tuple(self.called(f.title) for f in (made.of or {}).values())
            return replace(control, rows=tuple(self.controls(row) for row in asked.rows), columns=columns)
        if kind == "media":
            return replace(control, value=asked.value if isinstance(asked.value, (list, tuple)) else [])
        if kind == "signature" and isinstance(asked.value, Mapping) and "upload" in asked.value:
            file = asked.value
            name = str(file.get("name") or DRAWN)
            signed = f"{file['upload']}/{name}/{file.get('kind', 'image')}"
            return replace(control, value="" if name == DRAWN else name, signed=signed)
        several = made.type.name in ("choices", "list")
        value = _texts(made, asked.value, self.zone) if several else text_of(made, asked.value, self.zone)
        control = replace(control, value=value)
        if kind == "location" and isinstance(asked.value, Mapping):
            system, accuracy = asked.value.get("system"), asked.value.get("accuracy")
            return replace(control, system=system or "", accuracy="" if accuracy is None else str(accuracy))
        return self._with_options(control, asked, several=several) if kind in ("choose", "several") else control

    def _with_options(self, control: Control, asked: Asked, *, several: bool) -> Control:
        """The control with what can be chosen; what stands in it is always among them."""
        of = asked.field.item or asked.field
        if of.choices is not None and of.entity is None and not asked.offered:
            options = [Option(text, self.called(text)) for text in of.choices.options]
            found, more = "", False
        else:
            found = self.searched.get(control.path, "")
            options = list(self.options(control.path, found))
            if of.type.name == "role" or asked.offered:
                options = [replace(each, label=self.called(each.label)) for each in options]
            more = len(options) >= 50 or bool(found)
        chosen = list(control.value) if several else [control.value] if control.value else []
        known = {option.value for option in options}
        options = [Option(value, value) for value in chosen if value not in known] + options
        kind = control.kind
        if kind == "choose":
            few = FEW_IN_A_ROW if "." in control.path else FEW
            kind = "radios" if len(options) <= few and not more else "select"
        return replace(control, kind=kind, options=tuple(options), more=more, found=found)


def _kind(asked: Asked) -> str:
    made = asked.field
    of = made.item or made
    if asked.offered or of.choices is not None or of.entity is not None or of.type.name in ("person", "role"):
        return "several" if made.type.name in ("choices", "list") else "choose"
    if made.type.name == "list":
        return "lines"
    if made.type.name == "text":
        longest = getattr(made.type, "max_length", None)
        return "text" if longest is not None and longest <= SHORT else "area"
    return KINDS.get(made.type.name, "text")


def _constant(setting: Any) -> int | None:
    constant = setting.constant if setting is not None else None
    return int(constant) if isinstance(constant, (int, Decimal)) else None


def _texts(made: Field, value: Any, zone: tzinfo) -> list[str]:
    if value in (None, ""):
        return []
    of = made.item or made
    given = value if isinstance(value, (list, tuple)) else str(value).split("|")
    return [text_of(of, each, zone) for each in given]


def text_of(made: Field, value: Any, zone: tzinfo) -> str:
    """A value, or what was typed for one, as its control holds it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else ""
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return write_duration(value)
        case {"latitude": latitude, "longitude": longitude}:
            return f"{latitude},{longitude}"
        case {"name": name}:
            return str(name)
        case dict():
            return ""
    return str(getattr(value, "key", value))


def by_path(problems: Iterable[Problem], paths: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Problems by the path of the control they stand at, and those that stand at none."""
    known, found, rest = set(paths), dict[str, tuple[str, ...]](), list[Problem]()
    for problem in problems:
        path = problem.field
        while path and path not in known:
            path = path.rpartition(".")[0]
        if path:
            found[path] = (*found.get(path, ()), problem.message)
        else:
            rest.append(problem)
    return found, rest


def paths_of(asked: Iterable[Asked]) -> Iterable[str]:
    for each in asked:
        if each.visible:
            yield each.path
            for row in each.rows:
                yield from paths_of(row)

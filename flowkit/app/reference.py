"""The reference as Markdown, made of the tables that the code itself reads by: nouns, fields, functions.

Results that stand beside examples are worked out here, when the page is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flowkit.app.channels_page import channels_page
from flowkit.app.nouns.shapes import Either, ListOf, MapOf, Named, Shape, Table, Words
from flowkit.app.nouns.tables import NOUNS, PARTS, SHAPES, document_keys
from flowkit.app.operations_page import operations_page
from flowkit.app.schemas import app_schema
from flowkit.calendars.calendar import Calendar
from flowkit.calendars.hours import read_week, write_week
from flowkit.diagnostics import Findings, Place
from flowkit.fields.keys import GOES_WITH, IDLE, NOT_BESIDE, NOT_WITH
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.formats import FORMATS
from flowkit.rules.language.functions import FUNCTIONS, as_text
from flowkit.rules.language.lists import LIST_FORMS
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.signatures import CALENDAR, Function
from flowkit.rules.language.templates import compile_template
from flowkit.source.keys import Key
from flowkit.source.nodes import ScalarNode
from flowkit.values.types import VALUE_TYPES, Settings

MADE = "<!-- Made by `flowkit reference --into docs/reference`; changes here are lost. -->"

_ZONE = ZoneInfo("Asia/Shanghai")
_SETTINGS = Settings(_ZONE, "gcj02")

TYPES: Mapping[str, tuple[str, Any]] = {
    "text": ("what was typed, character for character", "0012"),
    "number": ("a number, exact; commas between thousands may stand", "1,250.5"),
    "money": ("an amount with two decimal places", "1,250.5"),
    "date": ("a day", "2027-2-6"),
    "time": ("a time of day", "9:30"),
    "datetime": ("a moment; without a zone it is the app's", "2027-02-06 09:30"),
    "duration": ("a length round the clock: s, m, h, d, w, y", "90m"),
    "hours": ("the opening hours of a week, parts parted by ;", "mon-fri 8:30-12:00 13:30-17:30; sat 9:00-12:00"),
    "switch": ("yes or no", "是"),
    "choice": ("one of the options, or one of their synonyms", "困人"),
    "choices": ("several of the options", "困人|异响"),
    "rating": ("stars, 1 to 5 unless min and max say otherwise", "5"),
    "phone": ("a phone number; spaces, dashes and +86 are taken off", "+86 138-0000-0000"),
    "plate": ("a number plate", "浙a·12345"),
    "email": ("an e-mail address", "li@Example.com"),
    "address": ("an address as people write it", "滨江区江南大道 1 号"),
    "location": ('a point: "latitude,longitude", in the app\'s system unless it says its own', "30.2741,120.1551"),
    "media": (
        "files: `{upload: ID}` of one that was sent, or a name, whose ending says the kind; or a list of these",
        "door.mp4",
    ),
    "signature": ("a signature: the name as typed, or `{name, upload: ID}` of one that was drawn", "丁一"),
    "reference": ("the key of a record", "E017"),
    "person": ("somebody, as ENTITY:KEY", "employee:zhang"),
    "list": ("several values of one type (`of`)", "滨江|萧山"),
    "rows": ("rows with fields of their own (`of`)", [{"part": "光幕", "quantity": "2"}]),
    "role": ("one of the app's roles", "technician"),
}
"""What each type is, and something typed that it takes."""

LIST_HELP: Mapping[str, tuple[str, str]] = {
    "sum": ("what of each row, added up", "sum(lines, row.amount, row.kind == '工时')"),
    "count": ("how many rows fit", "count(lines, row.amount > 100)"),
    "min": ("the smallest; also of several values: min(a, b)", "min(lines, row.amount)"),
    "max": ("the largest; also of several values: max(a, b)", "max(lines, row.amount)"),
    "find": ("the first row that fits", "find(lines, row.kind == '配件').name"),
    "any": ("whether one row fits", "any(lines, row.kind == '配件')"),
    "all": ("whether all rows fit", "all(lines, row.amount > 0)"),
}
"""What each list function does, and an example."""

EXAMPLE_NAMES: Mapping[str, Any] = {
    CALENDAR: Calendar(_ZONE, read_week("mon-fri 08:30-12:00 13:30-17:30")),
    "now": datetime(2026, 3, 2, 9, 30, tzinfo=_ZONE),
    "today": date(2026, 3, 2),
    "reported": datetime(2026, 3, 2, 7, 45, tzinfo=_ZONE),
    "elevator": {
        "code": "E017",
        "installed": date(2026, 1, 1),
        "position": {"latitude": Decimal("30.2075"), "longitude": Decimal("120.2081"), "system": "gcj02"},
    },
    "arrive": {"position": {"latitude": Decimal("30.2084"), "longitude": Decimal("120.2081"), "system": "gcj02"}},
    "fault_type": "门机故障",
    "description": "门关不上,夹人",
    "faults": ["困人", "异响"],
    "total": Decimal("12345.6"),
    "share": Decimal("0.153"),
    "waiting": timedelta(minutes=90),
    "lines": [
        {"name": "门机调整", "kind": "工时", "amount": 180},
        {"name": "光幕", "kind": "配件", "amount": 650},
    ],
}
"""What the examples of functions see; `remark` is empty."""


def pages() -> Mapping[str, str]:
    """Every generated file of the reference by its name."""
    return {
        "nouns.md": nouns_page(),
        "fields.md": fields_page(),
        "functions.md": functions_page(),
        "operations.md": operations_page(MADE),
        "channels.md": channels_page(MADE),
        "flowkit.schema.json": json.dumps(app_schema(), ensure_ascii=False, indent=1) + "\n",
    }


# --- nouns -----------------------------------------------------------------------------------------------------------


def nouns_page() -> str:
    """Every noun and what stands in it, key by key."""
    out = ["# Nouns", "", MADE, "", "A document says first which noun it defines, and its name: `form: 报修`.", ""]
    out += _grid(("noun", "what it is"), [(f"[{n}](#{_anchor(n)})", t.help) for n, t in NOUNS.items()])
    out += ["", "*Who* is a role, `owner`, `applicant`, `manager`, an `=expression` that gives a "]
    out[-1] += (
        "person, `{dispatch: …}`, `{everyone: ROLE}`, or a list of these. A *setting* is a value or an `=expression`."
    )
    for name, table in {**NOUNS, **PARTS}.items():
        out += ["", f"## {name}", "", f"{table.help[0].upper()}{table.help[1:]}.", ""]
        keys = document_keys(name) if name in NOUNS else table.keys
        rows = [_key_row(key, table) for key in keys]
        out += _grid(("key", "value", "required", "what it says", "example"), rows)
    return "\n".join(out) + "\n"


def _key_row(key: Key, table: Table) -> tuple[str, ...]:
    said = _shape_words(table.inside[key.name]) if key.name in table.inside else _KINDS.get(key.kind, key.kind)
    help = key.help.rstrip(".")
    return f"`{key.name}`", said, "yes" if key.required else "", help[0].lower() + help[1:], _code(key.example)


_KINDS: Mapping[str, str] = {
    "words": "text, or one for each language",
    "template": "template, or one for each language",
    "name": "a name",
    "names": "a name, or a list of names",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "mapping": "a map",
    "sequence": "a list",
    "any": "",
}


def _shape_words(shape: Shape) -> str:
    match shape:
        case "scalar":
            return "a name"
        case "expression":
            return "expression"
        case "words":
            return "text, or one for each language"
        case "languages":
            return "one text for each language"
        case "null":
            return "nothing"
        case "anything":
            return "settings"
        case Words(words):
            return "a type" if words == tuple(VALUE_TYPES) else " · ".join(f"`{w}`" for w in words)
        case Named("who"):
            return "*who*"
        case Named(name) if name in SHAPES:
            return _shape_words(SHAPES[name])
        case Named(name):
            return f"[{name}](#{_anchor(name)})"
        case MapOf(of):
            return f"a map of: {_shape_words(of)}"
        case ListOf(of):
            return f"a list of: {_shape_words(of)}"
        case Either(shapes):
            return ", or ".join(_shape_words(s) for s in shapes)


# --- fields ----------------------------------------------------------------------------------------------------------


def fields_page() -> str:
    """The types of fields with something each takes, and which key goes with which type."""
    out = ["# Fields", "", MADE, ""]
    out += ["One table of types and keys serves forms, entities, rows, workflows and the results of decisions."]
    out += [
        "`车牌: text` is short for `车牌: {type: text}`. Empty is always allowed unless `required`.",
        "",
        "## Types",
        "",
    ]
    rows = [
        (f"`{name}`", TYPES[name][0], _code(_typed(TYPES[name][1])), _code(_stored(name)), value_type.kind)
        for name, value_type in VALUE_TYPES.items()
    ]
    out += _grid(("type", "what it is", "typed", "stored as", "in expressions"), rows)
    out += ["", "## Keys", "", "What each key says stands in [the table of `field`](nouns.md#field).", ""]
    out += _grid(("key", "goes with"), [(f"`{k.name}`", _goes_with(k.name)) for k in PARTS["field"].keys])
    out += ["", f"Taken, and not acted on in this version: {_listed(IDLE)}."]
    out += ["", "These contradict each other on one field:", ""]
    out += [f"- `{key}` and {_listed(others)}" for key, others in NOT_BESIDE.items()]
    return "\n".join(out) + "\n"


def _typed(example: Any) -> str:
    return example if isinstance(example, str) else _flow(example)


def _stored(name: str) -> str:
    value_type = VALUE_TYPES[name]
    return _flow(value_type.store(value_type.read(TYPES[name][1], _SETTINGS)))


def _flow(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _goes_with(key: str) -> str:
    if key in NOT_WITH:
        return f"all but {_listed(NOT_WITH[key])}"
    return _listed(GOES_WITH[key]) if key in GOES_WITH else "all"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{w}`" for w in words)


# --- functions -------------------------------------------------------------------------------------------------------


def functions_page() -> str:
    """Every function, list function and format with an example and what it gives."""
    out = ["# Functions", "", MADE, "", "The examples see these names:", "", "```text", *_names_as_yaml(), "```", ""]
    out += ["An argument that is empty gives an empty result, unless the line says otherwise.", "", "## Functions", ""]
    out += _grid(_HEAD, [(f"`{f.signature}`", f.help, *_worked(f.example)) for f in FUNCTIONS.values()])
    out += ["", "## Over lists", "", "`row` is the row at hand; bare names mean what they mean outside.", ""]
    out += _grid(_HEAD, [(f"`{s}`", LIST_HELP[n][0], *_worked(LIST_HELP[n][1])) for n, s in LIST_FORMS.items()])
    out += ["", "## Formats", "", "Behind `|` between `{{ }}`, in texts for people.", ""]
    out += _grid(_HEAD, [(f"`{f.name}`", f.help, *_worked(f.example)) for f in _only_formats()])
    also = _listed(f.name for f in FORMATS.values() if f.name in FUNCTIONS and f is FUNCTIONS[f.name])
    out += ["", f"As formats there are also: {also}."]
    return "\n".join(out) + "\n"


_HEAD = ("", "what it gives", "example", "gives")


def _only_formats() -> Iterator[Function]:
    return (f for f in FORMATS.values() if FUNCTIONS.get(f.name) is not f)


def _worked(example: str) -> tuple[str, str]:
    if not example:
        return "", ""
    return _code(example), _code(work_out(example))


def work_out(example: str) -> str:
    """What an example gives, as text: an expression, or a template where it begins with {{."""
    if example.startswith("{{"):
        findings = Findings()
        node = ScalarNode(example, example, Place("example"))
        template = compile_template(node, Scope({}, open=True), findings)
        if template is None:
            raise ValueError(findings.errors[0].message)
        return template.render(EXAMPLE_NAMES)
    value = compile_text(example, Scope({}, open=True)).evaluate(EXAMPLE_NAMES)
    return as_text(value) if not isinstance(value, str) else value


def _names_as_yaml() -> Iterator[str]:
    for name, value in EXAMPLE_NAMES.items():
        yield f"{name}: {_yaml(value)}"


def _yaml(value: Any) -> str:
    if isinstance(value, Mapping):
        if "latitude" in value:
            return f'"{value["latitude"]},{value["longitude"]}"'
        return "{" + ", ".join(f"{k}: {_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return write_week(value.week) if isinstance(value, Calendar) else as_text(value)


# --- Markdown --------------------------------------------------------------------------------------------------------


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")

"""Closed keys: a noun's keys are declared once, as a table, and read, checked, suggested and described from it.

Knows the sorts of value a key may have, not what any key means; durations and expressions are read further up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from flowkit.diagnostics import Findings, shown
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import closest, did_you_mean

LANGUAGES = ("zh", "en")
"""The languages that a text for people may stand in. All that is made of it goes by its Chinese."""

Kind = Literal[
    "text",
    "words",
    "template",
    "expression",
    "setting",
    "name",
    "names",
    "integer",
    "number",
    "boolean",
    "duration",
    "mapping",
    "sequence",
    "scalar",
    "any",
]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a noun. A `setting` is a constant or an expression behind a `=`; `names` is one name or a list of them;
    `words` are read by people, so they may stand in several languages: whoever reads a folder leaves their Chinese here.

    `help` is one line for people; `example` is YAML as it would stand behind the colon.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    example: str = ""


# What a misfit is told it should have been.
_EXPECTED: dict[Kind, str] = {
    "text": "a text",
    "words": "a text, or one for each language: {zh: …, en: …}",
    "template": "a text, or one for each language: {zh: …, en: …}",
    "expression": "an expression",
    "setting": "a value or an =expression",
    "name": "a name",
    "names": "a name or a list of names",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "duration": "a duration such as 2h or 30m",
    "mapping": "a map of NAME: VALUE",
    "sequence": "a list",
    "scalar": "a single value",
    "any": "a value",
}
_BOOLEANS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "是": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "否": "false",
}


def read_keys(node: Node, noun: str, keys: Sequence[Key], findings: Findings) -> dict[str, Node] | None:
    """The well-formed entries of a map by key, in the order they are written; None if `node` is no map.

    Reports unknown keys with the one probably meant, missing required keys, values of the wrong sort. The noun itself
    may stand first, as it does in a document.
    """
    mapping = _mapping(node, f"a map with the keys of a {noun}", findings)
    if mapping is None:
        return None
    table = {key.name: key for key in keys}
    read: dict[str, Node] = {}
    for number, (name, place, value) in enumerate(mapping.items()):
        if name in table:
            if _fits(table[name], value, findings):
                read[name] = value
        elif not (number == 0 and name == noun):
            findings.error("unknown-key", place, f"unknown key {shown(name)}", _suggestion(name, mapping, table))
    _require(mapping, noun, keys, findings)
    return read


def _suggestion(name: str, mapping: MappingNode, table: dict[str, Key]) -> str:
    """A key that is not written yet is meant more likely than one that is."""
    near = closest(name, [key for key in table if key not in mapping])
    return f'did you mean "{near}"?' if near is not None else did_you_mean(name, table)


def _require(mapping: MappingNode, noun: str, keys: Sequence[Key], findings: Findings) -> None:
    if not mapping.complete:
        return
    for key in keys:
        if key.required and key.name not in mapping:
            example = f"write {key.name}: {key.example}" if key.example else f"write {key.name}: …"
            findings.error(
                "missing-key", mapping.place, f'{noun} needs the key "{key.name}"', f"{example} — {key.help}"
            )


def _fits(key: Key, node: Node, findings: Findings) -> bool:
    if isinstance(node, ScalarNode) and node.refused:
        return False
    if isinstance(node, ScalarNode) and node.value is None and key.kind not in ("any", "setting", "scalar"):
        advice = f"write {key.name}: {key.example}" if key.example else f"expected {_EXPECTED[key.kind]}"
        findings.error("missing-value", node.place, f'"{key.name}" has no value', advice)
        return False
    if kind_fits(key.kind, node):
        return True
    _report_misfit(key.kind, node, findings, key.example and f"write {key.name}: {key.example}")
    return False


def kind_fits(kind: Kind, node: Node) -> bool:
    """Whether a value is of the sort that a key of this kind takes."""
    if kind in ("any", "setting"):
        return True
    if kind == "mapping":
        return isinstance(node, MappingNode)
    if kind == "sequence":
        return isinstance(node, SequenceNode)
    if kind == "names" and isinstance(node, SequenceNode):
        return all(isinstance(item, ScalarNode) and item.value is not None for item in node)
    if kind == "template" and isinstance(node, MappingNode):
        return bool(node.entries) and all(isinstance(text, ScalarNode) for text in node.entries.values())
    if not isinstance(node, ScalarNode):
        return False
    if kind == "boolean":
        return isinstance(node.value, bool)
    if kind == "integer":
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    if kind == "number":
        return isinstance(node.value, (int, Decimal)) and not isinstance(node.value, bool)
    if kind == "duration":
        return re.match(r"\s*(?:=|\d+(?:\.\d+)?\s*[^\d\s.])", node.typed) is not None
    return True


def _report_misfit(kind: Kind, node: Node, findings: Findings, example: str = "") -> None:
    advice = example
    if isinstance(node, ScalarNode):
        if kind == "boolean" and spelled_boolean(node):
            advice = spelled_boolean(node)
        elif kind in ("boolean", "integer", "number") and node.quoted:
            advice = (
                "remove the quotes, if it is meant as a number"
                if kind != "boolean"
                else "write true or false without quotes"
            )
        elif kind == "duration" and isinstance(node.value, (int, Decimal)):
            advice = f"say what it counts: {node.typed}m for minutes, {node.typed}h for hours, {node.typed}d for days"
    findings.error("wrong-kind", node.place, f"expected {_EXPECTED[kind]}, found {found(node)}", advice)


def spelled_boolean(node: Node) -> str:
    """How to write what somebody wrote as a yes or no of his own; nothing where it is none."""
    meant = _BOOLEANS.get(node.typed.lower()) if isinstance(node, ScalarNode) else None
    return f"write {meant}" if meant is not None else ""


def found(node: Node) -> str:
    """What a value is, in the words of a message."""
    if isinstance(node, MappingNode):
        return "a map"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.value is None:
        return "nothing"
    return shown(node.typed) if isinstance(node.value, str) else node.typed


def text_of(node: Node, findings: Findings) -> str | None:
    """The text as typed; None, and a finding, if the value is no text."""
    if isinstance(node, ScalarNode) and node.value is not None:
        return node.typed
    _report_misfit("text", node, findings)
    return None


def integer_of(node: Node, findings: Findings) -> int | None:
    """A whole number; None, and a finding, if the value is none."""
    if isinstance(node, ScalarNode) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    _report_misfit("integer", node, findings)
    return None


def boolean_of(node: Node, findings: Findings) -> bool | None:
    """True or false; None, and a finding, if the value is neither."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    _report_misfit("boolean", node, findings)
    return None


def names_of(node: Node, findings: Findings) -> tuple[ScalarNode, ...]:
    """One name or a list of names, as nodes with their places; what is no name is reported and left out."""
    names = []
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if isinstance(item, ScalarNode) and item.value is not None:
            names.append(item)
        else:
            _report_misfit("name" if isinstance(node, SequenceNode) else "names", item, findings)
    return tuple(names)


def mapping_of(node: Node, findings: Findings) -> MappingNode | None:
    """The map; None, and a finding, if the value is none."""
    return _mapping(node, _EXPECTED["mapping"], findings)


def _mapping(node: Node, expected: str, findings: Findings) -> MappingNode | None:
    if isinstance(node, MappingNode):
        return node
    if not (isinstance(node, ScalarNode) and node.refused):
        findings.error("wrong-kind", node.place, f"expected {expected}, found {found(node)}")
    return None


def sequence_of(node: Node, findings: Findings) -> SequenceNode | None:
    """The list; None, and a finding, if the value is none."""
    if isinstance(node, SequenceNode):
        return node
    _report_misfit("sequence", node, findings)
    return None


# A plain scalar is what it reads as: a number where a text is due is taken as typed.
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
SEVERAL: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(LANGUAGES, _SCALAR),
    "required": [LANGUAGES[0]],
    "additionalProperties": False,
}
"""The JSON Schema of a text in several languages."""

_SCHEMAS: dict[Kind, dict[str, Any]] = {
    "text": _SCALAR,
    "words": {"anyOf": [_SCALAR, SEVERAL]},
    "template": {"anyOf": [_SCALAR, SEVERAL]},
    "expression": _SCALAR,
    "setting": {},
    "name": _SCALAR,
    "names": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "duration": {"type": "string", "pattern": r"^\s*(=|\d+(\.\d+)?\s*[^\d\s.])"},
    "mapping": {"type": "object"},
    "sequence": {"type": "array"},
    "scalar": {"type": ["string", "number", "boolean", "null"]},
    "any": {},
}


def json_schema(keys: Sequence[Key]) -> dict[str, Any]:
    """The JSON Schema of one noun from its key table, for editors and for checking what programs write."""
    properties: dict[str, Any] = {}
    for key in keys:
        properties[key.name] = {**_SCHEMAS[key.kind], "description": key.help}
        if key.example:
            properties[key.name]["examples"] = [key.example]
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [key.name for key in keys if key.required]
    return {**schema, "required": required} if required else schema

"""The fields that cross the border, as written: what an operation takes and returns, what an event gives.

They are fields as everywhere, but for two things: each must have a value unless it says `required: false`, since an empty
one would be sent, or believed, in silence; and keys that are about filling in a form by hand make no sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowkit.diagnostics import Findings
from flowkit.fields.definition import FieldDefinition
from flowkit.fields.parsing import parse_fields
from flowkit.source.keys import boolean_of
from flowkit.source.nodes import MappingNode, Node

SHARED = ("type", "title", "required", "min", "max", "max_length", "options", "vocabulary", "of", "coordinates")
TAKEN = (*SHARED, "default")
ANSWERED = (*SHARED, "value")
"""Keys of a field that is taken (`with`), and of one that comes from outside (`returns`, `gives`)."""

_ELSEWHERE = {
    "reference": "write text: outside systems know keys, not records",
    "person": "write text",
    "media": "files do not travel through a connector",
    "signature": "files do not travel through a connector",
}


@dataclass(frozen=True, slots=True)
class DueFields:
    """Field definitions by name; `optional` are those that may be empty."""

    definitions: Mapping[str, FieldDefinition] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


def parse_due_fields(node: Node | None, keys: tuple[str, ...], findings: Findings) -> DueFields:
    """The fields of a mapping `name: type` or `name: {type: …, required: false}`."""
    if node is None:
        return DueFields()
    optional: set[str] = set()
    if isinstance(node, MappingNode):
        entries = {name: _plain(name, body, optional, findings) for name, body in node.entries.items()}
        node = MappingNode(entries, node.keys, node.place, node.complete)
    definitions = parse_fields(node, findings)
    usable = {name: d for name, d in definitions.items() if _makes_sense(d, keys, findings)}
    return DueFields(usable, frozenset(optional | {n for n, d in usable.items() if "default" in d.nodes}))


def _plain(name: str, body: Node, optional: set[str], findings: Findings) -> Node:
    """The body without `required`, which stands beside a `value` here and nowhere else."""
    if not isinstance(body, MappingNode) or "required" not in body:
        return body
    if boolean_of(body.entries["required"], findings) is False:
        optional.add(name)
    entries = {key: node for key, node in body.entries.items() if key != "required"}
    return MappingNode(entries, {key: body.keys[key] for key in entries}, body.place, body.complete)


def _makes_sense(definition: FieldDefinition, keys: tuple[str, ...], findings: Findings) -> bool:
    for key, node in definition.nodes.items():
        if key not in keys:
            message = f'"{key}" makes no sense where a system is asked or answers'
            findings.error("wrong-key", node.place, message, f"a field here has {', '.join(keys)}")
    inside = (definition.item, *(definition.columns or {}).values())
    fine = all(_makes_sense(each, keys, findings) for each in inside if each is not None)
    options = definition.nodes.get("options")
    if isinstance(options, MappingNode):
        findings.error("wrong-kind", options.place, "expected a list of options, found records to choose from")
        return False
    if definition.type in _ELSEWHERE:
        message = f'a field of type "{definition.type}" cannot be sent or answered'
        findings.error("wrong-type", definition.place, message, _ELSEWHERE[definition.type])
        return False
    return fine

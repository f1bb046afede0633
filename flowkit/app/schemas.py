"""JSON Schemas of what an author writes, from the key tables: for editors, and for programs that write YAML.

A schema knows keys and sorts of values; `flowkit check` knows names, types and expressions as well and has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowkit.app.nouns.shapes import Either, ListOf, MapOf, Named, Shape, Table, Words
from flowkit.app.nouns.tables import NOUNS, PARTS, SHAPES, document_keys
from flowkit.source.keys import SEVERAL, Key, json_schema
from flowkit.source.likeness import LIKE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def noun_schema(noun: str) -> dict[str, Any]:
    """The schema of the documents of one noun. KeyError for what is no noun."""
    schema = _document(noun, NOUNS[noun])
    return {"$schema": DIALECT, "title": noun, **schema, "$defs": _definitions(schema)}


def app_schema() -> dict[str, Any]:
    """The schema of every document of an app: it is one of the nouns."""
    documents = {f"document {noun}": _document(noun, table) for noun, table in NOUNS.items()}
    schema = {"oneOf": [_ref(name) for name in documents]}
    inside = {name: d for document in documents.values() for name, d in _definitions(document).items()}
    return {"$schema": DIALECT, "title": "a document of a flowkit app", **schema, "$defs": {**documents, **inside}}


def _document(noun: str, table: Table) -> dict[str, Any]:
    """A document says first what it defines: `form: 报修`."""
    schema = _table(table, document_keys(noun))
    named = {noun: {**_SCALAR, "description": table.help}}
    return {
        **schema,
        "properties": {**named, **schema["properties"]},
        "required": [noun, *schema.get("required", ())],
    }


def _table(table: Table, keys: Sequence[Key] | None = None) -> dict[str, Any]:
    schema = json_schema(table.keys if keys is None else keys)
    if LIKE in schema["properties"] and "required" in schema:
        # What is like another need not say itself what it must have.
        schema["anyOf"] = [{"required": schema.pop("required")}, {"required": [LIKE]}]
    for key, shape in table.inside.items():
        told = {k: v for k, v in schema["properties"][key].items() if k in ("description", "examples")}
        schema["properties"][key] = {**_shape(shape), **told}
    return {"description": table.help, **schema}


def _shape(shape: Shape) -> dict[str, Any]:
    match shape:
        case "scalar" | "expression":
            return dict(_SCALAR)
        case "words":
            return {"anyOf": [_SCALAR, SEVERAL]}
        case "languages":
            return dict(SEVERAL)
        case "null":
            return {"type": "null"}
        case "anything":
            return {}
        case Words(words):
            return {"enum": list(words)}
        case Named(name):
            return _ref(name)
        case MapOf(of):
            return {"type": "object", "additionalProperties": _shape(of)}
        case ListOf(of):
            return {"type": "array", "items": _shape(of)}
        case Either(shapes):
            return {"anyOf": [_shape(s) for s in shapes]}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name.replace(' ', '%20')}"}


def _definitions(schema: dict[str, Any]) -> dict[str, Any]:
    """The schemas of all tables and shapes that a schema refers to, directly or through others."""
    found: dict[str, Any] = {}
    ahead = _referred(schema)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = _shape(SHAPES[name]) if name in SHAPES else _table(PARTS.get(name) or NOUNS[name])
            ahead |= _referred(found[name])
    return dict(sorted(found.items()))


def _referred(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].removeprefix("#/$defs/").replace("%20", " ")} if "$ref" in schema else set()
        return own.union(*(_referred(v) for k, v in schema.items() if k != "$ref"))
    return set().union(*map(_referred, schema)) if isinstance(schema, list) else set()

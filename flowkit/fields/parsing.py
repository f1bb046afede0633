"""From YAML to field definitions: closed keys, known types, no combination that makes no sense. Looks nothing up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flowkit.diagnostics import Findings, Place
from flowkit.fields.definition import UNREADABLE, FieldDefinition
from flowkit.fields.keys import FIELD_KEYS, GOES_WITH, IDLE, NOT_BESIDE, NOT_WITH
from flowkit.source.keys import integer_of, mapping_of, names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean
from flowkit.values.coordinates import SYSTEMS
from flowkit.values.files import KINDS
from flowkit.values.types import VALUE_TYPES
from flowkit.version import VERSION

LONGEST_TEXT = 100_000
MOST_FIELDS = 400
_KEYS = frozenset(key.name for key in FIELD_KEYS)
_NAME = re.compile(r"[^\W\d]\w{0,99}")
_CHINESE_TYPES = {
    "文本": "text",
    "文字": "text",
    "字符串": "text",
    "数字": "number",
    "数值": "number",
    "整数": "number",
    "金额": "money",
    "日期": "date",
    "时间": "time",
    "日期时间": "datetime",
    "时长": "duration",
    "营业时间": "hours",
    "工作时间": "hours",
    "开关": "switch",
    "布尔": "switch",
    "是否": "switch",
    "选项": "choice",
    "单选": "choice",
    "多选": "choices",
    "电话": "phone",
    "手机": "phone",
    "手机号": "phone",
    "车牌": "plate",
    "邮箱": "email",
    "地址": "address",
    "位置": "location",
    "定位": "location",
    "图片": "media",
    "照片": "media",
    "附件": "media",
    "签名": "signature",
    "评分": "rating",
    "引用": "reference",
    "人员": "person",
    "角色": "role",
    "列表": "list",
    "表格": "rows",
    "明细": "rows",
}
_RESERVED = frozenset({"and", "or", "not", "in", "true", "false", "null", "row", "now", "today"})


def parse_fields(node: Node, findings: Findings) -> Mapping[str, FieldDefinition]:
    """The fields of a mapping `name: type` or `name: {type: …}`, in order; what is wrong with them is reported."""
    mapping = mapping_of(node, findings)
    fields: dict[str, FieldDefinition] = {}
    if mapping is not None and len(mapping.entries) > MOST_FIELDS:
        findings.error("too-many", node.place, f"expected at most {MOST_FIELDS} fields, found {len(mapping.entries)}")
        return fields
    for name, place, body in mapping.items() if mapping is not None else ():
        if _usable_name(name, place, findings):
            fields[name] = parse_field(name, place, body, findings)
    return fields


def parse_field(name: str, place: Place, body: Node, findings: Findings) -> FieldDefinition:
    """One field from its body: the name of a type, or a mapping with `type`. UNREADABLE where neither can be read."""
    unreadable = FieldDefinition(name, UNREADABLE, name, place)
    if isinstance(body, ScalarNode):
        kind = _type_name(body, findings)
        return unreadable if kind is None else _whole(replace(unreadable, type=kind), body.place, findings)
    if isinstance(body, SequenceNode):
        findings.error(
            "wrong-kind",
            body.place,
            "expected a type or a map with type, found a list",
            "write {type: choice, options: […]}",
        )
        return unreadable
    nodes = read_keys(body, "field", FIELD_KEYS, findings)
    if nodes is None or "type" not in nodes:
        return unreadable
    type_node = nodes["type"]
    kind = _type_name(type_node, findings) if isinstance(type_node, ScalarNode) else None
    if kind is None:
        return unreadable
    title = text_of(nodes["title"], findings) if "title" in nodes else None
    nodes = _sensible(kind, nodes, body, findings)
    return _whole(FieldDefinition(name, kind, title or name, place, nodes), body.place, findings)


def _usable_name(name: str, place: Place, findings: Findings) -> bool:
    if name in _RESERVED:
        findings.error("bad-name", place, f'"{name}" has a meaning of its own in expressions', "choose another name")
        return False
    if not _NAME.fullmatch(name):
        findings.error(
            "bad-name",
            place,
            f'expected a name of letters, digits and "_" that does not begin with a digit, found "{name[:100]}"',
            "what people read may stand in title",
        )
        return False
    return True


def _type_name(node: ScalarNode, findings: Findings) -> str | None:
    name = node.typed
    if name in VALUE_TYPES:
        return name
    if node.refused:
        return None
    shown = f'"{name[:60]}"' if name else "nothing"
    if name:
        meant = _CHINESE_TYPES.get(name)
        help = f"write {meant}" if meant is not None else did_you_mean(name[:60], VALUE_TYPES)
        findings.error("unknown-type", node.place, f"unknown field type {shown}", help)
    else:
        findings.error("unknown-type", node.place, "expected a field type, found nothing", "text, number, choice, …")
    return None


def _sensible(kind: str, nodes: Mapping[str, Node], body: Node, findings: Findings) -> dict[str, Node]:
    """The entries that make sense for the type; the others are reported at their keys."""
    kept = dict(nodes)
    keys = body.keys if isinstance(body, MappingNode) else {}
    for key, node in nodes.items():
        place = keys.get(key, node.place)
        if kind not in GOES_WITH.get(key, (kind,)):
            findings.error(
                "wrong-key",
                place,
                f'"{key}" does not go with type "{kind}"',
                f"it goes with {', '.join(GOES_WITH[key])}",
            )
            del kept[key]
        elif kind in NOT_WITH.get(key, ()):
            findings.error("wrong-key", place, f'"{key}" does not go with type "{kind}"')
            del kept[key]
    for key, others in NOT_BESIDE.items():
        for other in others if key in kept else ():
            if other in kept:
                findings.error(
                    "wrong-key",
                    keys.get(other, body.place),
                    f'"{other}" makes no sense beside "{key}"',
                    "keep one of them",
                )
                del kept[other]
    for key in IDLE:
        if key in kept:
            message = f"flowkit {VERSION} does not act on `{key}` yet"
            findings.warning("not-yet", keys.get(key, kept[key].place), message, "it has no effect")
    return kept


def _whole(definition: FieldDefinition, place: Place, findings: Findings) -> FieldDefinition:
    """The definition with what its type needs beside it; reports what is missing or misspelt there."""
    nodes, kind = definition.nodes, definition.type
    _plain_keys(nodes, findings)
    if kind in ("choice", "choices") and "options" not in nodes and "vocabulary" not in nodes:
        findings.error(
            "missing-key",
            place,
            f'a field of type "{kind}" needs options or a vocabulary',
            "options: [有, 无]  or  vocabulary: NAME",
        )
    if kind == "reference" and "entity" not in nodes and "options" not in nodes:
        findings.error("missing-key", place, 'a field of type "reference" needs an entity', "entity: NAME")
    if kind in ("list", "rows"):
        return _with_content(definition, place, findings)
    return definition


def _plain_keys(nodes: Mapping[str, Node], findings: Findings) -> None:
    for key, known in (("accept", KINDS), ("coordinates", SYSTEMS)):
        for name in names_of(nodes[key], findings) if key in nodes else ():
            if name.typed not in known:
                findings.error(
                    "unknown-name",
                    name.place,
                    f'unknown name "{name.typed[:60]}" in "{key}"',
                    did_you_mean(name.typed[:60], known),
                )
    for key, most in (("max_length", LONGEST_TEXT), ("video_seconds", 86_400)):
        number = integer_of(nodes[key], findings) if key in nodes else None
        if number is not None and not 1 <= number <= most:
            findings.error(
                "out-of-range", nodes[key].place, f"expected a whole number from 1 to {most}, found {str(number)[:20]}"
            )


def _with_content(definition: FieldDefinition, place: Place, findings: Findings) -> FieldDefinition:
    """A list with its item, rows with their columns. A list of fields is the same as rows."""
    of = definition.nodes.get("of")
    unreadable = replace(definition, type=UNREADABLE, nodes={})
    name, kind, title = definition.name, definition.type, definition.title
    if of is None and kind == "rows":
        findings.error(
            "missing-key",
            place,
            'a field of type "rows" needs of: the fields of a row',
            "of: {part: text, quantity: number}",
        )
        return unreadable
    if kind == "list" and (of is None or isinstance(of, ScalarNode) or _is_body(of)):
        item = FieldDefinition(name, "text", title, definition.place)
        if of is not None:
            item = parse_field(name, definition.place, of, findings)
        if item.type in ("list", "rows", "choices", "media"):
            findings.error(
                "wrong-key",
                of.place if of else place,
                f'a list cannot hold "{item.type}"',
                "use rows with fields of their own",
            )
            return unreadable
        return FieldDefinition(name, kind, title, definition.place, definition.nodes, item)
    if not isinstance(of, MappingNode):
        findings.error(
            "wrong-kind",
            of.place if of else place,
            "expected the fields of a row",
            "of: {part: text, quantity: number}",
        )
        return unreadable
    columns = parse_fields(of, findings)
    if not columns and not of.entries:
        findings.error("missing-key", of.place, "expected at least one field, found none")
    return FieldDefinition(name, "rows", title, definition.place, definition.nodes, None, columns)


def _is_body(node: Node) -> bool:
    """A mapping that is the body of one field, not a set of fields: it has `type`, and beside it no field of its own."""
    if not isinstance(node, MappingNode) or not isinstance(node.get("type"), ScalarNode):
        return False
    return not any(_looks_like_field(value) for key, value in node.entries.items() if key not in _KEYS)


def _looks_like_field(node: Node) -> bool:
    if isinstance(node, MappingNode):
        return "type" in node
    return isinstance(node, ScalarNode) and node.typed in VALUE_TYPES

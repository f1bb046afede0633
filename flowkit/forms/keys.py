"""The keys of a form and of a check."""

from __future__ import annotations

from flowkit.source.keys import Key

FORM_KEYS: tuple[Key, ...] = (
    Key("title", "words", "what people see instead of the name", example="电梯报修"),
    Key("fields", "mapping", "what is asked, in the order it is shown", required=True, example="{车牌: text}"),
    Key(
        "checks",
        "sequence",
        "what must hold between the fields",
        example="[{require: media.count > 0, message: 请拍照}]",
    ),
)

CHECK_KEYS: tuple[Key, ...] = (
    Key("when", "expression", "in which case it is checked; always, if absent", example="fault_type == '困人'"),
    Key(
        "require", "expression", "what must be true; empty counts as not true", required=True, example="media.count > 0"
    ),
    Key(
        "message",
        "template",
        "what people are told if it is not",
        required=True,
        example="请拍摄现场视频",
    ),
    Key("at", "name", "the field the message stands at", example="media"),
)

EXIT_CHECK_KEYS: tuple[Key, ...] = (
    *CHECK_KEYS,
    Key(
        "instead",
        "name",
        "the action of the same node that is the way out where this cannot hold",
        example="arrive_without_position",
    ),
)

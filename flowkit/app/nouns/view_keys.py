"""The keys of a view: a live list, or a board, of cases for some of the staff. Only data."""

from __future__ import annotations

from flowkit.source.keys import Key

ORDERS = ("due", "-created", "created")
"""Most urgent first, newest first, oldest first."""

COLUMNS = {
    "number": "编号",
    "workflow": "流程",
    "node": "环节",
    "owner": "负责人",
    "unit": "单位",
    "due": "期限",
    "created": "开始",
}
"""What a list may show, and a filter ask, of any case besides its fields; these names go before fields of the same name."""

KEYS = (
    Key("title", "words", "what people see instead of the name", example="缺件进度看板"),
    Key("of", "names", "the workflow whose cases it shows, or several", required=True, example="parts_request"),
    Key(
        "for", "names", "the roles it is for; without it everybody who works here", example="[technician, procurement]"
    ),
    Key(
        "when",
        "expression",
        "which cases, by `row`, as lists can compare them; without it those that have not ended",
        example="row.open and row.region in actor.regions",
    ),
    Key("board", "mapping", "lanes side by side; without it it is a list", example="{by: node}"),
    Key(
        "columns",
        "names",
        f"of a list: what each line shows: {', '.join(COLUMNS)}, or a field",
        example="[number, elevator, node, owner, due]",
    ),
    Key("card", "mapping", "what stands on the card of a case", example='{title: "{{ elevator.building }}"}'),
    Key(
        "first",
        "expression",
        "which cases go before all others, in a lane of their own; by `row`, as `when`",
        example="row.urgency.band == 'vip'",
    ),
    Key("order", "name", f"{', '.join(ORDERS)}; else due", example="-created"),
    Key("filters", "names", "the fields by which people narrow it down", example="[fault_type, unit]"),
)

BOARD_KEYS = (
    Key("by", "name", "what tells the lanes apart: node, owner, unit or a field", required=True, example="node"),
    Key("lanes", "names", "which lanes, in this order; else all there are", example="[ordered, in_transit]"),
)

CARD_KEYS = (
    Key("title", "template", "the first line; else what the case is about", example='"{{ part.name }}"'),
    Key("lines", "any", "what stands below, a text or several", example='["{{ tracking }}"]'),
    Key(
        "flag",
        "any",
        "a word in red where there is one: a text, or an =expression that gives one or nothing",
        example="=urgency.band == 'vip' ? '困人 VIP' : ''",
    ),
)

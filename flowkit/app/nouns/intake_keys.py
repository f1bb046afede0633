"""The keys of an intake: a door into the app. Only data."""

from __future__ import annotations

from flowkit.source.keys import Key

KEYS = (
    Key("title", "words", "what people see instead of the name", example="扫码报修"),
    Key(
        "opens",
        "mapping",
        "the case that is begun",
        required=True,
        example="{workflow: repair_order, with: {elevator: =row}}",
    ),
    Key(
        "per", "name", "one door for each record of this entity: one signed code each; it is `row`", example="elevator"
    ),
    Key(
        "who", "names", "the roles at this desk; without it the door is open to everybody outside", example="dispatcher"
    ),
    Key(
        "applicant",
        "mapping",
        "who it is for: the field that holds by what customers are recognised; else the field of that name",
        example="{by: phone}",
    ),
    Key("ask", "names", "the fields that are asked; else all that `with` does not fill", example="[fault_type, phone]"),
)

OPENS_KEYS = (
    Key("workflow", "name", "what is begun", required=True, example="repair_order"),
    Key("with", "any", "what fills which of its form's fields, or the name of a mapping", example="{elevator: =row}"),
)

APPLICANT_KEYS = (Key("by", "name", "the field of the form, such as a phone", required=True, example="phone"),)

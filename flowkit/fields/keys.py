"""The keys of a field and the types each goes with. Knows no values and reads no file."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.source.keys import Key

FIELD_KEYS: tuple[Key, ...] = (
    Key("type", "name", "what kind of value it holds", required=True, example="text"),
    Key("title", "words", "what people see instead of the name", example="故障类型"),
    Key("help", "words", "a line under the field", example="楼栋门口的牌子上有"),
    Key("required", "setting", "whether it must be filled in", example="true"),
    Key("visible", "setting", "whether it is shown; a hidden field has no value", example="=impact == '整栋停电'"),
    Key("readonly", "setting", "whether people may only look at it", example="=actor == owner"),
    Key("default", "any", "the value until somebody types one", example="=elevator.building"),
    Key("value", "expression", "computes it; nobody types it", example="=quantity * price"),
    Key("min", "setting", "the least value, or the fewest rows, items, files", example="1"),
    Key("max", "setting", "the greatest value, or the most rows, items, files", example="6"),
    Key("max_length", "integer", "how many characters a text may have (10000)", example="200"),
    Key("options", "any", "what can be chosen: a list, or {entity: …, when: …}", example="[单梯, 整栋停电]"),
    Key("vocabulary", "name", "the controlled list that can be chosen from", example="fault_types"),
    Key("entity", "name", "the kind of record a reference points to", example="elevator"),
    Key("of", "any", "what a list holds (a type), or the fields of a row", example="{part: text, quantity: number}"),
    Key("accept", "names", "the kinds of files taken: image, video, audio, file", example="[image, video]"),
    Key("video_seconds", "integer", "how long a video may be", example="30"),
    Key("coordinates", "name", "the coordinate system of points typed without one", example="wgs84"),
    Key("personal", "boolean", "whether it is about a person: masked, and erasable", example="true"),
    Key("hidden_from", "names", "roles that never see it; `customers` for all outsiders", example="[technician]"),
    Key("unique", "boolean", "whether no two records may have the same", example="true"),
    Key("create", "boolean", "whether the record may be made on the spot", example="true"),
    Key("suggest", "name", "the knowledge that completes what is typed", example="faults"),
    Key("picker", "name", "how it is picked on a page", example="map"),
)

MEASURED = ("number", "money", "rating", "date", "time", "datetime", "duration")
COUNTED = ("rows", "list", "choices", "media")
COMPOSITE = ("rows", "list", "choices", "media", "signature")

GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "min": MEASURED + COUNTED,
    "max": MEASURED + COUNTED,
    "max_length": ("text", "address"),
    "options": ("choice", "choices", "reference"),
    "vocabulary": ("choice", "choices"),
    "entity": ("reference",),
    "of": ("list", "rows"),
    "accept": ("media",),
    "video_seconds": ("media",),
    "coordinates": ("location",),
    "create": ("reference",),
    "suggest": ("text",),
    "picker": ("choice", "choices", "reference", "location", "person"),
}
"""Types that a key goes with; a key that is not here goes with all."""

NOT_WITH: Mapping[str, tuple[str, ...]] = {"unique": COMPOSITE, "value": ("rows", "media", "signature")}
"""Types that a key does not go with."""

NOT_BESIDE: Mapping[str, tuple[str, ...]] = {
    "value": ("default", "required", "readonly", "create"),
    "vocabulary": ("options",),
}
"""Keys that contradict each other on one field."""

IDLE = ("unique", "create", "suggest", "picker")
"""Keys of the language that this version takes and does not act on yet; whoever writes one is told."""

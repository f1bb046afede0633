"""What a case holds, as a page shows it: title and words, with pictures beside them; and a case in two lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flowkit.fields.definition import Field
from flowkit.insight.words import Words
from flowkit.kit import CaseView
from flowkit.runtime.names import Names
from flowkit.web.reaching import Link, Reaching
from flowkit.web.shell import is_staff
from flowkit.web.site import Ask
from flowkit.web.wording import spelt


@dataclass(frozen=True, slots=True)
class Picture:
    """A file in a value. `upload` is "" where only its name is known."""

    name: str
    kind: str
    upload: str
    seconds: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing a case holds. `group` is the form in which it was filled in, "" for the case's own.

    `link` leads from a number to the phone, from a place to a map, for whom it is there to be followed.
    """

    group: str
    title: str
    text: str
    pictures: tuple[Picture, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    personal: bool = False
    link: Link | None = None


def shown_values(ask: Ask, case: CaseView, words: Words) -> list[Shown]:
    """Everything it holds, in the order of its author; empty things are left out."""
    found: list[Shown] = []
    telling = _Telling(words, _labels(ask, case, words.names), reaching(ask))
    for name, value in case.values.items():
        field = words.names.fields.get(name)
        if field is not None or not isinstance(value, Mapping):
            found += telling.one("", words.names.title([name]), value, field)
            continue
        title, fields = words.names.answered(name)
        group = title if fields else words.names.title([name])
        for member, each in _titled(ask, name, value).items():
            own = fields.get(member)
            title = (
                words.called(member, fields)
                if own is not None
                else words.names.title([name, member]).rpartition(".")[2]
            )
            found += telling.one(group, title, each, own)
    return found


def _titled(ask: Ask, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a scorecard found, its band by the title that people know."""
    found = ask.kit.app.scorecards.get(name)
    if found is None or "band" not in value:
        return value
    titles = {band.name: ask.language.called(band.title) for band in found.card.definition.bands}
    return {**value, "band": titles.get(str(value["band"]), value["band"])}


def on_file(ask: Ask, case: CaseView, words: Words) -> list[tuple[str, list[Shown]]]:
    """What is on file of the records a case points to, each under what it is called."""
    records = ask.kit.on_file(case.id, ask.actor or None)
    pointed = {p for r in records for n, v in r.values.items() for p in _pointed(r.fields[n], v)}
    labels = ask.kit.labels(pointed | {(r.entity, r.key) for r in records})
    telling = _Telling(words, labels, reaching(ask))
    found = []
    for record in records:
        shown = [
            s
            for n, v in record.values.items()
            for s in telling.one("", words.called(n, record.fields), v, record.fields[n])
        ]
        found.append(
            (f"{ask.language.called(record.field)} {labels.get((record.entity, record.key), record.key)}", shown)
        )
    return found


Labels = Mapping[tuple[str, str], str]


def _labels(ask: Ask, case: CaseView, names: Names) -> Labels:
    """What the records are called to which the case points."""
    wanted: set[tuple[str, str]] = set()
    for name, value in case.values.items():
        if (field := names.fields.get(name)) is not None:
            wanted |= set(_pointed(field, value))
        elif isinstance(value, Mapping):
            _, fields = names.answered(name)
            for member, each in value.items():
                if member in fields:
                    wanted |= set(_pointed(fields[member], each))
    return ask.kit.labels(wanted) if wanted else {}


def _pointed(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if field.of is not None and isinstance(value, Sequence):
        for row in value:
            for column, each in row.items():
                if column in field.of:
                    yield from _pointed(field.of[column], each)
    elif field.entity is not None:
        for key in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(key, str):
                yield field.entity, key


def reaching(ask: Ask) -> Reaching:
    """Who works here may call and be led; whoever follows a case from outside has no need to."""
    return Reaching(ask.site.maps, is_staff(ask))


def at_hand(shown: Iterable[Shown]) -> list[Shown]:
    """The first number to call and the first place to go to, among these."""
    found: dict[str, Shown] = {}
    for each in shown:
        if each.link is not None:
            found.setdefault(each.link.kind, each)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Telling:
    """What values are told with: words, what records are called, links."""

    words: Words
    labels: Labels
    reaching: Reaching

    def one(self, group: str, title: str, value: Any, field: Field | None) -> Iterable[Shown]:
        words, labels = self.words, self.labels
        if value in (None, "", [], {}):
            return ()
        if field is not None and field.type.name == "media" and isinstance(value, (list, tuple)):
            return (Shown(group, title, "", tuple(_picture(file) for file in value), personal=field.personal),)
        if isinstance(value, Mapping) and ("upload" in value or "image" in value):
            return (Shown(group, title, "", (_picture({"kind": "image", **value}),)),)
        if field is not None and field.of is not None and isinstance(value, (list, tuple)):
            columns = tuple(words.called(n, field.of) for n in field.of)
            rows = tuple(tuple(_cell(row.get(n), f, words, labels) for n, f in field.of.items()) for row in value)
            return (Shown(group, title, "", columns=columns, rows=rows),)
        personal, link = field is not None and field.personal, self.reaching.link(value, field)
        return (Shown(group, title, _cell(value, field, words, labels), personal=personal, link=link),)


def _cell(value: Any, field: Field | None, words: Words, labels: Labels) -> str:
    if value in (None, "", []):
        return ""
    if field is not None and field.entity is not None:
        keys = value if isinstance(value, (list, tuple)) else [value]
        return words.names.look("、").join(labels.get((field.entity, str(key)), str(key)) for key in keys)
    if field is not None and field.type.name == "money":
        return f"¥ {Decimal(str(value)):,.2f}"
    if isinstance(value, Mapping) and {"latitude", "longitude"} <= value.keys():
        return f"{value['latitude']}, {value['longitude']}"
    if isinstance(value, Mapping) and field is None:
        return words.names.look("、").join(f"{words.names.look(name)} {each}" for name, each in value.items())
    if isinstance(value, str) and (field is None or field.type.name == "duration"):
        return _span(value, words)
    if field is not None and field.type.name == "person":
        return words.names.holder(value).partition("(")[0]
    said = words.value(value, field)
    # What came of rules has no field; what somebody typed is never touched.
    return _span(said, words) if field is None or field.type.name == "duration" else said


def _span(value: str, words: Words) -> str:
    """Spans as people say them; what rules say besides is their author's."""
    return spelt(words.names.look(value), words.names.look)


def _picture(file: Mapping[str, Any]) -> Picture:
    seconds = file.get("seconds")
    return Picture(
        str(file.get("name", "")), str(file.get("kind", "file")), str(file.get("upload", "")), str(seconds or "")
    )

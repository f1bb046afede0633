"""Texts of an app in several languages: gathered by their Chinese, and all that is no such text told at its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import jsonschema
import pytest
import yaml

from flowkit.app.app import App
from flowkit.app.load import link_pinned, load_app
from flowkit.app.schemas import app_schema
from flowkit.errors import DefinitionError

APP = """\
app: 店
title: {zh: 修车, en: Car repair}
texts: [{zh: 加急, en: Urgent}, {zh: "急 {{ n }} 级", en: "Urgency {{ n }}"}]
roles: {老板: {title: {zh: 老板, en: Owner}}}
catcher: 老板
channels: {console: {preset: console, title: {zh: 屏幕, en: Screen}}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
---
workflow: 修车
from:
  title: {type: text, title: {zh: 什么坏了, en: What is broken}, help: {zh: 一句话, en: In a sentence}}
  zh: text
  en: text
fields:
  rows: {type: rows, of: {title: text, cost: {type: money, title: {zh: 价钱, en: Price}}}}
nodes:
  修:
    title: {zh: 正在修, en: Being repaired}
    progress: {zh: 在修了, en: We are at it}
    owner: 老板
    actions:
      好了:
        title: {zh: 修好了, en: Done}
        checks:
          - require: not empty(title)
            message: {zh: "{{ title }}还没修", en: "Not repaired yet: {{ title }}"}
        to: 完
    timeouts: [{after: 1h, notify: {title: {zh: 快点, en: Hurry}, text: {zh: 快点修, en: Hurry up}}}]
  完: {title: 完了, end: done}
"""


def loaded(folder: Path, text: str = APP) -> App:
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return load_app(folder)


def wrong(folder: Path, written: str) -> list[tuple[str, str, int]]:
    """What is told of an app whose title is written like that: code, message and column."""
    with pytest.raises(DefinitionError) as error:
        loaded(folder, APP.replace("{zh: 修车, en: Car repair}", written))
    return [(d.code, d.message, d.place.column) for d in error.value.diagnostics]


def test_a_text_goes_by_its_chinese_and_the_others_are_kept(tmp_path: Path) -> None:
    """Wherever people's texts may stand, the app holds the Chinese, and one catalogue what it is called elsewhere."""
    app = loaded(tmp_path)
    node = app.workflows["修车"].nodes["修"]
    assert (app.title, node.title, node.progress) == ("修车", "正在修", "在修了")
    assert node.exits[0].title == "修好了"
    assert app.texts["en"] == {
        "修车": "Car repair",
        "加急": "Urgent",
        "急 {{ n }} 级": "Urgency {{ n }}",
        "老板": "Owner",
        "屏幕": "Screen",
        "什么坏了": "What is broken",
        "一句话": "In a sentence",
        "价钱": "Price",
        "正在修": "Being repaired",
        "在修了": "We are at it",
        "修好了": "Done",
        "{{ title }}还没修": "Not repaired yet: {{ title }}",
        "快点": "Hurry",
        "快点修": "Hurry up",
    }


def test_a_field_may_be_called_as_a_language_or_a_key_is(tmp_path: Path) -> None:
    """Fields named `title`, `zh` and `en` are fields."""
    form = loaded(tmp_path).workflows["修车"].form
    assert form is not None
    assert list(form.fields) == ["title", "zh", "en"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{en: Car repair}", ("bad-languages", "this text has no Chinese", 8)),
        ("{zh: 修车, de: Reparatur}", ("bad-languages", '"de" is no language that texts stand in', 17)),
        ('{zh: 修车, en: ""}', ("bad-languages", "there is no text for en", 21)),
        ("{zh: 修车, en: }", ("bad-languages", "there is no text for en", 20)),
        ("{zh: 修车, en: [Car]}", ("bad-languages", "there is no text for en", 21)),
        ("{zh: , en: Car}", ("bad-languages", "there is no text for zh", 12)),
        ('{zh: "{{ n }} 辆", en: Cars}', ("bad-languages", "these two texts do not fill in the same", 30)),
        ("{de: Reparatur}", ("wrong-kind", "expected a text, or one for each language: {zh: …, en: …}, found a map", 8)),
        ("{zh: 老板, en: Boss}", ("two-translations", '"老板" is already "Boss", and here "Owner"', 34)),
        ("修车\nextra: {zh: 修车}", ("unknown-key", 'unknown key "extra"', 1)),
    ],
)  # fmt: skip
def test_what_is_no_text_in_several_languages_is_told_once(
    tmp_path: Path, written: str, told: tuple[str, str, int]
) -> None:
    """An unknown language, one that is missing or empty, or what fills in something else: once, where it stands."""
    assert wrong(tmp_path, written) == [told]


def test_the_same_chinese_with_two_translations_is_told_with_both_places(tmp_path: Path) -> None:
    """Pages find a text by its Chinese, so it may say one thing only in another language."""
    with pytest.raises(DefinitionError) as error:
        loaded(tmp_path, APP.replace("完了", "{zh: 正在修, en: In repair}"))
    (found,) = error.value.diagnostics
    assert (found.code, found.place.line) == ("two-translations", 33)
    assert [each.place.line for each in found.related] == [22]


@pytest.mark.parametrize(("listed", "code"), [("困人", "type-mismatch"), ("{de: x}", "bad-languages")])
def test_a_text_listed_for_its_languages_must_have_some(tmp_path: Path, listed: str, code: str) -> None:
    """What stands under `texts` is a text in several languages."""
    with pytest.raises(DefinitionError) as error:
        loaded(tmp_path, APP.replace("texts: [", f"texts: [{listed}, "))
    assert {d.code for d in error.value.diagnostics} == {code}


def test_texts_may_stand_in_a_table(tmp_path: Path) -> None:
    """A translator fills in a sheet; what he got wrong is told in its line of the table."""
    text = APP.replace(
        'texts: [{zh: 加急, en: Urgent}, {zh: "急 {{ n }} 级", en: "Urgency {{ n }}"}]', "texts: english.csv"
    )
    (tmp_path / "english.csv").write_text("zh,en\n加急,Urgent\n完了,\n", encoding="utf-8")
    app = loaded(tmp_path, text)
    assert app.texts["en"]["加急"] == "Urgent"
    assert "完了" not in app.texts["en"]
    (tmp_path / "english.csv").write_text("zh,en\n加急,Urgent\n正在修,In repair\n,Lost\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        loaded(tmp_path, text)
    two, bad = error.value.diagnostics
    assert (two.code, Path(two.related[0].place.file).name, two.related[0].place.line) == (
        "two-translations",
        "english.csv",
        3,
    )
    assert (bad.code, Path(bad.place.file).name, bad.place.line) == ("bad-languages", "english.csv", 4)


def test_a_case_goes_on_when_its_texts_are_translated_anew(tmp_path: Path) -> None:
    """What judges a case is linked as it was, whatever its texts are called in other languages by now."""
    closure = loaded(tmp_path).closure("修车")
    listed = APP.replace("{zh: 正在修, en: Being repaired}", "正在修").replace(
        "texts: [", "texts: [{zh: 正在修, en: Under repair}, "
    )
    live = loaded(tmp_path, listed)
    pinned = link_pinned(live, closure)
    assert pinned.nodes["修"].title == "正在修"
    assert live.texts["en"]["正在修"] == "Under repair"
    assert hashlib.sha256(live.closure("修车").encode()) != hashlib.sha256(closure.encode())


def test_the_schema_takes_texts_in_several_languages() -> None:
    """An editor that completes keys knows which languages there are."""
    document = yaml.safe_load(APP.split("---", maxsplit=1)[0])
    validator = jsonschema.Draft202012Validator(app_schema())
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, "title": {"en": "Car repair"}})
    assert not validator.is_valid({**document, "title": {"zh": "修车", "de": "Reparatur"}})

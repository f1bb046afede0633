"""What `flowkit check` refuses in a workflow: cases that could be forgotten, personal values in the open, lost names."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError
from tests.unit.engine.shop import REPAIRS


def findings(folder: Path, *changes: tuple[str, str]) -> list[Diagnostic]:
    text = REPAIRS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    try:
        return list(load_app(folder).diagnostics)
    except DefinitionError as error:
        return list(error.diagnostics)


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("    timeouts: [{after: 2d, to: 完成}]\n", "", "no-deadline", '"等件"'),
        ("    owner: =待接单.owner\n", "", "nobody", '"处理中"'),
        ("next: [{to: 待接单}]", "next: [{when: 标记 == 'red', to: 待接单}]", "no-way", '"分诊"'),
        ("  完成: {end: done}", "  完成: {end: done}\n  孤岛: {end: done}", "unreachable", '"孤岛"'),
        ("catcher: 老板\n", "", "missing-key", "nobody is named"),
        ("set: {份数: =打卡.公里 / 0}", "set: {标记: =电话}", "personal-in-the-open", '"电话"'),
        ("add: {履历: {事: =故障}}", "add: {履历: {事: =电话}}", "personal-in-the-open", '"电话"'),
        ("{to: 处理中}", "{to: 处理}", "unknown-name", 'no node "处理"'),
        ("reassign: 老板", "reassign: 老版", "unknown-name", 'no role "老版"'),
        ("notify: 没人接", "notify: 没人借", "unknown-name", 'no notification "没人借"'),
        ("[{score: 紧急}]", "[{score: 紧激}]", "unknown-name", 'no scorecard "紧激"'),
        ("when: 打卡.done", "when: 打卡.doen", "unknown-name", "doen"),
        ("end: done", "end: finished", "unknown-name", "finished"),
        (
            "履历: {type: rows, of: {事: text}}",
            "履历: {type: rows, of: {事: {type: text, personal: true}}}",
            "not-yet",
            '"事"',
        ),
        ("    events: {到货: {to: 完成}}", "    next: [{to: 完成}]", "node-kind", "exactly one"),
        ("  处理中:\n", "  处理中:\n    approval: x\n", "wrong-kind", "a map"),
        ("roles: {老板: {}", "roles: {老板: {sees: alles}", "unknown-option", "what the role sees"),
        ("{after: 10m, notify: 没人接}", "{after: 10m}", "idle-deadline", "nothing happens"),
        ("{after: 10m,", "{after: 0m,", "bad-value", "longer than 0"),
        ("{after: 10m,", "{after: null,", "type-mismatch", "found nothing"),
        ("{after: 10m,", "{after: {a: b},", "type-mismatch", "found a map"),
        ("{after: 10m,", "{after: 2 business hours,", "no-calendar", "a calendar to count"),
        ("{after: 10m,", "{at: now,", "type-mismatch", "an expression that gives a moment"),
        ("repeat: 2, every: 30m", "every: 30m", "missing-key", "how many"),
        ("repeat: 2", "repeat: -2", "bad-value", "how many times"),
        ("escalate: 老板", "escalate: []", "wrong-kind", "somebody"),
        ("{not: owner, to: 待接单}", "{not: owner, to: []}", "wrong-kind", "a way"),
        ("[{score: 紧急}]", "[{score: 紧急}, {}]", "wrong-kind", "something to do"),
        ("set: {份数: =打卡.公里 / 0}", "set: {份数: 许多}", "type-mismatch", "a number"),
        ("set: {份数: =打卡.公里 / 0}", "set: {份数: =故障}", "type-mismatch", "a number, found a text"),
        ("set: {份数: =打卡.公里 / 0}", "set: {标记: []}", "type-mismatch", "a text, found a list"),
        ("add: {履历: {事: =故障}}", "add: {履历: {亊: =故障}}", "unknown-name", '"亊" in a row of "履历"'),
        ("set: {里程: =车.里程 + 打卡.公里}", "set: {里程: =故障}", "type-mismatch", "a number, found a text"),
        ("owner: =待接单.owner", "owner: =now", "type-mismatch", "expected somebody, found a moment"),
        ("reassign: 老板", "reassign: =打卡.公里", "type-mismatch", "expected somebody, found a number"),
        ("record: =车,", "record: 车,", "type-mismatch", 'expected a record, found "车"'),
        ("record: =车,", "record: =故障,", "type-mismatch", "expected a record, found a text"),
        ("points: 7", "points: {}", "type-mismatch", "expected a number, found a map"),
        ("points: 7", "points: null", "type-mismatch", "expected a number, found nothing"),
        ("when: 打卡.done", "when: 打卡.公里", "type-mismatch", "a condition"),
        ("when: candidate.当班", "when: candidate.单价", "type-mismatch", "a condition"),
        ("""when: "contains(故障, '火')\"""", "when: 车.里程", "type-mismatch", "a condition"),
        ("next: [{to: 待接单}]", "next: [{when: 故障, to: 待接单}, {to: 完成}]", "type-mismatch", "a condition"),
        ("next: [{to: 待接单}]", "next: [{to: 待接单}, {to: 完成}]", "unreachable", "never taken"),
    ],
)
def test_each_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, code: str, words: str) -> None:
    """One wrong line gives a diagnostic of its kind that names what is wrong."""
    found = findings(tmp_path, (old, new))
    assert [d for d in found if d.code == code and words in d.message], found


def test_the_shop_itself_is_in_order(tmp_path: Path) -> None:
    """Without a mistake there is nothing to say."""
    assert findings(tmp_path) == []


def test_a_lost_name_shows_the_orphan_that_resembles_it(tmp_path: Path) -> None:
    """The definition nobody uses is named beside the name nobody defines."""
    (found,) = [d for d in findings(tmp_path, ("scorecard: 紧急", "scorecard: 紧极")) if d.code == "unknown-name"]
    assert '"紧极"' in found.help
    assert [r.message for r in found.related] == ['"紧极" is defined here and nobody uses it']


def test_all_mistakes_come_at_once_and_sorted(tmp_path: Path) -> None:
    """Three mistakes in three nouns are three diagnostics, in the order of the file."""
    found = findings(
        tmp_path,
        ("reassign: 老板", "reassign: 老版"),
        ("when: 打卡.done", "when: 打卡.doen"),
        ("roles: 角色", "roles: 角"),
    )
    assert {"老版", "doen", "角"} <= {w for d in found for w in ("老版", "doen", "角") if w in d.message}
    assert [d.place for d in found] == sorted(d.place for d in found)

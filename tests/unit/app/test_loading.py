"""What loading an app finds wrong with it: each mistake once, at a place that can be opened, and nothing that follows from it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowkit.app.app import App
from flowkit.app.load import link_pinned, load_app
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError

EXAMPLES = Path(__file__).parents[3] / "examples"

PEOPLE = """\
app: 店
roles: {老板: {}}
catcher: 老板
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: role}
"""
REGIONS = """\
entity: 区域
key: 代码
fields: {代码: text, 名称: {type: text, required: true}}
rows: 区域.csv
"""

Check = Callable[..., tuple[Diagnostic, ...]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Writes an app of these files into the folder `shop` below the present one and tells what is wrong with it."""
    monkeypatch.chdir(tmp_path)

    def found(files: dict[str, str] | str) -> tuple[Diagnostic, ...]:
        for name, text in ({"app.yaml": files} if isinstance(files, str) else files).items():
            path = tmp_path / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            return load_app("shop").diagnostics
        except DefinitionError as error:
            return error.diagnostics

    return found


def test_a_place_in_a_table_can_be_opened_from_here(check: Check) -> None:
    """It names the file as one who stands here would, as the places in YAML do, and its line can be shown."""
    (found,) = check({"app.yaml": PEOPLE, "data/区域.yaml": REGIONS, "data/区域.csv": "代码,名称\nA,\n"})
    assert Path(found.place.file).read_text(encoding="utf-8").startswith("代码")
    assert str(found.place) == "shop/data/区域.csv:2:1"


def test_an_app_shows_the_lines_of_its_tables(check: Check) -> None:
    """A table of the same name in another folder is another file, with lines of its own."""
    other = REGIONS.replace("entity: 区域", "entity: 片区")
    assert not check(
        {
            "app.yaml": PEOPLE,
            "a/区域.yaml": REGIONS,
            "a/区域.csv": "代码,名称\nA,滨江\n",
            "b/片区.yaml": other,
            "b/区域.csv": "代码,名称\nB,萧山\n",
        }
    )
    app: App = load_app("shop")
    assert app.source_line("shop/a/区域.csv", 2) == "A,滨江"
    assert app.source_line("shop/b/区域.csv", 2) == "B,萧山"


def test_a_version_does_not_depend_on_where_one_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files are the same version, whatever path leads to them; what was pinned on one path links on another."""
    monkeypatch.chdir(EXAMPLES)
    near = load_app("elevator_maintenance")
    monkeypatch.chdir(EXAMPLES.parent)
    far = load_app("examples/elevator_maintenance")
    assert {n: w.version for n, w in near.workflows.items()} == {n: w.version for n, w in far.workflows.items()}
    assert [link_pinned(far, near.closure(name)).name for name in near.workflows] == list(near.workflows)


def test_what_was_pinned_is_linked_from_what_was_loaded(check: Check) -> None:
    """Whatever has become of the app's files since: an author may be in the middle of a line."""
    flow = "workflow: 流程\nnodes: {完: {end: done}}\n"
    assert not check({"app.yaml": PEOPLE, "区域.yaml": REGIONS, "区域.csv": "代码,名称\nA,滨江\n", "流程.yaml": flow})
    app = load_app("shop")
    for file in Path("shop").iterdir():
        file.write_text("{", encoding="utf-8")
    assert link_pinned(app, app.closure("流程")).version == app.workflows["流程"].version


def codes(found: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(d.code, str(d.place)) for d in found]


DEVICE = """\
entity: 设备
key: 编号
fields: {编号: text, 区域: {type: reference, entity: 区域}}
rows: [{编号: E1, 区域: A}]
"""


@pytest.mark.parametrize("table", ["代码;名称\nA;滨江\nB;萧山\n", "代码\t名称\nA\t滨江\n"])
def test_a_table_with_another_separator_is_one_mistake(check: Check, table: str) -> None:
    """Its rows say nothing, and what points to them is not told to be lost."""
    found = check({"app.yaml": PEOPLE, "region.yaml": REGIONS, "device.yaml": DEVICE, "区域.csv": table})
    assert codes(found) == [("bad-separator", "shop/区域.csv:1:1")]


def test_what_points_to_a_table_that_is_not_there_is_not_told_as_well(check: Check) -> None:
    """The missing file is the mistake."""
    found = check({"app.yaml": PEOPLE, "region.yaml": REGIONS, "device.yaml": DEVICE})
    assert codes(found) == [("missing-file", "shop/region.yaml:4:7")]


WORK = """\
form: 报修
fields:
  故障: {type: text, required: true}
  数量: BODY
checks: [{require: 数量 > 0, message: 要有数量}]
---
workflow: 工单
from: 报修
nodes:
  待办:
    owner: 老板
    actions: {办: {when: 数量 > 3, form: {余: {type: number, max: =数量}}, edit: [数量], to: 完}}
    timeouts: [{after: 1h, escalate: 老板}]
  完: {end: done}
---
mapping: 导入
workflow: 工单
at: =row.时间
by: =row.人
fields: {故障: =row.故障, 数量: =row.台数}
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("numbr", "unknown-type"),
        ("{type: numbr, min: 1, required: true}", "unknown-type"),
        ("{title: 数量}", "missing-key"),
        ("[number]", "wrong-kind"),
        ("{type: rows}", "missing-key"),
        ("*p", "alias"),
        ("{type: *p}", "alias"),
    ],
)
def test_a_field_whose_type_is_wrong_is_there_all_the_same(check: Check, body: str, code: str) -> None:
    """Whatever speaks of it - a check, an action, a mapping - is not told that it does not exist."""
    assert not check({"app.yaml": PEOPLE, "work.yaml": WORK.replace("BODY", "number")})
    assert [d.code for d in check({"work.yaml": WORK.replace("BODY", body)})] == [code]


HANDING_ON = """\
workflow: 报修单
from: {故障: {type: text, required: true}}
number: "{{ sequence(3) }}"
nodes:
  办理:
    run: {workflow: 维修单, with: 报修转维修, join: all}
    next: [{to: 完}]
    timeouts: [{after: 1d, notify: {to: 老板, text: 慢}}]
  完: {end: done}
---
workflow: 维修单
fields: {故障: text, 报修单号: text}
nodes:
  修: {owner: 老板, actions: {好: {to: 完}}, timeouts: [{after: 1d, escalate: 老板}]}
  完: {end: done}
---
mapping: 报修转维修
fields: {故障: =故障, 报修单号: =case.number}
"""


def test_a_mapping_beside_sees_the_case(check: Check) -> None:
    """Under `with` it fills from what is at hand there; no `row` of a file is meant, and a mistake is told once."""
    assert not check({"app.yaml": PEOPLE, "work.yaml": HANDING_ON})
    (found,) = check({"work.yaml": HANDING_ON.replace("=case.number", "=case.numbr")})
    assert (found.code, found.place.line) == ("unknown-name", 18)
    (found,) = check({"work.yaml": HANDING_ON + "back: {故障: =故障}\n"})
    assert (found.code, found.place.line) == ("not-yet", 19)


@pytest.mark.parametrize("body", ["{owner: *p, actions: {办: {to: 完}}}", "*p"])
def test_an_alias_is_told_once(check: Check, body: str) -> None:
    """What stands in its place is not asked what it is."""
    text = (
        WORK.replace("BODY", "number")
        .split("---\nmapping")[0]
        .replace("  完: {end: done}", f"  完: {{end: done}}\n  备: {body}")
    )
    found = check({"app.yaml": PEOPLE, "work.yaml": text})
    assert [d.code for d in found][:1] == ["alias"]
    assert "*p" not in "".join(d.message for d in found[1:])


@pytest.mark.parametrize(
    "text",
    [
        "form: 打卡\nfields: {定位: location}\n",
        "form: 打卡\nfields: {次: {type: rows, of: {定位: {type: location}}}}\n",
        "form: 打卡\nfields: {次: {type: list, of: location}}\n",
        "entity: 楼\nkey: 名\nfields: {名: text, 定位: location}\n",
    ],
)
def test_a_point_needs_a_system(check: Check, text: str) -> None:
    """Where neither the app nor the field says one, that is told at the field; either of them is enough."""
    (found,) = check({"app.yaml": PEOPLE, "it.yaml": text})
    assert (found.code, found.place.line >= 2, "coordinates: gcj02" in found.help) == ("missing-key", True, True)
    assert not check({"app.yaml": PEOPLE.replace("app: 店\n", "app: 店\ncoordinates: gcj02\n")})


def test_a_point_may_name_its_own_system(check: Check) -> None:
    """Then the app need not."""
    text = "form: 打卡\nfields: {定位: {type: location, coordinates: wgs84}}\n"
    assert not check({"app.yaml": PEOPLE, "it.yaml": text})


def test_a_misspelt_system_is_told_once(check: Check) -> None:
    """The fields that rely on it are not told as well."""
    files = {
        "app.yaml": PEOPLE.replace("app: 店\n", "app: 店\ncoordinates: gcj2\n"),
        "it.yaml": "form: 打卡\nfields: {定位: location}\n",
    }
    assert codes(check(files)) == [("unknown-name", "shop/app.yaml:2:14")]


def test_a_form_alone_knows_the_day_in_the_zone_of_its_app(check: Check) -> None:
    """Just before midnight UTC it is already tomorrow in Shanghai."""
    assert not check({"app.yaml": PEOPLE, "f.yaml": "form: f\nfields: {日: {type: date, value: today}}\n"})
    checked = load_app("shop").forms["f"].check({}, datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert checked.values == {"日": date(2026, 3, 2)}


@pytest.mark.parametrize(
    ("kind", "cell", "help"),
    [
        ("role", "老版", 'did you mean "老板"?'),
        ("role", "老板|工程师", "for several roles give the field 角色 {type: list, of: role}"),
        ("{type: list, of: role}", "老板|工程事", 'did you mean "工程师"?'),
        ("role", "工程人员", 'did you mean "工程师"?'),
    ],
)
def test_a_role_that_the_app_does_not_define_is_told_at_its_cell(check: Check, kind: str, cell: str, help: str) -> None:
    """Nobody who is called by it would ever be asked; the title of a role is not its name."""
    roles = "roles: {老板: {}, 工程师: {title: 工程人员}}"
    app = PEOPLE.replace("roles: {老板: {}}", roles).replace("角色: role}", f"角色: {kind}}}\nrows: staff.csv")
    (found,) = check({"app.yaml": app, "staff.csv": f"工号,角色\na,老板\nb,{cell}\n"})
    assert (found.code, str(found.place), found.help) == ("unknown-name", "shop/staff.csv:3:3", help)


def test_a_role_that_the_app_does_not_define_is_told_in_a_row_beside(check: Check) -> None:
    """Rows that stand in the YAML are judged as those of a file."""
    (found,) = check(PEOPLE + "rows: [{工号: a, 角色: 老扳}, {工号: b, 角色: 老板}]\n")
    assert (found.code, found.place.line, found.help) == ("unknown-name", 10, 'did you mean "老板"?')


ANSWERS = """\
form: 报修
fields: {故障: {type: choice, options: [困人, 异响]}}
---
decision: 响应
columns: {故障: 故障}
result: {时限: duration, 谁: person, 话: text}
rows:
  - {故障: 困人, 时限: 30m, 谁: '员工:a', 话: 快}
LAST
---
workflow: 工单
from: 报修
nodes:
  处理:
    do: [{decide: 响应}]
    owner: OWNER
    actions: {完工: {to: 完成}}
    timeouts: [{after: 'AFTER', notify: {to: owner, text: '{{ 响应.话 }}'}}]
  完成: {end: done}
"""


@pytest.mark.parametrize(
    ("last", "owner", "after", "needed"),
    [
        ("", "老板", "=响应.时限", ["时限"]),
        ("", "=响应.谁", "=响应.时限", ["时限", "谁"]),
        ("  - {时限: 2h}", "=响应.谁", "=响应.时限", []),
        ("", "老板", "=响应.时限 == null ? 2h : 响应.时限", []),
        ("", "老板", "2h", []),
    ],
)
def test_a_table_that_may_answer_nothing_is_told_where_its_answer_is_needed(
    check: Check, last: str, owner: str, after: str, needed: list[str]
) -> None:
    """For a deadline and for the owner, not for the words of a message."""
    text = ANSWERS.replace("LAST\n", last and last + "\n").replace("OWNER", owner).replace("AFTER", after)
    found = check({"app.yaml": PEOPLE, "work.yaml": text})
    assert [(d.code, d.severity, str(d.place)) for d in found] == [
        ("uncovered-row", "warning", "shop/work.yaml:4:1")
    ] * len(needed)
    assert [d.message.split('"')[1] for d in found] == needed


def test_what_follows_from_a_document_that_broke_off_is_not_told(check: Check) -> None:
    """The bracket that is never closed is; the form that stood behind it is not missed, nor are the roles of the app."""
    work = (
        "workflow: 工单\nfrom: 报修\nnodes:\n  处理: {owner: 老板, actions: {完工: {to: 完成}}}\n  完成: {end: done}\n"
    )
    form = "entity: 车\nkey: 牌\nfields: {牌: text\n  form: 报修\n"
    found = check({"app.yaml": PEOPLE, "a.yaml": work, "z.yaml": form})
    assert found[0].code == "unclosed", "what could not be read goes first"
    assert "unknown-name" not in {d.code for d in found}
    found = check({"app.yaml": PEOPLE.replace("roles: {老板: {}}", "roles: {老板: {}"), "a.yaml": work, "z.yaml": ""})
    assert {d.code for d in found} <= {"unclosed", "not-yaml"}


def test_what_is_wrong_in_itself_is_told_beside_what_broke_off(check: Check) -> None:
    """A key that nobody knows does not become right when the other file is mended."""
    found = check(
        {
            "app.yaml": PEOPLE,
            "a.yaml": "form: a\nfields: {x: {type: text, requird: true}}\n",
            "z.yaml": "form: b\nfields: {x: text\n",
        }
    )
    assert [d.code for d in found] == ["unclosed", "unknown-key"]


@pytest.mark.parametrize(
    ("before", "after", "help"),
    [
        ("required: true", "required: 是", "write true"),
        ("type: text", "type: 文本", "write text"),
        ("after: 1d", "after: 4", "say what it counts: 4m for minutes, 4h for hours, 4d for days"),
        ("after: 1d", "after: 30 minutes", "write 30m"),
        ("when: 件 > 1", "when: =件 > 1", "no = here, the key is an expression: write 件 > 1"),
        ("after: 1d", "after: 4小时", None),
    ],
)
def test_what_people_write_at_first_is_told_how_it_is_written(
    check: Check, before: str, after: str, help: str | None
) -> None:
    """The way out is the right spelling of just that; hours, minutes and days may be written in Chinese."""
    text = """\
form: 报修
fields: {故障: {type: text, required: true}, 件: number}
---
workflow: 工单
from: 报修
nodes:
  处理: {owner: 老板, actions: {完工: {when: 件 > 1, to: 完成}, 关闭: {to: 完成}}, timeouts: [{after: 1d, escalate: 老板}]}
  完成: {end: done}
"""
    assert check({"app.yaml": PEOPLE, "work.yaml": text}) == ()
    found = check({"app.yaml": PEOPLE, "work.yaml": text.replace(before, after)})
    assert [d.help for d in found] == ([] if help is None else [help])


@pytest.mark.parametrize("name", ["x.yaml", "x.YML"])
def test_a_file_that_cannot_be_read_is_not_passed_over(check: Check, tmp_path: Path, name: str) -> None:
    """A link that leads nowhere, a folder called a file, an ending in capitals: what stands there would be missing."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / name).symlink_to("nowhere")
    assert [d.code for d in check(PEOPLE)] == ["no-file"]
    (tmp_path / "shop" / name).unlink()
    (tmp_path / "shop" / name).mkdir()
    assert [d.code for d in check(PEOPLE)] == ["no-file"]


def test_a_table_is_an_ordinary_file(check: Check, tmp_path: Path) -> None:
    """Nobody waits for a pipe that nobody writes to."""
    (tmp_path / "shop").mkdir()
    os.mkfifo(tmp_path / "shop" / "区域.csv")
    (found,) = check({"app.yaml": PEOPLE, "区域.yaml": REGIONS})
    assert (found.code, "no ordinary file" in found.message) == ("missing-file", True)


def test_a_misspelt_channel_of_the_app_is_recognised(check: Check) -> None:
    """One that stands under `channels`, without a document of its own."""
    rest = """---
workflow: 单
nodes:
  待办: {owner: 老板, actions: {办: {to: 完}}, timeouts: [{after: 1d, notify: 催}]}
  完: {end: done}
---
notification: 催
channels: [consloe]
text: 快
"""
    (found,) = check(PEOPLE + rest)
    assert (found.message, found.help) == ('no channel "consloe"', 'did you mean "console"?')


PERSONS = (
    PEOPLE.replace("roles: 角色}", "roles: 角色}\ncustomers: {entity: 客户, by: 电话}")
    + """\
---
entity: 客户
key: 号
fields: {号: text, 电话: phone, 等级: text}
---
form: 单
fields: {谁: person, 帮手: {type: list, of: person}, 备注: {type: text, visible: "=谁.等级 == '金'"}}
---
workflow: 活
from: 单
nodes:
  办: {owner: =谁, actions: {好: {when: "谁.角色 == '老板' or count(帮手, row.工号 <> '') > 0", to: 完}}, timeouts: [{after: 1d, escalate: 老板}]}
  完: {end: done}
"""
)


@pytest.mark.parametrize(
    ("right", "wrong", "near"),
    [("谁.等级", "谁.等極", "等级"), ("谁.角色", "谁.角", "角色"), ("row.工号", "row.工", "工号")],
)
def test_what_a_person_has_is_known(check: Check, right: str, wrong: str, near: str) -> None:
    """A field of a person of staff or customers; what neither has is told with what was probably meant."""
    assert check(PERSONS) == ()
    (found,) = check(PERSONS.replace(right, wrong))
    assert (found.code, wrong.partition(".")[2] in found.message) == ("unknown-name", True)
    assert f'did you mean "{near}"?' in found.help


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("角色: role", "角色: number", 'type-mismatch: expected a role, or a list of them in "角色", found a number'),
        ("角色: role", "角色: {type: list, of: text}", "found a list of text"),
        ("roles: 角色}", "roles: 脚色}", 'unknown-name: entity "员工" has no field "脚色" (did you mean "角色"?)'),
        (
            "roles: 角色}",
            "roles: 角色, unit: 当班}",
            'expected a text, a choice or a reference, or a list of them in "当班"',
        ),
        ("by: 电话", "by: 电讯", 'unknown-name: entity "客户" has no field "电讯" (did you mean "电话"?)'),
        ("by: 电话", "by: 来过", 'expected a phone, a text or another plain value in "来过", found a list of date'),
    ],
)
def test_fields_that_people_are_known_by_are_of_their_kind(check: Check, before: str, after: str, told: str) -> None:
    """Roles are roles, a unit is a name, and what recognises an outsider is one plain value; told where the app names it."""
    text = PERSONS.replace("角色: role}", "角色: role, 当班: switch}").replace(
        "等级: text}", "等级: text, 来过: {type: list, of: date}}"
    )
    assert check(text) == ()
    found = [d for d in check(text.replace(before, after, 1)) if d.place.line <= 6]
    (said,) = [f"{d.code}: {d.message} ({d.help})" for d in found]
    assert told in said


LITTLE = (
    PEOPLE.replace("catcher: 老板", "catcher: 老板\nretention: 5y")
    + """\
---
workflow: 活
number: "{{ date }}-{{ sequence(3) }}"
nodes:
  办: {owner: 老板, actions: {好: {do: [{notify: {channels: [console], text: "{{ case.number }} 好了"}}], to: 完}}, timeouts: [{after: 1d, escalate: 老板}]}
  完: {end: done}
"""
)
TEXT_OF_NOTICE = '"{{ case.number }} 好了"'


@pytest.mark.parametrize(
    ("before", "after", "code", "told"),
    [
        ('number: "{{ date }}-{{ sequence(3) }}"', "number: abc", "bad-value", 'the number "abc"'),
        ("retention: 5y", "retention: 0y", "bad-value", 'longer than 0, found "0y"'),
        (TEXT_OF_NOTICE, "=now", "bad-template", 'write "{{ now }}"'),
        (
            TEXT_OF_NOTICE,
            '"=concat(case.number, owner.工号)"',
            "bad-template",
            'write "{{ concat(case.number, owner.工号) }}"',
        ),
        (TEXT_OF_NOTICE, '"=case.nubmer"', "bad-template", "found an expression"),
        (TEXT_OF_NOTICE, '"{｛ case.number }}"', "bad-template", 'unexpected "{｛"'),
        (TEXT_OF_NOTICE, '"{{ case.number }｝"', "bad-template", "half-width braces"),
        (TEXT_OF_NOTICE, '"{ case.number }}"', "bad-template", "write {{ case.number }}"),
        (TEXT_OF_NOTICE, '"{ { case.number } }"', "bad-template", "write {{ case.number }}"),
        ("channels: [console]", "channels: [console, {otherwise: console2}]", "unknown-name", "console2"),
    ],
)
def test_small_slips_are_told_where_they_stand(check: Check, before: str, after: str, code: str, told: str) -> None:
    """What would have had an effect that nobody wants, or none."""
    assert check(LITTLE) == ()
    (found,) = check(LITTLE.replace(before, after))
    assert found.code == code
    assert told in f"{found.message} {found.help}"


@pytest.mark.parametrize(
    "text", ['"== 注意 =="', '"=5"', '"= 合计 12 元"', '"{\\"a\\": {\\"b\\": 1}}"', '"{a} 和 {b}"', "\"{{ '}}' }}\""]
)
def test_signs_that_are_meant_stay(check: Check, text: str) -> None:
    """A text may begin with a sign that no expression begins with, and braces that hold no name are braces."""
    assert check(LITTLE.replace(TEXT_OF_NOTICE, text)) == ()


def test_a_channel_for_when_another_failed_is_not_there_yet(check: Check) -> None:
    """It is told, and not dropped without a word."""
    two = LITTLE.replace(
        "channels: {console: {preset: console}}", "channels: {console: {preset: console}, b: {preset: console}}"
    )
    (found,) = check(two.replace("channels: [console]", "channels: [console, {otherwise: b}]"))
    assert (found.code, "`otherwise`" in found.message) == ("not-yet", True)


@pytest.mark.parametrize("content", ["", "\ufeff", " \n,,\n\n"])
def test_an_empty_table_is_told_as_such(check: Check, content: str) -> None:
    """A file that lost its content is not taken for one without rows; a table of nothing but its columns is one."""
    (found,) = check({"app.yaml": PEOPLE, "区域.yaml": REGIONS, "区域.csv": content})
    assert (found.code, found.place.file) == ("empty-table", "shop/区域.csv")
    assert check({"app.yaml": PEOPLE, "区域.yaml": REGIONS, "区域.csv": "代码,名称\n"}) == ()


@pytest.mark.parametrize(
    ("ways", "told"),
    [
        ("[{when: 响应.话 == '好', to: 办}, {when: 响应.话 == '坏', to: 完成}, {to: 处理}]", True),
        ("[{when: 响应.话 <> '好', to: 办}, {to: 处理}]", False),
        ("[{when: 响应.话 == '好', to: 办}, {when: 故障 == '困人', to: 办}, {to: 处理}]", False),
        ("[{when: empty(响应.话), to: 办}, {when: 响应.话 == '好', to: 办}, {to: 处理}]", False),
    ],
)
@pytest.mark.parametrize("at", ["next", "to"])
def test_a_table_that_may_answer_nothing_is_told_where_it_alone_decides_the_way(
    check: Check, ways: str, told: bool, at: str
) -> None:
    """For a route and for an action; not where another name has a say, or where an empty answer was thought of."""
    text = (
        ANSWERS.replace("LAST\n", "")
        .replace("OWNER", "老板")
        .replace("'AFTER', notify: {to: owner, text: '{{ 响应.话 }}'}", "2h, escalate: 老板")
    )
    route = f"  分:\n    do: [{{decide: 响应}}]\n    next: {ways if at == 'next' else '[{to: 处理}]'}\n"
    done = ways if at == "to" else "完成"
    text = text.replace("nodes:\n", f"nodes:\n{route}").replace("    do: [{decide: 响应}]\n    owner", "    owner")
    text = text.replace("完工: {to: 完成}", f"完工: {{to: {done}}}, 转: {{to: 办}}")
    text += "  办: {owner: 老板, actions: {好: {to: 完成}}, timeouts: [{after: 1d, escalate: 老板}]}\n"
    found = check({"app.yaml": PEOPLE, "work.yaml": text})
    assert {d.code for d in found} == ({"uncovered-row"} if told else set())
    assert not told or {
        'then goes on after "分" by the last way, to "处理"',
        'then goes on after "完工" by the last way, to "处理"',
    } & {d.message.split('"工单" ')[1] for d in found}


STORY = (
    PEOPLE
    + """\
rows: [{工号: boss, 角色: 老板}]
---
form: 报修
fields: {车牌: text}
---
workflow: 工单
from: 报修
nodes:
  办: {owner: 老板, actions: {办: {to: 完}}, timeouts: [{after: 1d, to: 完}]}
  完: {end: done}
---
scenario: 一单
steps:
  - {submit: 工单, by: 员工:boss, with: {车牌: A1}, expect: {node: 办}}
  - {act: 办, by: 员工:boss, expect: {outcome: done}}
  - {wait: 1d}
"""
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("expect: {node: 办 #3}}", "torn-expression"),
        ("expect: {sent: 请 #3, node: 办}}", "torn-expression"),
        ("expect: {node: 办, case.number == 3}}", "missing-value"),
        ("expect: {node: 办, 好”}}", "missing-value"),
        ("expect: {incident: 没有 [3] 元}}", "torn-expression"),
    ],
)
def test_of_a_cut_text_the_cause_is_told_alone(check: Check, written: str, code: str) -> None:
    """What YAML made of it is no name of anything and leaves braces open: that follows, and is not told."""
    found = check(STORY.replace("expect: {node: 办}}", written))
    assert [(d.place.line, d.code) for d in found] == [(23, code)]


@pytest.mark.parametrize(
    "written",
    ["expect: {node: 办 #3}}", "expect: {nodd: 办}}", "exspect: {node: 办}}", "expect: {node: 办}", "wait: 1"],
)
def test_a_mistake_in_a_scenario_does_not_keep_the_business_from_running(check: Check, written: str) -> None:
    """Whoever does not play scenarios loads the app without them; what stands behind one in the same file is checked."""
    text = STORY.replace("expect: {node: 办}}", written)
    assert check(text)
    assert load_app("shop", scenarios=False).diagnostics == ()
    check(text + "---\nform: 另一张\nfields: {甲: numbr}\n")
    with pytest.raises(DefinitionError) as error:
        load_app("shop", scenarios=False)
    assert [d.message for d in error.value.diagnostics if d.severity == "error"] == ['unknown field type "numbr"']


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ("{clerk: [x]}", "wrong-kind"),
        ("{owner: 老板}", "duplicate-name"),
        ("{customers: {title: 客户}}", "duplicate-name"),
    ],
)
def test_a_role_that_nobody_could_mean_is_refused(tmp_path: Path, roles: str, code: str) -> None:
    """A list says nothing of a role, and some words mean somebody else wherever people are named."""
    (tmp_path / "app.yaml").write_text(f"app: x\nroles: {roles}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as told:
        load_app(tmp_path)
    assert [d.code for d in told.value.diagnostics] == [code]

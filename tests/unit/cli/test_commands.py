"""Each command, typed on a small business: what it says and how it exits."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from flowkit import FlowKit, StoreError, VirtualClock, kit, load_app
from flowkit.cli import running

ZHANG = ("--by", "员工:zhang")


def edit(app: Path, before: str, after: str) -> None:
    text = (app / "app.yaml").read_text(encoding="utf-8")
    assert before in text
    (app / "app.yaml").write_text(text.replace(before, after), encoding="utf-8")


def test_check_is_silent_on_a_good_app(flowkit) -> None:
    """Nothing wrong: nothing said, exit 0."""
    said = flowkit("check", "shop")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_check_tells_every_mistake_with_its_place(flowkit, app) -> None:
    """Two slips give two diagnostics with caret and a way out, in one pass, and exit 1."""
    edit(app, "required", "requird")
    edit(app, "接单: {to: 处理中}", "接单: {to: 处里中}")
    said = flowkit("check", "shop")
    assert said.code == 1
    assert 'did you mean "required"?' in said.out
    assert 'did you mean "处理中"?' in said.out
    assert "^" in said.out
    assert "errors" in said.out.splitlines()[-1]


def test_check_tells_programs_in_json(flowkit, app) -> None:
    """`--format json` is a list of records with file, line, column, code, message and help, and nothing else."""
    edit(app, "required", "requird")
    said = flowkit("check", "shop", "--format", "json")
    found = json.loads(said.out)
    assert said.code == 1
    assert {d["code"] for d in found} == {"unknown-key"}
    keys = {"file", "line", "column", "end_line", "end_column", "code", "severity", "message", "help", "related"}
    assert found[0].keys() == keys


def test_check_never_shows_a_secret(flowkit, app) -> None:
    """Neither in the line of its own mistake nor in that of another beside it, in text or in JSON."""
    channel = "channels: {短信: {preset: console, key: sk-4711, hots: mail, token: 'a-4712 ${env:B}'}}"
    edit(app, "catcher: 老板\n", f"catcher: 老板\n{channel}\n")
    said = flowkit("check", "shop")
    assert {"literal-secret", "bad-placeholder", "unknown-key"} <= set(re.findall(r"\[([a-z-]+)\]", said.out))
    assert "key: *******, hots: mail" in said.out
    for form in ("text", "json"):
        out = flowkit("check", "shop", "--format", form).out
        assert "4711" not in out
        assert "4712" not in out


def test_check_tells_programs_that_all_is_well(flowkit) -> None:
    """A good app is an empty list."""
    said = flowkit("check", "shop", "--format", "json")
    assert (said.code, json.loads(said.out)) == (0, [])


@pytest.mark.parametrize(
    "words",
    [("tasks", "shop", *ZHANG), ("test", "shop"), ("run", "shop", "--once"), ("submit", "shop", "工单", *ZHANG)],
    ids=lambda words: words[0],
)
def test_a_bad_app_runs_nothing(flowkit, app, words) -> None:
    """A command on an app with a mistake tells the mistake with its line, makes no database and exits with 1."""
    edit(app, "required", "requird")
    said = flowkit(*words)
    assert said.code == 1
    assert 'did you mean "required"?' in said.err
    assert "Traceback" not in said.err
    assert not list(app.parent.glob("*.db"))


def test_a_mistake_in_a_scenario_stops_only_who_plays_it(flowkit, app) -> None:
    """Cases are begun, listed and carried on; `check` and `test` tell the mistake."""
    edit(app, "  完成: {end: done}\n", f"  完成: {{end: done}}\n{SCENARIO}".replace("node: 处理中", "nod: 处理中"))
    assert flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=A1").code == 0
    for words in (("tasks", "shop", *ZHANG), ("explain", "shop", "GD0001"), ("run", "shop", "--once")):
        assert flowkit(*words).code == 0
    assert flowkit("act", "shop", "GD0001", "接单", *ZHANG).code == 0
    assert 'unknown value "nod"' in flowkit("check", "shop").out
    assert (flowkit("test", "shop").code, "nod" in flowkit("test", "shop").err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("chek", "shop"),
        ("check",),
        ("check", "no-such-folder"),
        ("submit", "shop", "工单"),
        ("submit", "shop", "工单", *ZHANG, "--with", "车牌"),
        ("submit", "shop", "工单", *ZHANG, "--json", "no-such.json"),
        ("import", "shop", "车辆", "no-such.csv"),
        ("try", "shop", "no-such.csv"),
        ("run", "shop", "--every", "0"),
        ("run", "shop", "--every", "nan"),
        ("run", "shop", "--every", "inf"),
        ("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A1", "--database", "sqlite://"),
        ("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A1", "--database", "sqlite:///:memory:"),
        ("reference", "--into", "/dev/null/here"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_told_and_exits_with_two(flowkit, app, words) -> None:
    """A command that cannot be understood says so without a traceback, and leaves no database."""
    said = flowkit(*words)
    assert said.code == 2
    assert said.err
    assert "Traceback" not in said.err
    assert not list(app.parent.glob("*.db"))


@pytest.mark.parametrize(
    "words", [("tasks", "shop", *ZHANG), ("case", "shop", "GD0001"), ("explain", "shop", "GD0001")]
)
def test_looking_makes_no_database(flowkit, app, words) -> None:
    """Where no database is, a look says so with exit 2 instead of making an empty one."""
    said = flowkit(*words)
    assert said.code == 2
    assert "修车铺.db" in said.err
    assert not list(app.parent.glob("*.db"))


def test_a_case_is_worked_from_beginning_to_end(flowkit) -> None:
    """Submitted, found among the tasks, accepted and finished, each by a command of its own that tells where it is."""
    assert "待接单" in flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345").out
    tasks = flowkit("tasks", "shop", *ZHANG)
    assert "GD0001" in tasks.out
    assert "接单" in tasks.out
    assert "处理中" in flowkit("act", "shop", "GD0001", "接单", *ZHANG).out
    done = flowkit("act", "shop", "GD0001", "完工", *ZHANG, "--with", "收费=120")
    assert (done.code, "完成" in done.out) == (0, True)
    assert flowkit("tasks", "shop", *ZHANG).out == "没有待办\n"


def test_a_case_is_named_by_its_number_or_its_id(flowkit) -> None:
    """Both names show the same case."""
    case = json.loads(flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345", "--format", "json").out)
    by_id = flowkit("case", "shop", case["id"])
    assert (by_id.code, by_id.out) == (0, flowkit("case", "shop", case["number"]).out)
    assert "浙A12345" in by_id.out


def test_a_case_tells_its_history_and_its_reasons(flowkit) -> None:
    """`case --history` lists the events, `explain` says why it is where it is; both also as JSON."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    assert "员工:zhang" in flowkit("case", "shop", "GD0001", "--history").out
    assert [
        e["sequence"]
        for e in json.loads(flowkit("case", "shop", "GD0001", "--history", "--format", "json").out)["history"]
    ]
    assert "待接单" in flowkit("explain", "shop", "GD0001").out
    assert json.loads(flowkit("explain", "shop", "GD0001", "--format", "json").out)


def test_a_case_calls_things_as_people_do(flowkit, app) -> None:
    """Fields by their titles, people by name beside what is typed after --by, a picture by its file."""
    edit(app, "车牌: {type: text, required: true}", "车牌: {type: text, required: true, title: 车牌号}\n  照片: media")
    edit(app, "key: 工号", "key: 工号\nlabel: 姓名")
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345", "--with", "照片=车.jpg")
    flowkit("act", "shop", "GD0001", "接单", *ZHANG)
    told = [line.split() for line in flowkit("case", "shop", "GD0001").out.splitlines()]
    for words in (["负责人", "员工:zhang", "张师傅"], ["车牌号", "浙A12345"], ["照片", "车.jpg"]):
        assert words in told
    assert "员工:zhang 张师傅" in flowkit("tasks", "shop", *ZHANG).out


def test_a_case_of_a_pool_tells_what_its_people_can_do(flowkit, app) -> None:
    """Without --by it is asked for one of them; what a pool holds in which nobody is any more is the catcher's."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    assert ["可做", "接单"] in [line.split() for line in flowkit("case", "shop", "GD0001").out.splitlines()]
    edit(app, "角色: 师傅}", "角色: 老板}")
    (app.parent / "staff.csv").write_text("工号,角色\nzhang,老板\n", encoding="utf-8")
    assert flowkit("import", "shop", "员工", "staff.csv").code == 0
    said = flowkit("case", "shop", "GD0001")
    assert (said.code, "老板(组)" in said.out, "可做" in said.out) == (0, True, True)


def test_a_step_that_is_over_is_not_taken_again(flowkit) -> None:
    """With --visit an action is for that step only."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    assert flowkit("act", "shop", "GD0001", "接单", *ZHANG, "--visit", "1").code == 0
    assert flowkit("act", "shop", "GD0001", "完工", *ZHANG, "--with", "收费=1", "--visit", "1").code == 1
    assert flowkit("act", "shop", "GD0001", "完工", *ZHANG, "--with", "收费=1", "--visit", "2").code == 0


def test_the_worker_says_that_a_deadline_has_passed(flowkit, app, monkeypatch) -> None:
    """Its line tells which, and where the case is now, in words."""
    edit(app, "after: 30m", "after: 0.001s")
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    time.sleep(0.002)
    assert "GD0001 到期“0.001s”: 待接单(岗位 师傅)" in flowkit("run", "shop", "--once").out


def test_a_refusal_names_each_field_and_exits_with_one(flowkit) -> None:
    """A half-filled form is refused with its fields and the reason; the case is not begun."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    flowkit("act", "shop", "GD0001", "接单", *ZHANG)
    said = flowkit("act", "shop", "GD0001", "完工", *ZHANG)
    assert said.code == 1
    assert "[收费]" in said.err
    assert "处理中" in flowkit("case", "shop", "GD0001").out


@pytest.mark.parametrize(
    "words",
    [
        ("act", "shop", "GD0001", "接丹", *ZHANG),
        ("act", "shop", "GD0001", "接单", "--by", "员工:nobody"),
        ("act", "shop", "GD9999", "接单", *ZHANG),
        ("case", "shop", "GD9999"),
        ("submit", "shop", "工丹", *ZHANG),
        ("tasks", "shop", "--by", "nobody"),
    ],
    ids="-".join,
)
def test_what_cannot_be_done_is_refused_in_words(flowkit, words) -> None:
    """An unknown action, person, case or workflow is answered in one place, with exit 1 and no traceback."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    said = flowkit(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err
    assert "Traceback" not in said.err


def test_a_key_typed_twice_is_done_once(flowkit) -> None:
    """The same command under the same key answers with the same case; other content under it is refused."""
    words = ("submit", "shop", "工单", *ZHANG, "--key", "k1", "--format", "json", "--with")
    first, second = (json.loads(flowkit(*words, "车牌=浙A12345").out)["id"] for _ in range(2))
    assert first == second
    assert flowkit(*words, "车牌=浙B99999").code == 1


def test_the_database_may_be_named(flowkit, app, monkeypatch) -> None:
    """`--database`, else FLOWKIT_DATABASE, else a file named after the app in the present folder."""
    fields = ("工单", *ZHANG, "--with", "车牌=浙A12345")
    flowkit("submit", "shop", *fields, "--database", "sqlite:///one.db")
    flowkit("submit", "shop", *fields)
    monkeypatch.setenv("FLOWKIT_DATABASE", "sqlite:///two.db")
    flowkit("submit", "shop", *fields)
    assert sorted(p.name for p in app.parent.glob("*.db")) == ["one.db", "two.db", "修车铺.db"]


def test_a_database_that_cannot_be_used_is_told(flowkit, app) -> None:
    """A file that is no database is answered in words, with exit 2."""
    (app.parent / "bad.db").write_text("no database, " * 100, encoding="utf-8")
    said = flowkit("tasks", "shop", *ZHANG, "--database", "sqlite:///bad.db")
    assert said.code == 2
    assert said.err
    assert "Traceback" not in said.err


def test_records_are_imported_from_a_file_as_excel_saves_it(flowkit, app) -> None:
    """A CSV in GB18030 is read, and the number of its records told; a field that the entity does not know is refused."""
    (app.parent / "cars.csv").write_bytes("车牌,车型\n浙A1,轿车\n浙A2,货车\n".encode("gb18030"))
    said = flowkit("import", "shop", "车辆", "cars.csv")
    assert (said.code, "2" in said.out) == (0, True)
    (app.parent / "cars.csv").write_text("车牌,颜色\n浙A3,红\n", encoding="utf-8")
    assert flowkit("import", "shop", "车辆", "cars.csv").code == 1


def test_run_once_does_what_is_due_and_ends(flowkit) -> None:
    """`run --once` ends by itself with exit 0."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    assert flowkit("run", "shop", "--once").code == 0


def test_a_year_whose_holidays_nobody_knows_is_told(flowkit, app, monkeypatch) -> None:
    """`check` says nothing of it unless it is asked about a day; `run` says it by its clock, when it begins."""
    edit(app, "catcher:", 'calendar: {holidays: CN, mon-fri: "09:00-18:00"}\ncatcher:')
    monkeypatch.setattr(kit, "SystemClock", lambda: VirtualClock(datetime(2026, 12, 1, tzinfo=UTC)))
    monkeypatch.setattr(running, "until_stopped", lambda: nullcontext(SimpleNamespace(wait=lambda seconds: True)))
    assert flowkit("check", "shop").out == ""
    assert flowkit("check", "shop", "--at", "2026-06-01").out == ""
    asked = flowkit("check", "shop", "--at", "2026-12-01")
    assert (asked.code, "2027 in CN are not known yet" in asked.out) == (0, True)
    assert "2027 in CN are not known yet" in flowkit("run", "shop").err


def test_a_worker_that_goes_on_for_months_tells_of_the_years_it_comes_to(flowkit, app, monkeypatch) -> None:
    """Nothing is said in June, of the next year once when October has come, of the one after that a year later."""
    edit(app, "catcher:", 'calendar: {holidays: CN, mon-fri: "09:00-18:00"}\ncatcher:')
    clock = VirtualClock(datetime(2026, 6, 1, tzinfo=UTC))
    said = []

    def wait(seconds: float) -> bool:
        said.append((clock.now().year, clock.now().month))
        clock.set(clock.now() + timedelta(days=31))
        return clock.now().year == 2028

    monkeypatch.setattr(kit, "SystemClock", lambda: clock)
    monkeypatch.setattr(running, "until_stopped", lambda: nullcontext(SimpleNamespace(wait=wait)))
    monkeypatch.setattr(running, "say", lambda text, **_: said.append(text))
    assert flowkit("run", "shop").code == 0
    told = [(line.split(" in CN")[0][-4:], said[n - 1]) for n, line in enumerate(said) if "in CN" in line]
    assert told == [("2027", (2026, 9)), ("2028", (2027, 9))]


def test_the_worker_outlives_a_database_that_takes_nothing(flowkit, monkeypatch) -> None:
    """A lock or a full disk is told once and waited out; when it has passed that is told, and what is due is done."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    looks, advance = [], FlowKit.advance

    def failing_twice(kit, **how):
        looks.append(how)
        if len(looks) < 3:
            raise StoreError("begin immediate failed: database is locked")
        return advance(kit, **how)

    @contextmanager
    def until_the_third_look():
        yield SimpleNamespace(wait=lambda seconds: len(looks) == 3)

    monkeypatch.setattr(FlowKit, "advance", failing_twice)
    monkeypatch.setattr(running, "until_stopped", until_the_third_look)
    said = flowkit("run", "shop")
    assert said.code == 0
    assert said.err.count("database is locked") == 1
    assert "can be used again" in said.err


def test_a_case_that_no_longer_fits_the_app_is_shown(flowkit, app) -> None:
    """What its version needs is gone: the case is told all the same, with nothing to do."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    for before in ("师傅: {}", "角色: 师傅", "owner: 师傅"):
        edit(app, before, before.replace("师傅", "技师"))
    said = flowkit("case", "shop", "GD0001", "--allow-stranded")
    assert (said.code, "待接单" in said.out, "接单 " in said.out) == (0, True, False)
    assert flowkit("tasks", "shop", *ZHANG, "--allow-stranded").code == 0


SCENARIO = """\
---
scenario: 接单
steps:
  - {submit: 工单, by: 员工:zhang, with: {车牌: 浙A12345}, expect: {node: 待接单}}
  - {act: 接单, by: 员工:zhang, expect: {node: 处理中}}
"""


def test_scenarios_that_hold_exit_with_zero(flowkit, app) -> None:
    """`test` names each story, counts what was covered, and exits with 1 as soon as an expectation does not hold."""
    edit(app, "  完成: {end: done}\n", f"  完成: {{end: done}}\n{SCENARIO}")
    good = flowkit("test", "shop")
    assert (good.code, "接单" in good.out) == (0, True)
    edit(app, "expect: {node: 处理中}", "expect: {node: 完成}")
    assert flowkit("test", "shop").code == 1


def test_a_minimum_that_is_not_covered_exits_with_one(flowkit, app) -> None:
    """The story holds and covers 3 of 7: 42.8 is enough, 43 is not, and that is said."""
    edit(app, "  完成: {end: done}\n", f"  完成: {{end: done}}\n{SCENARIO}")
    assert "合计覆盖 3/7 (42.8%)" in flowkit("test", "shop").out
    assert flowkit("test", "shop", "--minimum", "42.8").code == 0
    below = flowkit("test", "shop", "--minimum", "43")
    assert (below.code, below.err) == (1, "覆盖 42.8%, 低于要求的 43%\n")
    assert flowkit("test", "shop", "--minimum", "101").code == 2


def test_the_outcome_is_written_for_build_servers(flowkit, app, tmp_path) -> None:
    """`--junit` writes the file beside what is printed; a folder that is not there is wrong use."""
    edit(app, "  完成: {end: done}\n", f"  完成: {{end: done}}\n{SCENARIO}")
    said = flowkit("test", "shop", "--junit", "out.xml", "--minimum", "90")
    suite = ET.parse(tmp_path / "out.xml").getroot()[0]
    assert (said.code, [case.get("name") for case in suite]) == (1, ["接单", "coverage"])
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert flowkit("test", "shop", "--junit", "no/out.xml").code == 2


def test_what_a_machine_gave_up_on_is_tried_again(flowkit, app) -> None:
    """Its catcher sees what broke and that he may retry, as a command or as an action; nobody else may."""
    edit(app, "故障描述: text", "故障描述: text\n  到场时限: duration")
    edit(app, "timeouts: [{after: 30m, escalate: 老板}]", "timeouts: [{after: =到场时限, escalate: 老板}]")
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    wang = ("--by", "员工:wang")
    (task,) = json.loads(flowkit("tasks", "shop", *wang, "--format", "json").out)
    assert task["incident"] == "待接单: “到场时限”是空的,算不出期限"
    listed = flowkit("tasks", "shop", *wang).out
    assert "“到场时限”是空的" in listed
    assert "retry 重试" in listed
    assert "retry 重试" in flowkit("case", "shop", "GD0001", *wang).out
    assert "重试" not in flowkit("case", "shop", "GD0001", *ZHANG).out
    assert flowkit("retry", "shop", "GD0001", *ZHANG).code == 1
    assert flowkit("act", "shop", "GD0001", "重试", *ZHANG).code == 1
    again = flowkit("retry", "shop", "GD0001", *wang)
    assert (again.code, "到场时限" in again.out) == (0, True)
    typed = flowkit("act", "shop", "GD0001", "retry", *wang)
    assert (typed.code, "到场时限" in typed.out) == (0, True)


def test_nobody_is_imported_with_a_role_that_there_is_not(flowkit, app) -> None:
    """The refusal names the role that was probably meant, and nothing was brought in."""
    (app.parent / "staff.csv").write_text("工号,姓名,角色\nli,李,师付\n", encoding="utf-8")
    said = flowkit("import", "shop", "员工", "staff.csv")
    assert (said.code, "没有“师付”这个角色,是否想填“师傅”?" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("zhang", "没有这个人: zhang,是否指 员工:zhang?"),
        ("师傅", "担任它的: 员工:zhang"),
        ("role:师傅", "担任它的: 员工:zhang"),
        ("nobody", "例如 员工:nobody"),
        ("员工:nobody", "没有这个人: 员工:nobody\n"),
    ],
)
def test_who_is_typed_by_half_is_told_how_he_is_called(flowkit, typed, hint) -> None:
    """A key without its entity names the person it can only mean, a role those who have it."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    for words in (("tasks", "shop"), ("act", "shop", "GD0001", "接单"), ("case", "shop", "GD0001")):
        said = flowkit(*words, "--by", typed)
        assert said.code == 1
        assert hint in said.err


def test_a_case_tells_what_its_deadlines_do_and_who_was_called_in(flowkit, app) -> None:
    """Each deadline that stands with what happens then, nearest first; once none is left it says so."""
    timeouts = "[{after: 30m, escalate: 老板}, {after: 1s, reassign: 老板}, {after: 2h, to: 完成}]"
    edit(app, "timeouts: [{after: 30m, escalate: 老板}]", f"timeouts: {timeouts}")
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    told = [re.sub(r"\d{4}-\S+ \S+", "…", line) for line in flowkit("case", "shop", "GD0001").out.splitlines()]
    at = next(number for number, line in enumerate(told) if line.startswith("期限"))
    assert [line.split() for line in told[at : at + 3]] == [
        ["期限", "…", "改派", "老板"],
        ["…", "升级给", "老板"],
        ["…", "转到“完成”"],
    ]
    assert "负责人  师傅(组)" in told


def test_a_case_without_further_deadlines_says_so(flowkit, app) -> None:
    """What was called in shows since when."""
    edit(app, "timeouts: [{after: 30m, escalate: 老板}]", "timeouts: [{after: 1s, escalate: 老板}]")
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    time.sleep(1.1)
    flowkit("run", "shop", "--once")
    told = flowkit("case", "shop", "GD0001").out
    assert re.search(r"升级给  老板\(组\)  自 \d{4}-", told)
    assert "期限    已全部到过" in told


def test_the_database_of_another_app_is_refused_in_words(flowkit, app) -> None:
    """No command takes it; `flowkit run` is told once what the app was called before."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    edit(app, "app: 修车铺", "app: 汽修店")
    there = ("--database", "sqlite:///修车铺.db")
    said = flowkit("case", "shop", "GD0001", *there)
    assert said.code == 2
    assert 'expected a database of the app "汽修店", found that of the app "修车铺"' in said.err
    assert "--renamed-from" in said.err
    assert "there is no database" in flowkit("run", "shop", "--once", "--renamed-from", "修车铺").err
    assert flowkit("run", "shop", "--once", *there, "--renamed-from", "修车铺").code == 0
    assert flowkit("case", "shop", "GD0001", *there).code == 0


def test_an_app_that_open_cases_do_not_fit_is_told_and_refused(flowkit, app) -> None:
    """`check --database` tells it beforehand, every command refuses it, and `migrate` or `--allow-stranded` goes past it."""
    flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A12345")
    there = ("--database", "sqlite:///修车铺.db")
    assert flowkit("check", "shop", *there).code == 0
    edit(app, "师傅", "技师")
    assert flowkit("check", "shop").code == 0
    said = flowkit("check", "shop", *there)
    assert (said.code, 'error[stranded]: 1 open case of "工单"' in said.out, 'no role "师傅"' in said.out) == (
        1,
        True,
        True,
    )
    assert "there is no database" in flowkit("check", "shop", "--database", "sqlite:///none.db").err
    for words in (("act", "shop", "GD0001", "接单", *ZHANG), ("run", "shop", "--once"), ("tasks", "shop", *ZHANG)):
        refused = flowkit(*words)
        assert (refused.code, "error[stranded]" in refused.err) == (1, True)
    assert flowkit("case", "shop", "GD0001", "--allow-stranded").code == 0
    moved = flowkit("migrate", "shop", "工单", "--by", "员工:wang")
    assert (moved.code, moved.out.split()) == (0, ["GD0001", "已换到现在的流程"])
    assert "没有要换的工单" in flowkit("migrate", "shop", "工单", "--by", "员工:wang").out
    assert flowkit("check", "shop", *there).code == 0
    assert flowkit("act", "shop", "GD0001", "接单", *ZHANG).code == 0
    edit(app, "接单: {to: 处理中}", "接单: {title: 接, to: 处理中}")
    edit(app, "处理中", "维修中")
    refused = flowkit("migrate", "shop", "工单", "--by", "员工:wang", "--format", "json")
    assert (refused.code, "没有环节“处理中”" in refused.out) == (1, True)


def test_what_came_in_and_found_no_use_is_listed(flowkit, app) -> None:
    """A signal for which no node listened for a day stands among what was given up, in words and in JSON."""
    clock = VirtualClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    with FlowKit(load_app(app), "sqlite:///work.db", clock=clock) as kit:
        case = kit.submit("工单", {"车牌": "浙A1"}, by="员工:zhang")
        kit.signal(case.id, "配件到", by="员工:wang", key="s1")
        clock.move(timedelta(days=1))
        kit.advance()
    said = flowkit("outbox", "shop", "--database", "sqlite:///work.db", "--state", "dead")
    assert "员工:wang/s1" in said.out
    assert "24 小时内没有节点接收" in said.out
    (told,) = json.loads(flowkit("outbox", "shop", "--database", "sqlite:///work.db", "--format", "json").out)
    assert (told["kind"], told["target"], told["state"]) == ("signal", "配件到", "dead")

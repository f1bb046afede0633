"""Pages in two languages: each word of ours has its English, and nothing of ours stays Chinese on an English page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import flowkit.engine
import flowkit.insight
import flowkit.runtime.names
import flowkit.web
from flowkit import FlowKit, VirtualClock, load_app
from flowkit.engine.operations.adding import WHERE
from flowkit.engine.operations.table import OPERATIONS
from flowkit.engine.verbs import WATCH
from flowkit.errors import Problem
from flowkit.runtime.todo import DAMAGED
from flowkit.testing.demo import Trial
from flowkit.web import create_app
from flowkit.web.languages import languages
from flowkit.web.wording import problem
from tests.shop import NINE
from tests.web.plain import Plain

WEB = Path(flowkit.web.__file__).parent
INSIGHT = Path(flowkit.insight.__file__).parent
CATALOGUE: dict[str, dict[str, str]] = yaml.safe_load((WEB / "english.yaml").read_text(encoding="utf-8"))
ENGLISH = languages()["en"]

CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
HAN = re.compile(r"[\u4e00-\u9fff]")
SPOKEN = re.compile(r"\b_\(\s*'([^']*)'")
SAID = re.compile(r'\bsay\("([^"]*)"')
NO_WORDS = {
    "languages.py": "the language's own name",
    "phrases.py": "signs",
    "wording.py": "signs",
    "posted.py": "a sign that people type",
}

FLAGS = ("逾期", "代理", "升级", WATCH, "故障", DAMAGED, "抄送", "挂起", "催办 {0} 次")
"What the engine puts beside a task: see flowkit/runtime/todo.py and surroundings.py."


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted((WEB / "templates").glob("*.html")):
        yield path.name, re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def _scripts() -> Iterator[tuple[str, str]]:
    for path in sorted((WEB / "static").glob("*.js")):
        yield path.name, re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def _texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module that hold Chinese, its docstrings and what builds dates of it left out."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if told or (isinstance(node, ast.FunctionDef) and node.name == "day"):
            skipped |= set(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped |= set(ast.walk(node))
            holes = iter(range(len(node.values)))
            text = "".join(p.value if isinstance(p, ast.Constant) else f"{{{next(holes)}}}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        # A pattern that knows the signs of Chinese says nothing to anybody.
        if CHINESE.search(text) and "\\" not in text:
            yield text


def _in_pages() -> set[str]:
    found = {words for _, text in _templates() for words in SPOKEN.findall(text)}
    for path in sorted(WEB.rglob("*.py")):
        if path.name not in NO_WORDS:
            found |= set(_texts(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def _of_operations() -> set[str]:
    titles = {operation.title for operation in OPERATIONS.values()}
    forms = [operation.form for operation in OPERATIONS.values() if operation.form is not None]
    return titles | {field.title for form in forms for field in form.fields.values()} | set(WHERE.values())


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("pages", _in_pages()),
        ("scripts", {words for _, text in _scripts() for words in SAID.findall(text)}),
    ],
)
def test_every_word_of_ours_has_its_english_and_none_is_left_over(section: str, wanted: set[str]) -> None:
    """What pages and scripts say stands in the catalogue, and nothing stands there that nobody says."""
    assert wanted - CATALOGUE[section].keys() == set()
    assert CATALOGUE[section].keys() - wanted == set()


def _modules(*rooms: Path) -> Iterator[ast.Module]:
    for path in (each for room in rooms for each in (sorted(room.rglob("*.py")) if room.is_dir() else [room])):
        yield ast.parse(path.read_text(encoding="utf-8"))


def test_every_sentence_of_a_story_has_its_english() -> None:
    """What insight says, and what it calls things by, stands in the catalogue; nothing stands there that it never says."""
    rooms = [path for path in sorted(INSIGHT.glob("*.py")) if path.name != "table.py"]
    modules = list(_modules(*rooms, Path(flowkit.runtime.names.__file__)))
    wanted = {text for module in modules for text in _texts(module)}
    punctuation = {",", "{what}: {result}", "{what}({more})", "{where} {who}"}
    assert wanted - CATALOGUE["story"].keys() == set()
    assert CATALOGUE["story"].keys() - wanted == punctuation


def test_no_sentence_of_a_story_is_put_together_past_the_catalogue() -> None:
    """Insight fills in templates, which another language has in an order of its own: no f-string of it is Chinese."""
    for module in _modules(INSIGHT):
        for node in ast.walk(module):
            if isinstance(node, ast.JoinedStr):
                said = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
                assert not CHINESE.search(said), said


PIECES = {
    *(
        "一二三四五六日",
        "{0} 周{1}{2}",
        " 至 {0}",
        "{0}{1} 放假{2},不计",
        "不在上班时间,等到 {0} {1} 起算",
        "{0} {1} 计 {2}",
    ),
    *(
        "第 {0} 个工作日 {1}",
        "{0},其中工作时间 {1}",
        ",{0} 恢复",
        "已挂起{0}: {1}",
        "已恢复办理: {0}",
        "您关注的{0}{1}",
    ),
    *("已结束({0})", "到了“{0}”", ",可以退回: {0}", "这一路没有经过“{0}”,不能退回到那里{1}", "(第 {0} 次催办)"),
    *("(退回:{0})", "(退回)", "{0}在{1}的评论里提到了您:", "{0}已作废: {1}"),
}
"What is only part of a sentence of the engine's; the sentences are looked at in a story."


def test_what_the_engine_says_to_people_has_its_english() -> None:
    """No refusal or reason of the engine's is Chinese on an English page, whatever stands in it."""
    engine = Path(flowkit.engine.__file__).parent
    said = {
        text for m in _modules(*(p for p in sorted(engine.rglob("*.py")) if p.name != "keys.py")) for text in _texts(m)
    }
    people = {text for text in said - PIECES if HAN.search(text) and not re.search("type: |`@", text)}
    assert {text for text in people if HAN.search(ENGLISH.told(re.sub(r"\{\d+\}", "7", text)))} == set()


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("03-02 周一 08:30–12:00 13:30–17:30 计 7 小时 30 分钟", "03-02 Mon 08:30–12:00 13:30–17:30: 7 h 30 min"),
        ("第 2 个工作日 02-28 周六(调休上班)", "working day 2: 02-28 Sat (made-up working day)"),
        ("10-01 至 10-07 放假(国庆节、中秋节),不计", "10-01 to 10-07: holiday (国庆节、中秋节), not counted"),
        ("+ 挂起 1 天 2 小时（2026-03-02 09:00 起）,其中工作时间 4 小时", "+ On hold 1 d 2 h (from 2026-03-02 09:00), 4 h of it business time"),
        ("这一步不允许退回", "“Send back” is not allowed here"),
        ("没有“报修”这一步,可以退回: 同意、拒绝", "There is no step “报修”; it can go back to: Approve, Reject"),
        ("张伟 不是员工", "张伟 is no colleague"),
    ],
)  # fmt: skip
def test_a_sentence_of_the_engine_is_said_with_what_stands_in_it(said: str, english: str) -> None:
    """It is known by its shape; titles in it are said too, names and what was typed stay."""
    assert ENGLISH.told(said) == english
    assert languages()["zh"].told(said) == said


def test_what_the_engine_puts_on_every_page_has_its_english() -> None:
    """Flags, operations and what these ask for are said in English too."""
    assert {*FLAGS, *_of_operations()} - {*CATALOGUE["engine"], *CATALOGUE["pages"]} == set()


def test_nothing_chinese_is_written_past_the_catalogue() -> None:
    """Templates and scripts hold Chinese only where the catalogue is asked for it."""
    for name, text in _templates():
        assert not CHINESE.findall(SPOKEN.sub("", text)), name
    for name, text in _scripts():
        assert not CHINESE.findall(SAID.sub("", text)), name


@pytest.mark.parametrize("section", ["pages", "story", "engine", "scripts"])
def test_placeholders_agree(section: str) -> None:
    """What is put into the Chinese words is put into the English ones, and no Chinese is left in these."""
    for words, english in CATALOGUE[section].items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", words)), words
        assert not CHINESE.search(english), words


def test_numbers_in_words_of_the_engine_are_kept() -> None:
    """A sentence with numbers is found by its shape, and keeps them in their places."""
    assert ENGLISH.told("催办 3 次") == "Urged 3 times"
    assert ENGLISH.told("电梯 3 号") == "电梯 3 号"
    assert languages()["zh"].told("催办 3 次") == "催办 3 次"


def test_a_missing_answer_is_told_in_the_readers_language() -> None:
    """A problem is told by its code where its sentence is not known; what an author wrote stays as it is."""
    lacking = Problem("phone", "required", "请填写联系电话", "联系电话")
    assert problem(ENGLISH, lacking) == "“联系电话” is needed: please fill it in"
    assert problem(languages()["zh"], lacking) == "请填写联系电话"
    assert problem(ENGLISH, Problem("", "check", "距电梯 312 米,进入 200 米范围才可签到")) == (
        "距电梯 312 米，进入 200 米范围才可签到"
    )


# --- English pages --------------------------------------------------------------------------------------------------

APP = """
app: lifts
title: Lift service
catcher: head
coordinates: wgs84
customers: {entity: customer, by: phone}
roles: {desk: {title: Desk, sees: all, may: [suspend]}, head: {title: Head, sees: all}}
staff: {entity: employee, roles: roles}
---
entity: employee
key: code
label: name
fields: {code: text, name: text, roles: {type: list, of: role}}
rows: [{code: ann, name: Ann, roles: desk|head}]
---
entity: customer
key: code
fields: {code: text, phone: {type: phone, personal: true}}
---
form: fault
fields:
  what: {type: text, title: What is wrong, required: true}
  phone: {type: phone, title: Phone, required: true, personal: true}
  photos: {type: media, title: Photos, accept: [image], max: 3}
  where: {type: location, title: Where}
---
workflow: repair
title: Repair
from: fault
number: "R-{{ sequence(4) }}"
nodes:
  waiting:
    title: Waiting
    owner: desk
    actions: {fix: {title: Fix, to: fixed}}
    timeouts: [{after: 1h, notify: {to: owner, text: Look at it}}]
  fixed: {title: Fixed, end: done}
---
intake: door
title: Report a fault
opens: {workflow: repair}
---
intake: call
title: Calls
who: desk
applicant: {by: phone}
opens: {workflow: repair}
---
view: board
title: Repairs
of: repair
for: [desk]
board: {by: node}
card: {title: "{{ what }}", lines: []}
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    """Somebody who reads English, at an app whose author wrote English."""
    folder = tmp_path_factory.mktemp("lifts")
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    with FlowKit(load_app(folder), "sqlite://", clock=VirtualClock(NINE)) as kit:
        kit.submit("repair", {"what": "Door stuck", "phone": "13800000001"}, by="employee:ann")
        browser = Plain(create_app(kit, authenticate=lambda _: "employee:ann"))
        browser.client.headers["accept-language"] = "en-GB,en;q=0.9"
        yield browser


def chinese(browser: Plain) -> list[str]:
    """What a reader of English sees, or is read, that is Chinese; the name of the other language may stay."""
    text = re.sub(r"<script.*?</script>|data-words='[^']*'", "", browser.text, flags=re.DOTALL).replace("中文", "")
    return [line for line in re.split(r"[<>\n]", text) if CHINESE.search(line)]


@pytest.mark.parametrize(
    "path", ["/tasks", "/cases", "/cases?state=all&q=x", "/views/board", "/desk/call?caller=13800000001", "/me", "/new/repair",
             "/incidents", "/codes", "/open/door", "/nowhere"]
)  # fmt: skip
def test_a_page_in_english_holds_no_chinese(browser: Plain, path: str) -> None:
    """All that stands around what authors and people wrote is English."""
    browser.get(path)
    assert browser.status == (404 if path == "/nowhere" else 200)
    assert '<html lang="en">' in browser.text
    assert chinese(browser) == []


def test_a_case_in_english_holds_no_chinese_but_the_engines_story(browser: Plain) -> None:
    """Its papers, its messages, its operations and their forms are English."""
    browser.get("/tasks").click("Fix")
    assert chinese(browser) == []
    case = browser.path.split("/")[2]
    for path in ("?tab=values", "?tab=messages", "/do/comment", "/do/suspend", "/do/copy", "/do/nothing"):
        browser.get(f"/cases/{case}{path}")
        assert chinese(browser) == [], path


def test_a_form_that_lacks_something_says_so_in_english(browser: Plain) -> None:
    """The summary and the words at the field are English."""
    browser.get("/open/door").send("Submit", what="")
    assert browser.status == 422
    assert "“What is wrong” is needed" in browser.words
    assert chinese(browser) == []


def test_scripts_speak_the_language_of_the_page(browser: Plain) -> None:
    """The page brings them their words, and none where they speak it already."""
    assert "Where you are" not in browser.get("/open/door").text
    assert "data-words='{" in browser.text
    browser.client.headers["accept-language"] = "zh-CN"
    assert "data-words" not in browser.get("/open/door").text
    browser.client.headers["accept-language"] = "en"


def test_a_trial_in_english_is_english(tmp_path: Path) -> None:
    """The bar of a trial, its doors and its messages are English too."""
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    trial = Trial(load_app(tmp_path))
    try:
        browser = Plain(create_app(trial.kit, demo=trial))
        browser.client.headers["accept-language"] = "en"
        for path in ("/demo", "/demo/messages"):
            assert chinese(browser.get(path)) == [], path
    finally:
        trial.close()

"""Texts for people: what they show, in which language and zone, and what their authors are told."""

from __future__ import annotations

import html
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from flowkit.diagnostics import Findings, Place
from flowkit.errors import EvaluationError
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.template_reading import MESSAGE, PAGE, read_template
from flowkit.rules.language.templates import Template, compile_all, compile_template
from flowkit.rules.language.types import NUMBER, TEXT, Type
from flowkit.source.nodes import MappingNode, ScalarNode, SequenceNode

OPEN = Scope({}, open=True)
LINE = Type("record", members=lambda: {"part": TEXT, "amount": NUMBER})
SCOPE = Scope(
    {"车牌": TEXT, "lines": Type("list", item=LINE), "fault": Type("text", options=("困人", "冒烟"), title="故障")}
)
CHINA = timezone(timedelta(hours=8))
MOMENT = datetime(2026, 3, 1, 17, 5, tzinfo=UTC)


class Record:
    key, title = "E1", "1 号梯"

    def attribute(self, name):
        return "滨江" if name == "region" else None


def shown(text, locale="zh", timezone=None, **names):
    found = compile_all(text, OPEN)
    assert isinstance(found, Template), [e.message for e in found]
    return found.render(names, locale, timezone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("工单 {{ number }} 还没人接", "工单 WX1 还没人接"),
        ("[{{ nothing }}{{ nothing.deep.x }}]", "[]"),
        ("{{ price }} {{ one }} {{ yes }} {{ tags }}", "1234.50 1 是 a、b"),
        ("{{ day }} {{ t }} {{ wait }}", "2026-03-02 09:05 15 分钟"),
        ("{{ e }} {{ e.region }} {{ here }} {{ photo }}", "1 号梯 滨江 30.27,120.15 a.jpg"),
        ("{{ price | money }} {{ price | round }} {{ one | round(2) }}", "1,234.50 1235 1.00"),
        ("{{ 0.153 | percent }} {{ 0.153 | percent(1) }}", "15% 15.3%"),
        ("{{ nothing | default('无') }} {{ nothing | round }}|", "无 |"),
        ("{{ tags | join('+') | upper }} {{ 'AB' | lower }} {{ tags | length }}", "A+B ab 3"),
        ("{{ wait | duration }} {{ day | date }} {{ t | time }}", "15 分钟 2026-03-02 09:05"),
        ("{{ '急' if one > 0 else '缓' }}{{ '急' if nothing > 0 }}", "急"),
        ("{% if nothing > 0 %}a{% elif one == 1 %}b{% else %}c{% endif %}", "b"),
        (
            "{% for l in lines %}{{ loop.index }}.{{ l.part }}{% if not loop.last %};{% endif %}{% endfor %}",
            "1.门机;2.光幕",
        ),
        ("{% for l in lines if l.n > 1 %}{{ l.part }}{% else %}无{% endfor %}", "光幕"),
        ("{% for l in nothing %}x{% else %}无{% endfor %}", "无"),
        ("{{ sum(lines, row.n * one) }} {{ count(lines, row.n > 1) }}", "3 1"),
        ("a  {%- if yes %} b {%- endif %}  c", "a b  c"),
        ("{# 备注 #}x", "x"),
        ("{{ number ～ }}".replace(" ～ ", " ~ '号' "), "WX1号"),
        ("{{ number｜default（“无”） }}", "WX1"),
        ("{{ one ＋ 1 }}{{ 1 if one <> 1 OR NOT yes else 2 }}", "22"),
        ("{{ '{{' }} a }} {{ \"}}\" }}", "{{ a }} }}"),
        ("两行\n{{ number }}\n", "两行\nWX1"),
        ("{{ 0.1 + 0.2 }} {{ 2 * 3.50 }}", "0.3 7.00"),
        ("{{ distance(here, here) | round }} 米", "0 米"),
        ("{{ number in ['WX1'] and number not in tags }}", "是"),
    ],
)
def test_what_a_text_shows(text, expected):
    """Empty shows as nothing, numbers as typed, lists and records as people name them."""
    names = {
        "number": "WX1",
        "price": Decimal("1234.50"),
        "one": 1,
        "yes": True,
        "tags": ["a", None, "b"],
        "day": date(2026, 3, 2),
        "t": time(9, 5),
        "wait": timedelta(minutes=15),
        "e": Record(),
        "here": {"latitude": Decimal("30.27"), "longitude": Decimal("120.15"), "system": "wgs84"},
        "photo": {"name": "a.jpg", "kind": "image"},
        "lines": [{"part": "门机", "n": 1}, {"part": "光幕", "n": 2}],
    }
    assert shown(text, **names) == expected


def test_moments_are_shown_on_the_readers_clock():
    """A moment is shown in the zone that is asked for, else in that of `now`."""
    assert (
        shown("{{ m }} {{ m | date }} {{ m | time }}", timezone=CHINA, m=MOMENT) == "2026-03-02 01:05 2026-03-02 01:05"
    )
    assert shown("{{ m }}", m=MOMENT, now=MOMENT.astimezone(CHINA)) == "2026-03-02 01:05"
    assert shown("{{ m }}", m=MOMENT) == "2026-03-01 17:05"


def test_words_follow_the_language():
    """True, false and lists are said in the language of the text."""
    assert shown("{{ a }} {{ b }} {{ l }}", "en", a=True, b=False, l=[1, 2]) == "yes no 1, 2"
    assert shown("{{ a }} {{ b }} {{ l }}", "zh-CN", a=True, b=False, l=[1, 2]) == "是 否 1、2"


def scalar(typed):
    return ScalarNode(typed, typed, Place("a.yaml", 3, 7, 3, 7 + len(typed)))


def test_a_text_in_several_languages():
    """The wanted language is taken, else its general form, else the first."""
    place = Place("a.yaml")
    node = MappingNode({"zh": scalar("工单 {{ n }}"), "en": scalar("Order {{ m }}")}, {"zh": place, "en": place}, place)
    findings = Findings()
    template = compile_template(node, OPEN, findings)
    assert template is not None
    assert not len(findings)
    assert template.locales == ("zh", "en")
    assert template.reads == {("n",), ("m",)}
    names = {"n": 1, "m": 2}
    assert [template.render(names, x) for x in ("zh-CN", "en-GB", "fr")] == ["工单 1", "Order 2", "工单 1"]


def test_reads_follow_loops():
    """What is read of a loop's variable is a column of the list."""
    found = compile_all(
        "{{ case.number }}{% for l in lines %}{{ l.part }}{{ other }}{{ loop.index }}{% endfor %}", OPEN
    )
    assert isinstance(found, Template)
    assert found.reads == {("case", "number"), ("lines",), ("lines", "part"), ("other",)}


@pytest.mark.parametrize(
    ("text", "at", "message", "help"),
    [
        ("您的 {{ 车排 }} 已修好", "车排", 'unknown name "车排"', 'did you mean "车牌"?'),
        ("{% for l in lines %}{{ l.prt }}{% endfor %}", "prt", 'l has no "prt"', 'did you mean "part"?'),
        ("{% if fault == '困入' %}x{% endif %}", "'困入'", '故障 has no option "困入"', 'did you mean "困人"?'),
        ("{{ 车牌 | mony }}", "mony", 'unknown format "mony"', 'did you mean "money"?'),
        ("{{ 车牌 | money }}", "车牌", "money expects a number, found a text", "money(number)"),
        ("{{ dsitance(1, 2) }}", "dsitance", 'unknown function "dsitance"', 'did you mean "distance"?'),
        ("{% if 车牌 %}x{% endif %}", "车牌", "expected a condition, found a text", "write not empty(...)"),
        ("{% for c in 车牌 %}x{% endfor %}", "车牌", "expected a list, found a text", ""),
        ("{{ 车牌 ? 1 : 2 }}", "?", 'unexpected "?"', "write a if condition else b, or x | default('...')"),
        ("{{ 车牌 = 1 }}", "=", None, None),
        ("｛｛ 车牌 ｝｝", "｛｛", 'unexpected "｛｛"', "write {{ and }} with the half-width braces"),
        ("{% if fault == null %}x", "x", "{% if %} is not closed", "write {% endif %}"),
        ("{{ 车牌[0] }}", "[", None, "write record.name; a list is searched with find(list, condition)"),
        ("{% set x = 1 %}", "set", None, "it knows {% if %}, {% elif %}, {% else %} and {% for %}"),
        ("{% autoescape true %}{% endautoescape %}", "autoescape", "a text for people knows no {% autoescape %}", None),
        ("{% call f() %}x{% endcall %}", "call", "a text for people knows no {% call %}", None),
        ("{%- while true %}x{% endwhile %}", "while", "a text for people knows no {% while %}", None),
        ("{{ 车牌 is defined }}", "is", None, "write empty(x) or not empty(x)"),
    ],
)
def test_a_mistake_is_told_at_its_place(text, at, message, help):
    """A mistake in a template points at its own characters, with a way out."""
    found = compile_all(text, SCOPE)
    assert isinstance(found, list)
    error = found[0]
    assert text[error.offset : error.end] == at
    assert message is None or error.message == message
    assert help is None or error.help == help


def test_all_mistakes_of_a_text_are_told_in_the_file():
    """Each mistake becomes a diagnostic at its place in the file."""
    findings = Findings()
    assert compile_template(scalar("{{ a }} {{ b.c }}{% for x in 车牌 %}{{ d }}{% endfor %}"), SCOPE, findings) is None
    assert [(f.code, f.place.column) for f in findings] == [
        ("unknown-name", 10),
        ("unknown-name", 18),
        ("type-mismatch", 36),
        ("unknown-name", 44),
    ]


@pytest.mark.parametrize(
    "node",
    [
        SequenceNode((), Place("a")),
        ScalarNode(None, "null", Place("a")),
        MappingNode({}, {}, Place("a")),
        MappingNode({"中文": scalar("x")}, {"中文": Place("a")}, Place("a")),
        MappingNode({"zh": SequenceNode((), Place("a"))}, {"zh": Place("a")}, Place("a")),
    ],
)
def test_a_text_is_a_text(node):
    """A list, nothing, or an unknown language where a text belongs is answered."""
    findings = Findings()
    assert compile_template(node, SCOPE, findings) is None
    assert [f.code for f in findings] == ["bad-template"]


def test_a_misfit_is_an_evaluation_error():
    """A value that does not fit is told with the template and the offset in it."""
    found = compile_all("你好 {{ x + 1 }}", OPEN)
    assert isinstance(found, Template)
    with pytest.raises(EvaluationError) as caught:
        found.render({"x": "a"})
    assert caught.value.offset == 6


def test_output_is_bounded():
    """A text longer than 100,000 characters is refused while it is written."""
    with pytest.raises(EvaluationError, match="longer than"):
        shown("{{ x }}{{ x }}", x="a" * 60_000)
    with pytest.raises(EvaluationError, match="rows to go through"):
        shown("{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}", r=list(range(200)))


def test_values_are_escaped_where_the_text_is_html():
    """What the author wrote stays as written; values, results of formats and items of lists come out as text."""
    found = compile_all('<b title="{{ x }}">{{ x | upper }}</b>{% for i in items %}{{ i }}{% endfor %}', OPEN)
    assert isinstance(found, Template)
    text = found.render({"x": "<a>", "items": ['"&']}, escape=html.escape)
    assert text == '<b title="&lt;a&gt;">&lt;A&gt;</b>&quot;&amp;'


def test_a_page_may_be_longer_than_a_message():
    """Each has its own bounds, for what is written and for what comes out."""
    text = "x" * (MESSAGE.characters + 1)
    (found,) = compile_all(text, OPEN)
    assert f"at most {MESSAGE.characters} characters" in found.message
    page = compile_all(text + "{{ x }}", OPEN, PAGE)
    assert isinstance(page, Template)
    assert len(page.render({"x": "y" * MESSAGE.result})) > MESSAGE.result
    with pytest.raises(EvaluationError, match=str(PAGE.result)):
        page.render({"x": "y" * PAGE.result})


@pytest.mark.parametrize("text", ["{{ " * 60_000, "{{" * 60_000 + "%}", "{% {{ " * 30_000 + "}}"])
def test_braces_that_never_close_are_told_without_searching_for_each(text):
    """The text is gone through once: a file of nothing but open braces is refused as fast as it is read."""
    found = compile_all(text, OPEN, PAGE)
    assert not isinstance(found, Template)
    assert found[0].code == "bad-template"


def test_one_kind_of_braces_left_open_does_not_hide_the_other():
    """Full-width signs are read in what does close, before and after an opener that does not."""
    assert read_template("{{ f（1） }}{# {% #}").tree.body
    with pytest.raises(ExpressionError) as caught:
        read_template("{% {{ a（1） }}")
    assert caught.value.offset < len("{% {{ a")

"""Expressions and templates that have broken other engines: each is refused by our own errors, at once, and none escapes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.reading import MAX_LENGTH
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import Template, compile_all

OPEN = Scope({}, open=True)


class Trap:
    """An object of the host: whoever reads more of it than `attribute` gives has escaped."""

    secret = "escaped"

    def attribute(self, name):
        return None

    def delete(self):
        raise AssertionError("escaped")


NAMES = {
    "c": Trap(),
    "text": "a" * 50_000,
    "big": 10**27,
    "nan": float("nan"),
    "inf": float("inf"),
    "dnan": Decimal("NaN"),
    "snan": Decimal("sNaN"),
    "rows": [{"a": 1}] * 1000,
    "n": 5,
    "f": len,
    "d": {"a": {"b": 1}},
}

EXPRESSIONS = [
    # costs: folded constants, huge numbers, long and deep texts
    "1 << 10000000",
    "1 >> 1",
    "2 ** 999999999",
    "9**9**9**9",
    "1e9999999",
    "(1e9999999).floor",
    "0x" + "f" * 100,
    "9" * 29,
    "9" * 1900,
    "0." + "1" * 100,
    "big * big",
    "big * big * big * big * big * big",
    "10000000000000000000000000000 + 0",
    "1 / 0",
    "n % 0",
    "n // 0",
    "round(n, 1000000000)",
    "round(n, 0 - 1000000000)",
    " and ".join(["true"] * 1200),
    "a and " * 330 + "a",
    "not " * 400 + "a",
    "-" * 400 + "1",
    "(" * 900 + "1" + ")" * 900,
    "[" * 900 + "1" + "]" * 900,
    "(" * 50 + "1" + ")" * 50,
    "empty(" * 60 + "n" + ")" * 60,
    "a" + ".b" * 900,
    "a" * (MAX_LENGTH + 1),
    "a" * 101,
    "n" + " ? n : n" * 200,
    "n" + " ?? n" * 240,
    "1" + "+1" * 240,
    "sum(rows, sum(rows, count(rows)))",
    "sum(rows, sum(rows, sum(rows, sum(rows))))",
    "text + text + text",
    "concat(text, text, text)",
    "join(rows, text)",
    "join([text, text, text], text)",
    "999999999y",
    "99999999999999999999h",
    "10000d * 10000000",
    "d'9999-12-31' + 300d",
    "d'0001-01-01' - 300d",
    # numbers that are none
    "nan > 1",
    "nan == nan",
    "inf + 1",
    "dnan + 1",
    "dnan > 1",
    "snan",
    "inf",
    "number('NaN')",
    "number('1e999999')",
    # ways to Python
    "__class__",
    "c.__class__",
    "c.__class__.__mro__",
    "''.__class__",
    "[].__class__.__base__.__subclasses__()",
    "c.delete()",
    "c.secret > 1 and c.secret.x()",
    "f(1)",
    "f.x",
    "__import__('os')",
    "__import__('os').system('id')",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "getattr(c, 'secret')",
    "lambda: 1",
    "$range(10000000)",
    "$env('HOME')",
    "$abs(1)",
    "text.format(c)",
    "text.ends_with('a')",
    "'%0999999999d' % n",
    "'a' * 1000000000",
    "[1] * 1000000000",
    # constructs of rule-engine that the language does not have
    "[x for x in rows]",
    "[x for x in $range(10000000) if x]",
    "{1, 2, 3}",
    "{'a': 1}",
    "{}",
    "rows[0]",
    "rows[0:5]",
    "d['a']",
    "d&.a",
    "d&['a']",
    "text =~ '(a+)+$'",
    "text =~~ '(a+)+$'",
    "text !~ 'a'",
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ '(a+)+$'",
    "1 | 2",
    "1 ^ 2",
    "1 & 2",
    "b'abc'",
    "t'P1D'",
    "n = 5",
    "n; n",
    "n # remark",
    "`n`",
    "n\\n",
    "n @ n",
    # patterns
    "matches(text, '(?=a)')",
    r"matches(text, '(a)\1')",
    "matches(text, '(((a{1000}){1000}){1000})')",
    "matches(text, '" + "a" * 300 + "')",
    "matches(text, '(')",
    "matches(text, text)",
    # characters
    "n > \x00",
    "n\u202e > 1",
    "n > 1\u200b",
    r"'\ud800'",
    '“it\'s "x"”',
    "'never closed",
    "",
    "  \n ",
]


@pytest.mark.parametrize("text", EXPRESSIONS, ids=range(len(EXPRESSIONS)))
def test_hostile_expressions_are_refused(text):
    """Each is an ExpressionError when the app is loaded, or an EvaluationError when it runs."""
    with pytest.raises((ExpressionError, EvaluationError)):
        compile_text(text, OPEN).evaluate(NAMES)


HARMLESS = [
    ("matches(text, '(a+)+$')", True),
    ("matches(concat(text, '!'), '(a+)+$')", False),
    ("c.secret", None),
    ("d.__a", "refused"),
    ("d.items", None),
    ("d.keys", None),
    ("d.values.b", None),
    ("text.count", 50_000),
    ("'{{7*7}} ${7*7} =cmd'", "{{7*7}} ${7*7} =cmd"),
    (" and ".join(["n > 1"] * 120), True),
]


@pytest.mark.parametrize(("text", "expected"), HARMLESS)
def test_what_only_looks_hostile(text, expected):
    """Keys named like Python's own are keys, patterns run in linear time, texts stay texts."""
    try:
        assert compile_text(text, OPEN).evaluate(NAMES) == expected
    except ExpressionError:
        assert expected == "refused"


TEMPLATES = [
    "{{ ''.__class__ }}",
    "{{ c.__class__.__mro__ }}",
    "{{ c.delete() }}",
    "{{ c['secret'] }}",
    "{{ c|attr('secret') }}",
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ '%0999999999d' % 1 }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ range(1000000000) }}",
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{% for a in rows %}{% for b in rows %}{% for c in rows %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in rows %}{{ text }}{% endfor %}",
    "{% set x = 1 %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{% block a %}{% endblock %}",
    "{% do c.delete() %}",
    "{% for a in rows recursive %}{{ loop(rows) }}{% endfor %}",
    "{% for a, b in rows %}{% endfor %}",
    "{{ lipsum(5) }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self }}" + "{{ self.__init__ }}",
    "{{ joiner() }}",
    "{{ dict(a=1) }}",
    "{{ {'a': 1} }}",
    "{{ rows[0] }}",
    "{{ rows[0:1] }}",
    "{{ rows|map('upper') }}",
    "{{ rows|tojson }}",
    "{{ n is defined }}",
    "{{ 2 ** 99999 }}",
    "{{ 1e400 }}",
    "{{ 0xffff }}",
    "{{ 1_000 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "not " * 1900 + "n }}",
    "{{ " + "-" * 1900 + "1 }}",
    "{{ " + "n." * 900 + "n }}",
    "{{ n" + "|default(1)" * 300 + " }}",
    "{% if n > 1 %}" * 300 + "{% endif %}" * 300,
    "{{ n",
    "{% if n > 1 %}",
    "{% endif %}",
    "{{ }}",
    "{{ n n }}",
    "{# never closed",
    "{{ 'never closed }}",
    "{{ nan }}",
    "{{ inf|money }}",
    "{{ n ? 1 : 2 }}",
    "{{ f(1) }}",
    "a" * 20_001,
    "{{ n }}" * 1_000,
    "{% raw %}",
    '{{ "\\N{bad name}" }}',
]


@pytest.mark.parametrize("text", TEMPLATES, ids=range(len(TEMPLATES)))
def test_hostile_templates_are_refused(text):
    """Each is refused with our own errors when it is loaded, or fails as an EvaluationError when it is rendered."""
    found = compile_all(text, OPEN)
    if isinstance(found, Template):
        with pytest.raises(EvaluationError):
            found.render(NAMES)
    else:
        assert all(isinstance(e, ExpressionError) and 0 <= e.offset <= len(text) for e in found)


@pytest.mark.parametrize(
    "canary", ["{{7*7}}", "${7*7}", "{% if %}", "!!python/object", "=cmd|' /C calc'!A0", "<script>", "{#"]
)
def test_submitted_text_is_never_read_again(canary):
    """What people typed comes out as typed, whatever it looks like."""
    found = compile_all("a {{ x }} b{% for y in l %}{{ y }}{% endfor %}", OPEN)
    assert isinstance(found, Template)
    assert found.render({"x": canary, "l": [canary]}) == f"a {canary} b{canary}"


def test_there_are_enough_of_them():
    """The corpus holds what the notes on rule-engine and Jinja2 name, and more."""
    assert len(EXPRESSIONS) + len(TEMPLATES) >= 160

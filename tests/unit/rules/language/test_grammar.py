"""The parse table that lies in the package, and a grammar shared by threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flowkit.rules.language import parse_table
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.grammar import Grammar, yacc
from flowkit.rules.language.scope import Scope

OPEN = Scope({}, open=True)


def test_the_table_fits_the_grammar():
    """The written table was made from the grammar as it stands; `python -m flowkit.rules.language.grammar` makes it anew."""
    items = {name: getattr(Grammar(), name) for name in dir(Grammar)}
    items["__file__"] = __file__
    reflected = yacc.ParserReflect(items, log=yacc.NullLogger())
    reflected.get_all()
    assert reflected.signature() == parse_table._lr_signature


def test_the_table_is_used():
    """Building a grammar does not compute its table."""
    original = yacc.LRGeneratedTable
    try:
        yacc.LRGeneratedTable = None
        assert Grammar().lex("1 + 1")
    finally:
        yacc.LRGeneratedTable = original


def test_threads_share_the_grammar():
    """Expressions compiled by many threads at once come out as if one had compiled them."""

    def work(number):
        return compile_text(
            f"(x + {number}) * 2 == {2 * number + 2} and '{number}' in ['a', '{number}']", OPEN
        ).evaluate({"x": 1})

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(300)))

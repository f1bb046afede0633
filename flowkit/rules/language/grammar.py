"""rule-engine's lexer and grammar, widened, building our own tree.

The only file that imports rule_engine, and only when the first expression is read: importing it costs 0.4 s. The
actions of the productions are ours, so nothing of rule-engine evaluates, folds constants or raises here. Productions
that the language does not have (sets, mappings, comprehensions, slices, bit operators, bytes, regular expressions)
are taken out.

After a change to a production or a token run `python -m flowkit.rules.language.grammar`: it writes `parse_table.py`,
which saves building the tables (0.3 s a process). A table that does not fit is noticed by its signature and built
anew in memory.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rule_engine.parser import Parser
from rule_engine.parser.base import lex, yacc

from flowkit.rules.language import tree
from flowkit.rules.language.literals import read_date, read_duration, read_number, read_text
from flowkit.rules.language.mistakes import ExpressionError

TABLE = "flowkit.rules.language.parse_table"
CAPITALS = {"AND": "AND", "OR": "OR", "NOT": "NOT", "IN": "IN", "TRUE": "TRUE", "FALSE": "FALSE", "NULL": "NULL"}
CHARACTER_HELP = {
    "=": "write == to compare",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write <>",
    "×": "write *",
    "÷": "write /",
    "!": "write not",
    "、": "write , between the items of a list",
    "#": "an expression holds no remarks",
    "'": "close the text with the same quotation mark",
    '"': "close the text with the same quotation mark",
}
JOINING = {
    "且": "and",
    "并且": "and",
    "而且": "and",
    "或": "or",
    "或者": "or",
    "非": "not",
    "等于": "==",
    "大于": ">",
    "小于": "<",
}
"""Words that people write for what the language has a word or sign of its own."""
DROPPED = frozenset(
    {"POW", "BWAND", "BWOR", "BWXOR", "BWLSH", "BWRSH", "EQ_FZM", "EQ_FZS", "NE_FZM", "NE_FZS", "ATTR_SAFE"}
)


def production(original: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Takes the production itself from rule-engine; what it builds is the decorated function's."""

    def keep(function: Callable[..., None]) -> Callable[..., None]:
        function.__doc__ = original.__doc__
        return function

    return keep


def _kept(precedence: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    levels = [(level[0], *(t for t in level[1:] if t not in DROPPED)) for level in precedence]
    return tuple(level for level in levels if len(level) > 1)


class Grammar(Parser):  # type: ignore[misc]
    """Chinese names, functions without a sigil, durations, AND OR NOT in capitals. Built once, read by many threads."""

    start = "statement"  # PLY would take the first production by line number across files
    tokens = tuple(sorted(set(Parser.tokens)))  # the order is part of the table's signature
    precedence = _kept(Parser.precedence)
    reserved_words = {  # noqa: RUF012 - shaped as in the class that is widened
        "true": "TRUE",
        "false": "FALSE",
        "null": "NULL",
        "and": "AND",
        "or": "OR",
        "not": "NOT",
        "in": "IN",
    }
    t_ATTR = r"(?<=\S)\.(?=[^\W\d])"
    t_ATTR_SAFE = r"(?<=\S)&\.(?=[^\W\d])"

    def __init__(self) -> None:
        quiet = yacc.NullLogger()
        self._lexer = lex.lex(module=self, errorlog=lex.NullLogger())
        self._parser = yacc.yacc(module=self, tabmodule=TABLE, write_tables=False, debug=False, errorlog=quiet)

    def lex(self, text: str) -> list[Any]:
        """All tokens of a text, each with `type`, `value` as typed and `lexpos`."""
        lexer = self._lexer.clone()
        lexer.input(text)
        return list(iter(lexer.token, None))

    def build(self, tokens: Sequence[Any], text: str) -> tree.Node:
        """The tree of a screened list of tokens; ExpressionError at the first that does not fit."""
        parser = copy.copy(self._parser)  # the tables are shared, the stacks are this call's own
        found = parser.parse(text, lexer=_Tokens(tokens))
        if not isinstance(found, tree.Node):
            raise ExpressionError("the expression ends too early", len(text))
        return found

    # Tokens

    def t_TIMEDELTA(self, t: Any) -> Any:
        r't(?P<quote>["\'])([^\\\n]|(\\.))*?(?P=quote)|\d+(\.\d+)?(\ +business\ +(hours?|days?)|[smhdwy])(?!\w)'
        return t

    def t_SYMBOL(self, t: Any) -> Any:
        r'(?![bdtrs]["\'])\$?[^\W\d]\w*'
        after_dot = t.lexpos > 0 and t.lexer.lexdata[t.lexpos - 1] == "."
        if not after_dot:
            t.type = self.reserved_words.get(t.value) or CAPITALS.get(t.value, "SYMBOL")
        return t

    def t_DATETIME(self, t: Any) -> Any:
        r'd(?P<quote>["\'])([^\\\n]|(\\.))*?(?P=quote)'
        return t

    def t_error(self, t: Any) -> None:
        character = t.value[0]
        said = "this text is not closed" if character in "'\"" else f"unexpected {character!r}"
        raise ExpressionError(said, t.lexpos, CHARACTER_HELP.get(character, ""))

    def p_error(self, token: Any) -> None:
        if token is None:
            raise ExpressionError("the expression ends too early", -1)
        value = str(token.value)
        raise ExpressionError(f'unexpected "{value}"', token.lexpos, _misfit_help(token), end=token.lexpos + len(value))

    # Productions

    @production(Parser.p_expression_object)
    def p_expression_object(self, p: Any) -> None:
        p[0] = p[1]

    def p_statement_expr(self, p: Any) -> None:
        """statement : expression"""
        p[0] = p[1]

    def p_expression_getattr(self, p: Any) -> None:
        """object : object ATTR SYMBOL"""
        at = p.lexpos(3)
        p[0] = tree.Attribute(p[1].at, at + len(p[3]), p[1], p[3], at)

    @production(Parser.p_expression_ternary)
    def p_expression_ternary(self, p: Any) -> None:
        p[0] = tree.Ternary(p[1].at, p[5].end, p[1], p[3], p[5])

    @production(Parser.p_expression_coalesce)
    def p_expression_coalesce(self, p: Any) -> None:
        p[0] = tree.Coalesce(p[1].at, p[3].end, p[1], p[3])

    def p_expression_arithmetic(self, p: Any) -> None:
        """
        expression : expression MOD    expression
                   | expression MUL    expression
                   | expression FDIV   expression
                   | expression TDIV   expression
                   | expression ADD    expression
                   | expression SUB    expression
        """
        p[0] = tree.Arithmetic(p[1].at, p[3].end, p[2], p[1], p[3])

    p_expression_add = p_expression_sub = None

    @production(Parser.p_expression_contains)
    def p_expression_contains(self, p: Any) -> None:
        found = tree.Contains(p[1].at, p[len(p) - 1].end, p[1], p[len(p) - 1])
        p[0] = found if len(p) == 4 else tree.Not(found.at, found.end, found)

    @production(Parser.p_expression_comparison)
    def p_expression_comparison(self, p: Any) -> None:
        p[0] = tree.Equality(p[1].at, p[3].end, p[1], p[3], p[2] == "!=")

    @production(Parser.p_expression_arithmetic_comparison)
    def p_expression_arithmetic_comparison(self, p: Any) -> None:
        p[0] = tree.Ordering(p[1].at, p[3].end, p[2], p[1], p[3])

    @production(Parser.p_expression_logic)
    def p_expression_logic(self, p: Any) -> None:
        p[0] = tree.logic("and" if p[2].lower() == "and" else "or", p[1], p[3])

    @production(Parser.p_expression_group)
    def p_expression_group(self, p: Any) -> None:
        p[0] = p[2]

    @production(Parser.p_expression_negate)
    def p_expression_negate(self, p: Any) -> None:
        p[0] = tree.Not(p.lexpos(1), p[2].end, p[2])

    @production(Parser.p_expression_symbol)
    def p_expression_symbol(self, p: Any) -> None:
        p[0] = tree.Name(p.lexpos(1), p.lexpos(1) + len(p[1]), p[1])

    @production(Parser.p_expression_uminus)
    def p_expression_uminus(self, p: Any) -> None:
        p[0] = tree.Negative(p.lexpos(1), p[2].end, p[2])

    @production(Parser.p_expression_boolean)
    def p_expression_boolean(self, p: Any) -> None:
        p[0] = _constant(p, p[1].lower() == "true")

    @production(Parser.p_expression_null)
    def p_expression_null(self, p: Any) -> None:
        p[0] = _constant(p, None)

    @production(Parser.p_expression_datetime)
    def p_expression_datetime(self, p: Any) -> None:
        p[0] = _constant(p, read_date(p[1], p.lexpos(1)))

    @production(Parser.p_expression_timedelta)
    def p_expression_timedelta(self, p: Any) -> None:
        p[0] = _constant(p, read_duration(p[1], p.lexpos(1)))

    def p_expression_float(self, p: Any) -> None:
        """expression : FLOAT"""
        p[0] = _constant(p, read_number(p[1], p.lexpos(1)))

    @production(Parser.p_expression_string)
    def p_expression_string(self, p: Any) -> None:
        p[0] = _constant(p, read_text(p[1], p.lexpos(1)))

    @production(Parser.p_expression_array)
    def p_expression_array(self, p: Any) -> None:
        items = tuple(p[2]) if len(p) > 3 else ()
        p[0] = tree.ListOf(p.lexpos(1), p.lexpos(len(p) - 1) + 1, items)

    @production(Parser.p_expression_array_members)
    def p_expression_array_members(self, p: Any) -> None:
        p[0] = [p[1]] if len(p) == 2 else [*p[1], p[3]]

    @production(Parser.p_expression_function_call)
    def p_expression_function_call(self, p: Any) -> None:
        called, end = p[1], p.lexpos(len(p) - 1) + 1
        if not isinstance(called, tree.Name):
            way = f"write {called.name}(x, ...)" if isinstance(called, tree.Attribute) else ""
            raise ExpressionError("only a function's name can be called", p.lexpos(2), way)
        p[0] = tree.Call(called.at, end, called.name, tuple(p[3]) if len(p) == 5 else ())

    p_expression_bitwise = p_expression_bitwise_shift = p_expression_fuzzy_comparison = None
    p_expression_bytes = p_expression_set = p_expression_array_comprehension = None
    p_expression_mapping = p_expression_mapping_member = p_expression_mapping_members = None
    p_expression_getitem = p_expression_getslice = None


class _Tokens:
    """What PLY asks of a lexer: the tokens that passed the screen, one by one."""

    def __init__(self, tokens: Sequence[Any]) -> None:
        self._rest = iter(tokens)

    def input(self, text: str) -> None:
        """The tokens are already there."""

    def token(self) -> Any:
        return next(self._rest, None)


def _constant(p: Any, value: Any) -> tree.Constant:
    return tree.Constant(p.lexpos(1), p.lexpos(1) + len(p[1]), value)


def _misfit_help(token: Any) -> str:
    if str(token.value) in JOINING:
        return f"write {JOINING[str(token.value)]}"
    if token.type == "LBRACKET":
        return "a list is searched with find(list, condition)"
    if token.type in ("SYMBOL", "STRING", "FLOAT", "TIMEDELTA"):
        return "an operator such as and, == or , is missing before it"
    if token.type in ("GT", "GE", "LT", "LE", "IN", "EQ", "NE"):
        return "join two comparisons with and"
    return ""


@cache
def grammar() -> Grammar:
    """The one grammar of the process. Two threads that come first at once build it twice, which harms nobody."""
    return Grammar()


def write_table() -> Path:
    """Writes `parse_table.py` beside this file."""
    path = Path(__file__).with_name("parse_table.py")
    path.unlink(missing_ok=True)
    built = Grammar()
    yacc.yacc(module=built, tabmodule=TABLE, outputdir=str(path.parent), debug=False, errorlog=yacc.NullLogger())
    text = re.sub(r"^#.*\n|^\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    head = (
        '"""The parse table of the expression grammar: written by `python -m flowkit.rules.language.grammar`, not by hand."""\n'
        "# fmt: off\n# mypy: ignore-errors\n"
    )
    path.write_text(head + text, "utf-8")
    return path


if __name__ == "__main__":
    print(write_table())

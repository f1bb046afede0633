"""From the text of an expression to its tree: full-width forms made plain, tokens screened, then parsed.

Everything that could cost time or open a door is refused here, before the parser sees it: length, number of tokens,
depth, digits, and every construct of rule-engine that the language does not have.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from flowkit.errors import FlowKitError
from flowkit.rules.language.literals import read_number
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.tree import Node

MAX_LENGTH = 2000
MAX_TOKENS = 500
MAX_DEPTH = 40

_WIDE = str.maketrans(
    dict(
        zip(
            "（）［］【】｛｝，：；．＋－＊／％＜＞＝！？｜＆\u3000\u00a0０１２３４５６７８９",
            "()[][]{},:;.+-*/%<>=!?|&  0123456789",
            strict=True,
        )
    )
)
_TEXTS = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|“[^”\n]*”|‘[^’\n]*’""")

_REFUSED = {
    "POW": ("there is no power operator", "multiply instead"),
    "BWAND": ('unexpected "&"', "write and"),
    "BWOR": ('unexpected "|"', "write or"),
    "BWXOR": ('unexpected "^"', ""),
    "BWLSH": ('unexpected "<<"', "write < to compare"),
    "BWRSH": ('unexpected ">>"', "write > to compare"),
    "EQ_FZM": ('unexpected "=~"', "write matches(text, 'pattern')"),
    "EQ_FZS": ('unexpected "=~~"', "write matches(text, 'pattern')"),
    "NE_FZM": ('unexpected "!~"', "write not matches(text, 'pattern')"),
    "NE_FZS": ('unexpected "!~~"', "write not matches(text, 'pattern')"),
    "ATTR_SAFE": ('unexpected "&."', "write . : an attribute of empty is empty"),
    "BYTES": ("a text has no b before it", "write 'text'"),
    "LBRACE": ('unexpected "{"', "a list is written in [ ]"),
    "RBRACE": ('unexpected "}"', "a list is written in [ ]"),
    "COMMENT": ('unexpected "#"', "an expression holds no remarks"),
}
_OPENING, _CLOSING = ("LPAREN", "LBRACKET"), ("RPAREN", "RBRACKET")


def parse(text: str) -> Node:
    """The tree of an expression. Raises ExpressionError with the offset of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"an expression has at most {MAX_LENGTH} characters, this one has {len(text)}", MAX_LENGTH, "divide it"
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", 0, end=len(text))
    if sys.flags.optimize > 1:
        raise FlowKitError(
            "flowkit does not run under python -OO, which takes away what its grammar is written in: use -O"
        )
    from flowkit.rules.language.grammar import grammar  # importing rule_engine costs 0.4 s: only who needs it pays

    tokens = grammar().lex(widened(text))
    screen(tokens)
    try:
        return grammar().build(tokens, text)
    except ExpressionError as error:
        if error.offset < 0:
            raise ExpressionError(error.message, len(text.rstrip()), error.help) from None
        raise


def widened(text: str) -> str:
    """Full-width punctuation outside texts made ASCII, one character for one, so that every offset stays true."""
    out: list[str] = []
    at = 0
    for match in _TEXTS.finditer(text):
        out += [_outside(text[at : match.start()]), _quoted(match)]
        at = match.end()
    return "".join([*out, _outside(text[at:])])


def _outside(text: str) -> str:
    return text.translate(_WIDE).replace("<>", "!=")


def _quoted(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] not in "“‘":
        return text
    body = text[1:-1]
    quote = next((q for q in "\"'" if q not in body), None)
    if quote is None or body.endswith("\\"):
        raise ExpressionError(
            "this text cannot stand in these quotation marks", match.start(), "write it between ' and '"
        )
    return f"{quote}{body}{quote}"


def screen(tokens: Iterable[Any]) -> None:
    """Refuses what is too much or not part of the language."""
    depth = 0
    for count, token in enumerate(tokens, 1):
        at, value = token.lexpos, str(token.value)
        end = at + len(value)
        if count > MAX_TOKENS:
            raise ExpressionError(f"an expression has at most {MAX_TOKENS} words and signs", at, "divide it")
        if token.type in _REFUSED:
            message, hint = _REFUSED[token.type]
            raise ExpressionError(message, at, hint, end=end)
        if token.type == "FLOAT":
            read_number(value, at)
        elif token.type == "SYMBOL":
            _screen_name(value, at, end)
        elif token.type == "LBRACKET" and len(value) > 1:
            raise ExpressionError('unexpected "&["', at, "an attribute of empty is empty", end=end)
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if depth > MAX_DEPTH:
            raise ExpressionError(f"brackets are nested deeper than {MAX_DEPTH}", at, "divide the expression")


def _screen_name(name: str, at: int, end: int) -> None:
    if name.startswith("$"):
        raise ExpressionError(f'unexpected "{name}"', at, f"functions are written without $: {name[1:]}(...)", end=end)
    if name.startswith("__"):
        raise ExpressionError(f'"{name}" is no name', at, "names do not begin with __", end=end)
    if len(name) > 100:
        raise ExpressionError("a name has at most 100 characters", at, end=end)

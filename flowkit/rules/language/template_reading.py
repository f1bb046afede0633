"""Jinja2's lexer and grammar, used for reading only: a template's text becomes Jinja2's tree with exact offsets.

Nothing here is ever compiled or run by Jinja2. Its tokens carry a line number through to its nodes; we put the
character offset there instead, so that every mistake has its place. Between the braces the same forms as in
expressions are allowed: full-width punctuation, `<>`, AND OR NOT in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flowkit.rules.language.literals import read_number
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.operators import MAX_TEXT
from flowkit.rules.language.reading import MAX_DEPTH, widened

_CLOSERS = {"{{": "}}", "{%": "%}"}
_OPENERS = {frozenset(c): re.compile("|".join(map(re.escape, c))) for c in (("{{", "{%"), ("{{",), ("{%",))}
_TAGS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})
_WIDE_BRACES = re.compile("[{｛]｛|｛[{｛]|[}｝]｝|｝[}｝]")
_NAME = r"\s*[^\W\d][\w.]*(?:\s*\|\s*\w+)?\s*"
_TORN_BRACES = re.compile(rf"(?<!\{{)\{{(?:{_NAME}\}}\}}|\s+\{{{_NAME}\}}\s*\}})")
"""A name between braces of which one is missing or stands apart. Of a page they may be part, or of its style."""
_CAPITALS = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "TRUE": "true",
    "FALSE": "false",
    "null": "none",
    "NULL": "none",
}
_CHARACTER_HELP = {
    "?": "write a if condition else b, or x | default('...')",
    "=": "write == to compare",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write <>",
    "!": "write not",
    "&": "write and",
    "$": "functions are written without $",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a template may be, how many words and signs it may have between braces, how long what it gives."""

    characters: int
    words: int
    result: int


MESSAGE = Bounds(characters=20_000, words=2_000, result=MAX_TEXT)
"""What a text within an app's YAML needs."""

PAGE = Bounds(characters=200_000, words=10_000, result=1_000_000)
"""What a printed page needs: a file with its own layout, and tables of many rows."""


@dataclass(frozen=True, slots=True)
class Source:
    """A template read: its tree, and for the offset of each token the offset just past it."""

    tree: nodes.Template
    text: str
    ends: dict[int, int]


def read_template(text: str, bounds: Bounds = MESSAGE) -> Source:
    """Reads a template. Raises ExpressionError (code `bad-template`) at the offset of what is wrong."""
    most = bounds.characters
    if len(text) > most:
        raise _error(f"a text has at most {most} characters, this one has {len(text)}", most)
    wide = _WIDE_BRACES.search(text)
    if wide is not None:
        help = "write {{ and }} with the half-width braces"
        raise _error(f'unexpected "{wide.group()}"', wide.start(), help, end=wide.end())
    torn = _TORN_BRACES.search(text) if bounds is MESSAGE else None
    if torn is not None:
        name = torn.group().strip("{} ")
        raise _error(f'unexpected "{torn.group()}"', torn.start(), f"write {{{{ {name} }}}}", end=torn.end())
    source = _all_widened(text.replace("\r\n", " \n").replace("\r", "\n"))
    # Parsing is all that this environment is used for; the sandbox is there should anybody ever do more with it.
    environment = ImmutableSandboxedEnvironment(autoescape=False)
    ends: dict[int, int] = {}
    tokens = list(_tokens(environment, source, ends, bounds.words))
    parser = Parser(environment, "")
    parser.stream = TokenStream(iter(tokens), None, None)
    try:
        return Source(parser.parse(), text, ends)
    except TemplateSyntaxError as error:
        at = min(error.lineno, max(0, len(text) - 1))
        raise _error(
            _words(error.message or "not a template"), at, _help(error.message or ""), end=ends.get(at)
        ) from None


def _error(message: str, at: int, help: str = "", end: int | None = None) -> ExpressionError:
    return ExpressionError(message, at, help, end=end, code="bad-template")


def _unknown_tag(name: str, at: int) -> ExpressionError:
    help = "it knows {% if %}, {% elif %}, {% else %} and {% for %}"
    return _error(f"a text for people knows no {{% {name} %}}", at, help, end=at + len(name))


def _words(message: str) -> str:
    """Jinja2's words with the signs an author typed in place of the names of its tokens."""
    unclosed = re.search(r"needs to be closed is '(\w+)'", message)
    if unclosed:
        return f"{{% {unclosed[1]} %}} is not closed"
    for name, sign in (("end of print statement", "}}"), ("end of statement block", "%}"), ("begin of", "another")):
        message = message.replace(name, sign)
    message = message.replace("end of template", "end of the text").replace("'", '"').replace('""', '"')
    return message[:1].lower() + message[1:].rstrip(".")


def _help(message: str) -> str:
    unclosed = re.search(r"needs to be closed is '(\w+)'", message)
    if unclosed:
        return f"write {{% end{unclosed[1]} %}}"
    return "a text knows {% if %}, {% elif %}, {% else %} and {% for %}" if "unknown tag" in message else ""


def _all_widened(text: str) -> str:
    """The text with what stands between braces widened, read once from left to right whatever does not close."""
    parts, at, sought = [], 0, frozenset(_CLOSERS)
    while sought and (opener := _OPENERS[sought].search(text, at)) is not None:
        end = text.find(_CLOSERS[opener[0]], opener.end())
        if end < 0:  # nor does any later one of its kind close
            sought -= {opener[0]}
            continue
        parts += [text[at : opener.end()], _widened(text[opener.end() : end], opener.end())]
        at = end
    return "".join(parts) + text[at:]


def _widened(text: str, start: int) -> str:
    try:
        return widened(text)
    except ExpressionError as error:
        raise _error(error.message, start + error.offset, error.help) from None


def _tokens(
    environment: ImmutableSandboxedEnvironment, source: str, ends: dict[int, int], most: int
) -> Iterator[Token]:
    """Jinja2's tokens, each with its character offset in place of its line."""
    lexer, at, count, depth, opened = environment.lexer, 0, 0, 0, False
    raw = lexer.tokeniter(source, None)
    while True:
        try:
            _, kind, value = next(raw)
        except StopIteration:
            return
        except TemplateSyntaxError as error:
            raise _lexer_error(error, source, at) from None
        at = source.index(value, at)  # whitespace that {%- -%} strips is skipped over
        ends[at] = at + len(value)
        if kind == "raw_begin":
            raise _error("a text for people knows no {% raw %}", at, "write {{ '{{' }} for two braces", end=ends[at])
        if kind not in ("data", "whitespace"):
            if opened and kind == "name" and value not in _TAGS:
                # Jinja2 knows more: what it makes of those has no place that a mistake could be told with.
                raise _unknown_tag(value, at)
            opened = kind == "block_begin"
            count += 1
            depth += (value in ("(", "[", "{") and kind == "operator") - (
                value in (")", "]", "}") and kind == "operator"
            )
        if count > most:
            raise _error(f"a text has at most {most} words and signs between braces", at)
        if depth > MAX_DEPTH:
            raise _error(f"brackets are nested deeper than {MAX_DEPTH}", at)
        yield from _token(lexer, at, kind, value)
        at += len(value)


def _token(lexer: Any, at: int, kind: str, value: str) -> Iterator[Token]:
    if kind in ("integer", "float"):
        yield Token(at, kind, read_number(value, at))  # type: ignore[arg-type]
        return
    if kind == "name":
        value = _CAPITALS.get(value, value)
        if value.startswith("__"):
            raise _error(f'"{value}" is no name', at, "names do not begin with __", end=at + len(value))
    try:
        yield from lexer.wrap([(at, kind, value)])
    except TemplateSyntaxError as error:
        raise _error(_words(error.message or "not a template"), at, end=at + len(value)) from None


def _lexer_error(error: TemplateSyntaxError, source: str, at: int) -> ExpressionError:
    found = re.search(r"at (\d+)$", error.message or "")
    if found is None:
        return _error(_words(error.message or "not a template"), at)
    at = int(found[1])
    character = source[at]
    message = "this text is not closed" if character in "'\"" else f'unexpected "{character}"'
    return _error(message, at, _CHARACTER_HELP.get(character, ""))

"""Texts for people: Jinja2's grammar, our own evaluation.

`{{ }}` holds an expression with the names and functions of the expression language and formats after `|`; `{% if %}`
and `{% for x in list %}` are there too. Jinja2 only reads (see `template_reading`); what it read is checked against
the scope and runs in the same closures as any expression, so there is nothing to escape to: no methods, no
attributes of Python objects, no ranges, no multiplied texts. Length of a template, rows gone through and length of
the result are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from jinja2 import nodes

from flowkit.diagnostics import Findings
from flowkit.errors import EvaluationError
from flowkit.rules.language.building import Builder
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.expression import compile_all as compile_expression
from flowkit.rules.language.formats import FORMATS, RENDERING, Rendering
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.operators import MAX_TEXT, Where, rows_of
from flowkit.rules.language.pieces import Path, Piece, Run, Workshop
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.template_reading import MESSAGE, Bounds, read_template
from flowkit.rules.language.template_tree import Translator
from flowkit.rules.language.tree import Constant
from flowkit.rules.language.types import ANY, BOOLEAN, NUMBER, Type
from flowkit.source.nodes import MappingNode, ScalarNode
from flowkit.source.nodes import Node as SourceNode

MAX_LOOPS = 10_000
MAX_BLOCKS = 20

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})*")
_LOOP = Type("record", members=lambda: {"index": NUMBER, "first": BOOLEAN, "last": BOOLEAN})


class _Page:
    """A text being written: the pieces so far and what is left of the bounds."""

    __slots__ = ("escape", "left", "loops", "most", "out")

    def __init__(self, most: int, escape: Callable[[str], str] | None) -> None:
        self.out: list[str] = []
        self.left, self.most, self.loops = most, most, MAX_LOOPS
        self.escape = escape

    def value(self, text: str, where: Where) -> None:
        """A value as shown, made harmless where the text is one in which signs have a meaning."""
        self.add(text if self.escape is None else self.escape(text), where)

    def add(self, text: str, where: Where) -> None:
        self.left -= len(text)
        if self.left < 0:
            raise where.error(f"the text is longer than {self.most} characters")
        self.out.append(text)


class _Names:
    """The names of the caller with a few in front: the rendering, the variable of a loop."""

    __slots__ = ("inner", "outer")

    def __init__(self, outer: Any, inner: Mapping[str, Any]) -> None:
        self.outer, self.inner = outer, inner

    def __getitem__(self, name: str) -> Any:
        return self.inner[name] if name in self.inner else self.outer[name]


Write = Callable[[_Page, Any], None]


@dataclass(frozen=True, slots=True)
class Template:
    """A text for people, in one or several languages. `reads` is every dotted name it may read, `most` its length."""

    text: str
    reads: frozenset[Path]
    locales: tuple[str, ...]
    writes: Mapping[str, Write] = field(repr=False, compare=False)
    most: int = MAX_TEXT

    def render(
        self,
        names: Any,
        locale: str = "zh",
        timezone: tzinfo | None = None,
        escape: Callable[[str], str] | None = None,
    ) -> str:
        """The text. Moments are shown on the clock of `timezone`, by default that of `names["now"]`.

        Without the wanted language its general form is taken (`zh` for `zh-CN`), else the first there is. `escape` makes
        each value harmless where the template is one of HTML or the like; what the author wrote passes as it is.
        Raises EvaluationError if a value does not fit or the text becomes too long.
        """
        write = (
            self.writes.get(locale)
            or self.writes.get(locale.split("-", maxsplit=1)[0])
            or next(iter(self.writes.values()))
        )
        page = _Page(self.most, escape)
        try:
            write(page, _Names(names, {RENDERING: Rendering(locale, timezone, names)}))
        except RecursionError:
            raise EvaluationError("nested too deeply", self.text, 0) from None
        return "".join(page.out)


def compile_template(node: SourceNode, scope: Scope, findings: Findings) -> Template | None:
    """A text, or one for each language: `{zh: 维修工单, en: Repair order}`. Mistakes go to `findings` with their place."""
    if isinstance(node, MappingNode):
        return _per_language(node, scope, findings)
    if not isinstance(node, ScalarNode) or node.as_typed() is None:
        findings.error("bad-template", node.place, "expected a text")
        return None
    found = compile_all(node.typed, scope)
    if isinstance(found, Template):
        if _is_expression(node.typed, scope):
            help = f'write "{{{{ {node.typed[1:].strip()} }}}}"'
            findings.error("bad-template", node.place, "expected a text for people, found an expression", help)
        return found
    for error in found:
        findings.error(error.code, node.inner(error.offset, error.end), error.message, error.help)
    return None


def _is_expression(text: str, scope: Scope) -> bool:
    """Whether `=now` was written where a text stands: what reads nothing, or is none, may be meant as it is."""
    if not text.startswith("="):
        return False
    made = compile_expression(text[1:], scope)
    return bool(made.reads) if isinstance(made, Expression) else all(e.code == "unknown-name" for e in made)


def _per_language(node: MappingNode, scope: Scope, findings: Findings) -> Template | None:
    found: dict[str, Template] = {}
    for locale, place, inner in node.items():
        if not _LOCALE.fullmatch(locale):
            findings.error("bad-template", place, f'expected a language such as zh or en, found "{locale}"')
        elif not isinstance(inner, ScalarNode):
            findings.error("bad-template", inner.place, "expected a text")
        elif (template := compile_template(inner, scope, findings)) is not None:
            found[locale] = template
    if not found or len(found) < len(node.entries):
        if not node.entries:
            findings.error("bad-template", node.place, "expected a text")
        return None
    writes = {locale: t.writes[""] for locale, t in found.items()}
    reads = frozenset(path for t in found.values() for path in t.reads)
    return Template(next(iter(found.values())).text, reads, tuple(found), writes)


def compile_all(text: str, scope: Scope, bounds: Bounds = MESSAGE) -> Template | list[ExpressionError]:
    """The template of one language, or all its mistakes in the order of their places."""
    shop = Workshop(text, replace(scope, functions={**scope.functions, **FORMATS}))
    try:
        source = read_template(text, bounds)
        write = _Blocks(shop, Translator(source)).all(source.tree.body)
    except ExpressionError as error:
        return [error]
    except RecursionError:
        return [ExpressionError("nested too deeply", 0, "divide the text", end=len(text), code="bad-template")]
    if shop.errors:
        return sorted(shop.errors, key=lambda e: (e.offset, e.end))
    reads = frozenset(p for p in shop.reads if p[0] != RENDERING)
    return Template(text, reads, ("",), {"": write}, bounds.result)


class _Blocks:
    """Builds what writes: plain text, values, `if` and `for`."""

    def __init__(self, shop: Workshop, translator: Translator) -> None:
        self.shop, self.translator = shop, translator
        self.depth = 0

    def all(self, body: Sequence[nodes.Node]) -> Write:
        """The parts of a body, one after another."""
        self.depth += 1
        if self.depth > MAX_BLOCKS:
            raise ExpressionError(f"blocks are nested deeper than {MAX_BLOCKS}", body[0].lineno, code="bad-template")
        writes = tuple(self._block(node) for node in body)
        self.depth -= 1

        def write(page: _Page, names: Any) -> None:
            for part in writes:
                part(page, names)

        return write

    def _block(self, node: nodes.Node) -> Write:
        match node:
            case nodes.Output():
                return self._output(node)
            case nodes.If():
                return self._if(node)
            case nodes.For():
                return self._for(node)
        message = f"a text for people knows no {{% {type(node).__name__.lower()} %}}"
        hint = "it knows {% if %}, {% elif %}, {% else %} and {% for %}"
        raise ExpressionError(message, node.lineno, hint, end=self.translator.end(node.lineno), code="bad-template")

    def _piece(self, node: nodes.Node) -> Piece:
        """An expression; a mistake in its form is noted and the rest of the template read on."""
        try:
            return Builder(self.shop).build(self.translator.translate(node))
        except ExpressionError as error:
            self.shop.errors.append(error)
            return self.shop.unknown(Constant(node.lineno, node.lineno + 1, None))

    def _output(self, node: nodes.Output) -> Write:
        parts: list[tuple[str, Run | None, Where]] = []
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                parts.append((part.data, None, Where(self.shop.text, part.lineno)))
            else:
                piece = self._piece(part)
                parts.append(("", piece.run, self.shop.where(piece.node)))

        def write(page: _Page, names: Any) -> None:
            for text, run, where in parts:
                if run is None:
                    page.add(text, where)
                else:
                    page.value(names[RENDERING].shown(run(names)), where)

        return write

    def _if(self, node: nodes.If) -> Write:
        cases = [(self.shop.condition(self._piece(c.test)), self.all(c.body)) for c in (node, *node.elif_)]
        otherwise = self.all(node.else_)

        def write(page: _Page, names: Any) -> None:
            for condition, body in cases:
                if condition(names) is True:
                    return body(page, names)
            return otherwise(page, names)

        return write

    def _for(self, node: nodes.For) -> Write:
        if not isinstance(node.target, nodes.Name) or node.recursive:
            raise ExpressionError("expected {% for name in list %}", node.lineno, code="bad-template")
        rows, variable = self._piece(node.iter), node.target.name
        if rows.type.kind not in ("list", "any", "record") or (
            rows.type.kind == "record" and rows.type.item is None and rows.type.members
        ):
            self.shop.mistake(rows.node, f"expected a list, found {rows.type.words}")
        outside, self.shop.reads = self.shop.reads, set()
        with self.shop.inside({variable: rows.type.item or ANY, "loop": _LOOP}):
            chosen = self.shop.condition(self._piece(node.test)) if node.test is not None else None
            body = self.all(node.body)
        for path in self.shop.reads:
            if path[0] != variable and path[0] != "loop":
                outside.add(path)
            elif path[0] == variable and rows.path is not None:
                outside.add((*rows.path, *path[1:]))
        self.shop.reads = outside
        return _loop(rows.run, variable, chosen, body, self.all(node.else_), self.shop.where(rows.node))


def _loop(rows: Run, variable: str, chosen: Run | None, body: Write, otherwise: Write, where: Where) -> Write:
    def write(page: _Page, names: Any) -> None:
        kept = []
        for row in rows_of(rows(names), where):
            page.loops -= 1
            if page.loops < 0:
                raise where.error(f"more than {MAX_LOOPS} rows to go through")
            if chosen is None or chosen(_Names(names, {variable: row})) is True:
                kept.append(row)
        for index, row in enumerate(kept, 1):
            loop = {"index": index, "first": index == 1, "last": index == len(kept)}
            body(page, _Names(names, {variable: row, "loop": loop}))
        if not kept:
            otherwise(page, names)

    return write

"""A check: what must hold between fields, and what people are told if it does not. Forms and exits have them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from flowkit.diagnostics import Findings, Place, shown
from flowkit.errors import EvaluationError, Problem
from flowkit.forms.fences import Fence, fence_of
from flowkit.forms.keys import CHECK_KEYS
from flowkit.rules.evidence import Names
from flowkit.rules.language.expression import Expression, compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import Template, compile_template
from flowkit.rules.language.types import BOOLEAN
from flowkit.source.keys import Key, read_keys, sequence_of
from flowkit.source.nodes import Node, ScalarNode
from flowkit.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class CheckDefinition:
    """A check as written."""

    require: Node
    message: Node
    when: Node | None
    at: ScalarNode | None
    place: Place
    instead: ScalarNode | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check ready to be judged. `at` is the field its message stands at, "" for the whole; `roots` the names it reads.

    `title` is what people call the field at which it stands, `read` what they call those it reads. `instead` is the action
    that is the way out, "" where there is none; `fence` what it says of two places that should be near each other.
    """

    require: Expression
    message: Template
    when: Expression | None
    at: str
    roots: frozenset[str] = field(repr=False)
    place: Place = field(repr=False, default_factory=lambda: Place(""))
    title: str = ""
    read: tuple[str, ...] = ()
    instead: str = ""
    fence: Fence | None = None

    def judge(self, names: Names, locale: str = "zh", timezone: tzinfo | None = None) -> Problem | None:
        """The problem, or None if it holds or does not apply. An expression that meets a misfit is a problem too."""
        try:
            if self.when is not None and self.when.evaluate(names) is not True:
                return None
            if self.require.evaluate(names) is True:
                return None
            words = self.message.render(names, locale, timezone)
            apart = self.fence.apart(names) if self.fence is not None else None
            return Problem(self.at, "check", words, self.title, instead=self.instead, apart=apart)
        except EvaluationError as error:
            words = "检查无法进行" + (f",请核对{'、'.join(self.read)}" if self.read else "")
            return Problem(self.at, "evaluation", words, self.title, str(error), self.instead)


def parse_checks(node: Node, findings: Findings, keys: tuple[Key, ...] = CHECK_KEYS) -> tuple[CheckDefinition, ...]:
    """The checks of a list; what is unusable is reported and left out."""
    sequence = sequence_of(node, findings)
    checks = []
    for item in sequence or ():
        read = read_keys(item, "check", keys, findings)
        if read is not None and "require" in read and "message" in read:
            at, instead = (n if isinstance(n := read.get(key), ScalarNode) else None for key in ("at", "instead"))
            place = read["require"].place
            checks.append(CheckDefinition(read["require"], read["message"], read.get("when"), at, place, instead))
    return tuple(checks)


def link_checks(
    definitions: Sequence[CheckDefinition],
    scope: Scope,
    findings: Findings,
    fields: Collection[str],
    answered: Collection[str] = (),
    beside: Collection[str] = (),
) -> tuple[Check, ...]:
    """The checks ready to be judged by what `scope` sees.

    `fields` are those that `at` may name, `answered` the names of what is filled in, `beside` the actions that `instead` may name.
    """
    linked = []
    for definition in definitions:
        require = compile_expression(definition.require, scope, findings, BOOLEAN)
        when = compile_expression(definition.when, scope, findings, BOOLEAN) if definition.when is not None else None
        message = compile_template(definition.message, scope, findings)
        at = _field(definition.at, fields, findings)
        if require is not None and message is not None and (when is not None or definition.when is None):
            reads = require.reads | message.reads | (when.reads if when is not None else frozenset())
            roots = frozenset(path[0] for path in reads)
            # The words of the message are no reason why it cannot be judged.
            judged = require.reads | (when.reads if when is not None else frozenset())
            title = _title((at.split(".", 1)[0],), scope)
            read = tuple(dict.fromkeys(t for path in sorted(judged) if (t := _title(path, scope))))
            instead = _way_out(definition.instead, beside, findings)
            fence = fence_of(require.text, scope, answered)
            linked.append(Check(require, message, when, at, roots, definition.place, title, read, instead, fence))
    return tuple(linked)


def _title(path: tuple[str, ...], scope: Scope) -> str:
    """What people call the first thing on a dotted path that has a name for them; "" where nothing has."""
    type = scope.lookup(path[0])
    if type is None or type.title or len(path) == 1:
        return type.title if type is not None else ""
    inner = (type.attributes() or {}).get(path[1])
    return inner.title if inner is not None else ""


def _field(node: ScalarNode | None, fields: Collection[str], findings: Findings) -> str:
    if node is None:
        return ""
    if node.typed.split(".", 1)[0] not in fields:
        findings.error(
            "unknown-name", node.place, f"unknown field {shown(node.typed)}", did_you_mean(node.typed, fields)
        )
        return ""
    return node.typed


def _way_out(node: ScalarNode | None, beside: Collection[str], findings: Findings) -> str:
    if node is None:
        return ""
    message = f'"{node.typed}" is no other action of this node'
    return node.typed if findings.knows(node.typed, beside, node.place, message) else ""

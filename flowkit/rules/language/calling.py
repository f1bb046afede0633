"""Calls of functions: known name, number and kinds of arguments, and what leaks out of them made our own error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowkit.rules.language.lists import LIST_FORMS, build_form
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.operators import Where, describe, exact, kind_of
from flowkit.rules.language.pieces import Piece, Run, Workshop, name_reader
from flowkit.rules.language.signatures import CALENDAR, Function, Parameter
from flowkit.rules.language.tree import Call, Node
from flowkit.rules.language.types import WORDS
from flowkit.suggest import did_you_mean

_LEAKS = (TypeError, ArithmeticError, AttributeError, LookupError)
_HELP = {
    "if": "write condition ? a : b",
    "IF": "write condition ? a : b",
    "now": "now is a name: write it without ( )",
    "today": "today is a name: write it without ( )",
    "len": "write length(x) or x.count",
    "average": "write sum(list, what) / count(list)",
}


def build_call(shop: Workshop, node: Call, build: Callable[[Node], Piece]) -> Piece:
    """A list form, or a function of the scope."""
    if node.name in LIST_FORMS:
        return build_form(shop, node, build)
    function = shop.scope.functions.get(node.name)
    if function is None:
        what, name = ("format", node.name[1:]) if node.name.startswith("|") else ("function", node.name)
        hint = _HELP.get(name) or did_you_mean(name, _known(shop, what))
        message = f'unknown {what} "{name}"'
        if shop.scope.lookup(node.name) is not None and node.name not in _HELP:
            message, hint = f'"{node.name}" is no function', "write an operator between it and the bracket"
        shop.errors.append(_error(node, message, hint))
        for argument in node.arguments:
            build(argument)
        return shop.unknown(node)
    pieces = tuple(build(a) for a in node.arguments)
    if CALENDAR in function.reads:
        shop.business = True
        if shop.scope.lookup(CALENDAR) is None and not shop.scope.open:
            hint = 'a case has the one of its unit: write calendar: {mon-fri: "09:00-18:00"} in the app'
            shop.mistake(node, f"{node.name} counts by a calendar, and there is none here", hint, code="no-calendar")
            return shop.unknown(node)
    prepared = _check(shop, node, function, pieces)
    if prepared is None:
        return shop.unknown(node)
    return _made(shop, node, function, pieces, prepared)


def _known(shop: Workshop, what: str) -> list[str]:
    """What may be called there: formats begin with a sign that nobody can type as a name."""
    names = [name for name in shop.scope.functions if name.startswith("|") == (what == "format")]
    return [name.lstrip("|") for name in names] + ([] if what == "format" else list(LIST_FORMS))


def _error(node: Call, message: str, help: str) -> ExpressionError:
    return ExpressionError(message, node.at, help, end=node.at + len(node.name.lstrip("|")), code="unknown-function")


def _parameters(function: Function, count: int) -> list[Parameter] | None:
    """The parameter for each of `count` arguments, or None if the number does not fit."""
    out = list(function.parameters[:count])
    if out and out[-1].many:
        out += [out[-1]] * (count - len(out))
    needed = sum(1 for p in function.parameters if not p.optional)
    return out if len(out) == count and count >= needed else None


def _check(shop: Workshop, node: Call, function: Function, pieces: tuple[Piece, ...]) -> Mapping[int, Any] | None:
    """Checks the arguments; the prepared values of those that must be written out, None if the call cannot be."""
    parameters = _parameters(function, len(pieces))
    if parameters is None:
        shop.mistake(node, f"expected {function.signature}", function.help, code="bad-expression")
        return None
    prepared: dict[int, Any] = {}
    for index, (parameter, piece) in enumerate(zip(parameters, pieces, strict=True)):
        kind = piece.type.kind
        fits = kind in parameter.kinds or "any" in (kind, *parameter.kinds) or (piece.constant and piece.value is None)
        if not fits and not (kind == "record" and ("list" in parameter.kinds and piece.type.item is not None)):
            wanted = " or ".join(WORDS[k] for k in parameter.kinds)
            hint = "write x in list" if function.name == "contains" and kind == "list" else function.signature
            shop.mistake(piece.node, f"{function.name} expects {wanted}, found {piece.type.words}", hint)
        elif parameter.prepare is not None:
            if not piece.constant or not isinstance(piece.value, str):
                hint = f"write {function.name}({', '.join('...' for _ in pieces[:index])}, '...')"
                shop.mistake(piece.node, f"the {parameter.name} must be written out as a text", hint)
                return None
            try:
                prepared[index] = parameter.prepare(piece.value)
            except ValueError as error:
                shop.mistake(piece.node, str(error), code="bad-expression")
                return None
    return prepared


def _made(
    shop: Workshop, node: Call, function: Function, pieces: tuple[Piece, ...], prepared: Mapping[int, Any]
) -> Piece:
    runs = tuple(p.run for p in pieces)
    parameters = _parameters(function, len(pieces)) or []
    kinds = tuple(() if i in prepared or "any" in p.kinds else p.kinds for i, p in enumerate(parameters))
    where, name = shop.where(node), function.name
    reads = function.reads
    if function.reads_for and pieces and pieces[0].type.kind not in (*function.reads_for, "any"):
        reads = ()
    shop.reads.update((r,) for r in reads if r != CALENDAR)
    clock = {r: name_reader(r, where) for r in reads}
    call = _guarded(function, where)

    def run(names: Any) -> Any:
        values = [r(names) for r in runs]
        if not function.sees_empty and any(v is None for v in values):
            return function.when_empty
        for value, allowed in zip(values, kinds, strict=True):
            if allowed and not _fits(value, allowed):
                wanted = " or ".join(WORDS[k] for k in allowed)
                raise where.error(f"{name} expects {wanted}, found {describe(value)}")
        for index, value in prepared.items():
            values[index] = value
        if function.reads:
            return call({r: read(names) for r, read in clock.items()}, *values)
        return call(*values)

    if reads:
        return Piece(node, run, function.result)
    return shop.made(node, run, function.result, pieces)


def _fits(value: Any, allowed: tuple[str, ...]) -> bool:
    kind = kind_of(value)
    if kind in allowed:
        return True
    if kind == "record" and "location" in allowed:
        return isinstance(value, Mapping)
    return kind == "any" and "list" in allowed and hasattr(value, "__iter__")


def _guarded(function: Function, where: Where) -> Run:
    call, name = function.call, function.name

    def guarded(*arguments: Any) -> Any:
        try:
            value = call(*arguments)
        except ValueError as error:
            raise where.error(f"{name}: {error}") from None
        except _LEAKS:
            raise where.error(f"{name} cannot be worked out with these values") from None
        return exact(value, where) if isinstance(value, float) else value

    return guarded

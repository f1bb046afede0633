"""The shape of a function that expressions may call: what a host fills in to add its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowkit.rules.language.types import Type

CALENDAR = "the calendar"
"""The name behind which a scope has the calendar of the case at hand; nobody can type it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: the kinds it may have. `prepare` marks one that must be written out in the expression: it is
    called with the text when the app is loaded, raises ValueError if it will not do, and its result is what `call`
    gets.
    """

    name: str
    kinds: tuple[str, ...] = ("any",)
    optional: bool = False
    many: bool = False
    prepare: Callable[[str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function an expression may call.

    `call` gets the arguments (the names first, if `reads` is not empty) and raises ValueError with words for a
    person when a value does not fit. If an argument is empty it is not called and the answer is `when_empty`, unless
    `sees_empty`. `reads_for` limits `reads` to these kinds of the first argument: `text(5)` needs no clock. `example` is
    an expression (of a format: a template) for the reference. What reads `CALENDAR` stands only where there is one.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    help: str
    call: Callable[..., Any]
    when_empty: Any = None
    sees_empty: bool = False
    reads: tuple[str, ...] = ()
    reads_for: tuple[str, ...] = ()
    example: str = ""

    @property
    def signature(self) -> str:
        shown = [p.name + (", ..." if p.many else "?" if p.optional else "") for p in self.parameters]
        return f"{self.name}({', '.join(shown)})"

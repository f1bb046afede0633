"""Which names and functions an expression sees where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowkit.rules.language.functions import FUNCTIONS
from flowkit.rules.language.signatures import CALENDAR, Function
from flowkit.rules.language.types import Type


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with their types. `open` lets unknown names pass as values of any type (a card that no workflow uses).

    `functions` is what may be called; a host passes `{**FUNCTIONS, **its_own}`.
    """

    names: Mapping[str, Type]
    open: bool = False
    functions: Mapping[str, Function] = field(default_factory=lambda: FUNCTIONS)
    outer: Scope | None = None

    def child(self, names: Mapping[str, Type]) -> Scope:
        """A scope in which `names` are seen first and everything of this one behind them."""
        return Scope(names, self.open, self.functions, self)

    def lookup(self, name: str) -> Type | None:
        """The type of a name, or None when it is unknown. In an open scope the caller lets unknown names pass."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def known(self) -> tuple[str, ...]:
        """All names that can be typed, the inner ones first: what a suggestion may choose from."""
        out: dict[str, None] = {}
        scope: Scope | None = self
        while scope is not None:
            out.update(dict.fromkeys(scope.names))
            scope = scope.outer
        return tuple(name for name in out if name != CALENDAR)

"""Every exception that leaves flowkit. Fields first, words second; other libraries' exceptions stop at our border."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowkit.diagnostics import Diagnostic


class FlowKitError(Exception):
    """Base of all exceptions that flowkit raises on purpose."""


class DefinitionError(FlowKitError):
    """An app cannot be loaded; `diagnostics` holds every mistake, sorted by place; what could not be read goes first."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        first = self.diagnostics[0] if self.diagnostics else None
        more = len(self.diagnostics) - 1
        super().__init__(
            f"{first.place}: {first.message}" + (f" (and {more} more)" if more > 0 else "") if first else ""
        )


class StrandedError(DefinitionError):
    """An app no longer fits versions of workflows that open cases are pinned to: nothing could be done with these cases."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How far apart two places are that should lie within `limit` metres: `there` is seen from `here`.

    Both are told by what people call them, never by where they are. `bearing` counts degrees clockwise from north;
    `accuracy` is how many metres `here` may be wrong, None where nobody said.
    """

    here: str
    there: str
    metres: float
    limit: float
    bearing: float
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what a person typed.

    `field` is a dotted path such as `lines.2.quantity`, or "" for the whole; `title` is what people call the field;
    `details`, where there are any, are for the app's author: what an expression of his stumbled over. `instead` is the
    action to take where what is asked cannot be had; `apart` tells of two places that are too far from each other.
    """

    field: str
    code: str
    message: str
    title: str = ""
    details: str = ""
    instead: str = ""
    apart: Apart | None = None

    @property
    def words(self) -> str:
        """The message, with the field in front where the message does not name it."""
        name = self.title or self.field
        return self.message if not name or name in self.message else f"{name}: {self.message}"

    def as_json(self) -> dict[str, str]:
        told = {"field": self.field, "code": self.code, "message": self.message, "title": self.title}
        more = {"details": self.details, "instead": self.instead}
        return {**told, **{name: text for name, text in more.items() if text}}


class RefusedError(FlowKitError):
    """A command that changes nothing: half-filled form, not that person's task, an action that is not offered here.

    `code` is stable (`invalid`, `not-offered`, `not-yours`, `unknown-actor`, `unknown-case`, `unknown-action`, `ended`,
    `stale`, `key-reused`, ...); `problems` names each field; `details` holds what a program may want to know.
    """

    def __init__(
        self, code: str, message: str, problems: Sequence[Problem] = (), details: Mapping[str, Any] | None = None
    ) -> None:
        self.code, self.message, self.problems, self.details = code, message, tuple(problems), dict(details or {})
        lines = [p.words for p in self.problems]
        super().__init__("; ".join([message, *lines]) if message else "; ".join(lines))


def invalid(*problems: Problem) -> RefusedError:
    """The refusal of what a person typed, with each thing that is wrong with it."""
    return RefusedError("invalid", "有内容需要更正", problems)


class EvaluationError(FlowKitError):
    """An expression that is well written met a value it cannot work with. `text` and `offset` point into the expression."""

    def __init__(self, message: str, text: str = "", offset: int = 0) -> None:
        self.message, self.text, self.offset = message, text, offset
        super().__init__(f"{message} (in: {text})" if text else message)


class StoreError(FlowKitError):
    """The database cannot be used: not reachable, of a newer version, damaged."""


class ClosedError(FlowKitError):
    """The FlowKit object was closed; nothing was accepted."""

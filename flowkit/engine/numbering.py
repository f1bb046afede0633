"""The number that people read: a template that also sees `date` and `sequence(digits)`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flowkit.engine.definition import Workflow
from flowkit.engine.view import World
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.signatures import Function, Parameter
from flowkit.rules.language.types import TEXT

SEQUENCE = Function(
    "sequence",
    (Parameter("digits", ("number",), optional=True),),
    TEXT,
    "the next number of the day for this workflow, filled up with zeros",
    lambda names, digits=4: names["sequence"](digits),
    sees_empty=True,
    reads=("sequence",),
)


def number_scope(scope: Scope) -> Scope:
    """The scope of a `number` template."""
    return Scope({"date": TEXT}, scope.open, {**scope.functions, "sequence": SEQUENCE}, scope)


def day(workflow: Workflow, now: datetime) -> str:
    """The day that a number names, as 20260302, in the app's zone."""
    return now.astimezone(workflow.business.settings.timezone).strftime("%Y%m%d")


def series(workflow: Workflow, now: datetime) -> str:
    """The name of the sequence from which a case that begins now takes its number."""
    return f"{workflow.name}/{day(workflow, now)}"


class Numbering:
    """What a `number` template sees besides the case: `date` (as 20260302) and `sequence(digits)`, anew for each day."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world = world

    def __getitem__(self, name: str) -> Any:
        if name == "date":
            return day(self.world.workflow, self.world.now)
        if name == "sequence":
            return self._sequence
        return self.world[name]

    def _sequence(self, digits: Any = 4) -> str:
        number = self.world.facts["sequence", series(self.world.workflow, self.world.now)]
        return str(number).zfill(int(digits))

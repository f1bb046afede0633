"""What driver and worker tell each other: plans one way, lines the other, each one JSON text on a line.

A plan says how one worker's life goes. What a worker prints is written with one `write` of less than a page, so that the
lines of several threads never mix and a killed worker leaves whole lines only.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

BUSINESS = Path(__file__).parent / "business"
LINE = 4000
"""Bytes of a line: POSIX keeps writes to a pipe whole up to 4,096."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it was given to the public face. `mark` is its key and stands in its form; kinds as the kit's methods."""

    mark: str
    kind: str
    by: str
    data: dict[str, Any]
    case: str = ""
    action: str = ""
    visit: int | None = None


class OneLine:
    """A plan as a line of text."""

    __slots__ = ()

    def as_line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Self:
        stored = json.loads(line)
        return cls(**{**stored, "again": [Sent(**one) for one in stored["again"]]})


@dataclass(frozen=True, slots=True)
class Plan(OneLine):
    """end        NAME:NTH of the place at which the worker kills itself, or of the call to the system at which it is killed, or ""
    again      commands to be sent again before anything new: those whose answer nobody heard, and some that were answered
    open       cases that new commands may be about
    drain      carry out all that is due, verify, end; begin nothing new
    bug        one of `planted`, or ""
    """

    database: str
    peer: str
    trail: str
    began: float
    speed: float
    seed: int
    life: int
    threads: int = 6
    end: str = ""
    again: list[Sent] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    drain: bool = False
    bug: str = ""


def say(**what: Any) -> None:
    """One line to the driver. Once it is written it is with the driver, whatever becomes of this process."""
    line = json.dumps(what, ensure_ascii=False).encode() + b"\n"
    assert len(line) <= LINE, line
    os.write(1, line)

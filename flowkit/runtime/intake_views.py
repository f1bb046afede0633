"""Doors as they are shown: frozen pictures for pages. Nothing in them is more than whoever stands there may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowkit.forms.form import Form
from flowkit.runtime.lists import CaseRow


@dataclass(frozen=True, slots=True)
class IntakeInfo:
    """A door: `per` is the entity of which each record has one of its own; a `desk` is for some of the staff."""

    name: str
    title: str
    workflow: str
    per: str | None
    desk: bool


@dataclass(frozen=True, slots=True)
class IntakeForm:
    """What is asked at a door.

    form       the fields there, those that are filled in already among them
    values     what stands in them before anybody has typed, in stored form: a reference is its key
    fixed      the names of those that nobody is asked for; where one is personal or hidden, `values` does not tell it
    record     the key of the record whose door it is, and what people call it; "" where it is of none
    applicant  the field that tells which customer it is for; None: it is for whoever submits it
    """

    name: str
    title: str
    form: Form
    values: Mapping[str, Any]
    fixed: frozenset[str]
    record: str
    label: str
    applicant: str | None
    desk: bool


@dataclass(frozen=True, slots=True)
class CallerView:
    """Who calls, as a desk sees it.

    customer    an actor, None where nobody is known by that; `name` what people call it, personal names masked
    devices     (entity, key, label) of the records that point to that customer
    open_cases  those of that customer or about these records, as far as whoever asks may see them, most urgent first
    more        further customers known by the same
    """

    customer: str | None
    name: str
    devices: tuple[tuple[str, str, str], ...] = ()
    open_cases: tuple[CaseRow, ...] = ()
    more: tuple[str, ...] = ()

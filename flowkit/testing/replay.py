"""Plays recorded tickets: each is submitted at its own time, nobody acts, and what would have become of it is told.

A ticket that was closed in the records is withdrawn at that time, so that it neither escalates any more nor counts as
anybody's open work. Timers fire at their own times, in between.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flowkit.app.app import App
from flowkit.app.nouns.ticket_map import choose_map, load_map
from flowkit.errors import Problem, RefusedError
from flowkit.records.mapping import LinkedMapping, MappedRow, column_name
from flowkit.suggest import did_you_mean
from flowkit.testing.aftermath import told
from flowkit.testing.people_names import people_names
from flowkit.testing.refusals import titles
from flowkit.testing.replay_report import Replay, Ticket
from flowkit.testing.stage import Stage
from flowkit.testing.tickets import Row, TicketsError, read_rows

__all__ = ["Replay", "replay"]

Progress = Callable[[int, int], None]

AFTERWARDS = timedelta(days=7)
"""How long after the last ticket, or the last closing, timers still fire."""

COLUMNS = {"at": "报修时间", "closed": "关闭时间", "by": "报修人", "key": "编号"}
"""What people call that which a mapping says of a row besides its fields."""


def replay(
    app: App,
    tickets_path: Path | None = None,
    map_path: Path | None = None,
    on_progress: Progress | None = None,
) -> Replay:
    """Play the tickets of a CSV file by a mapping; without a file those lying in the app's `tickets/`.

    Raises DefinitionError for a mapping that is missing or wrong and TicketsError for a file that holds no rows at all;
    whatever is wrong with a row is told with that row.
    """
    files = [tickets_path] if tickets_path is not None else sorted((Path(app.source.root) / "tickets").glob("*.csv"))
    if not files:
        raise TicketsError(
            f"{app.source.root}: no tickets/*.csv; name a file: flowkit try APP TICKETS.csv --map MAP.yaml"
        )
    given = load_map(map_path, app.workflows) if map_path is not None else None
    tickets: list[Ticket] = []
    rows = 0
    for file in files:
        mapping = given or choose_map(app.mappings, file)
        lines = read_rows(file)
        _refuse_missing_columns(mapping, file, lines)
        rows += len(lines)
        tickets += _Run(app, mapping, lines, on_progress).play()
    names = people_names(app)
    titled = {**COLUMNS, **titles(*(workflow.form for workflow in app.workflows.values()))}
    return Replay(tuple(f.name for f in files), rows, tuple(tickets), app.settings.timezone, names, titled)


def _refuse_missing_columns(mapping: LinkedMapping, file: Path, rows: list[Row]) -> None:
    """A column that the mapping reads and the file has not would be empty in every row, and nobody would know why."""
    whole = next((row for row in rows if row.problem is None), None)
    if whole is None:
        return
    there = {column_name(column) for column in whole.cells}
    missing = sorted(mapping.columns - there)
    if missing:
        said = "; ".join(" ".join(filter(None, (f'"{name}"', _meant(name, there)))) for name in missing)
        raise TicketsError(f'{file}: mapping "{mapping.name}" reads columns that are not there: {said}')


def _meant(name: str, there: set[str]) -> str:
    help = did_you_mean(name, there)
    return f"({help})" if help else ""


@dataclass(order=True, frozen=True, slots=True)
class _Turn:
    """Something that happens at a moment. At equal moments closings come first: they free the people for the newcomers."""

    at: datetime
    order: int
    tie: int
    case: str = field(default="", compare=False)
    index: int = field(default=-1, compare=False)


class _Run:
    """One file on one stage. `tickets` holds one entry a row, in the order of the file."""

    def __init__(self, app: App, mapping: LinkedMapping, rows: list[Row], on_progress: Progress | None) -> None:
        self._app, self._mapping, self._rows, self._on_progress = app, mapping, rows, on_progress
        self._mapped: dict[int, MappedRow] = {}
        self._tickets: dict[int, Ticket] = {}
        self._cases: dict[int, str] = {}
        self._keys: dict[str, int] = {}
        self._brought: dict[tuple[str, str], dict[str, Any]] = {}
        self._turns: list[_Turn] = []
        self._ties = count()

    def play(self) -> list[Ticket]:
        for index, row in enumerate(self._rows):
            self._read(index, row)
        if self._turns:
            heapq.heapify(self._turns)
            with Stage(self._app, self._turns[0].at) as stage:
                self._live(stage)
                self._look_back(stage)
        return [self._tickets[index] for index in range(len(self._rows))]

    def _read(self, index: int, row: Row) -> None:
        """Take a row into the line of turns, or refuse it for what is wrong with it before any form is asked."""
        ticket = Ticket(row.line, "refused")
        if row.problem is not None:
            self._tickets[index] = replace(ticket, problems=(row.problem,))
            return
        mapped = self._mapping.evaluate(row.cells, self._app.settings)
        problems = list(mapped.problems)
        told = {p.field for p in problems}
        for name, value in (("at", mapped.at), ("by", mapped.by)):
            if value is None and name not in told:
                problems.append(Problem(name, "required", "没有填写"))
        if mapped.at is not None and mapped.closed is not None and mapped.closed < mapped.at:
            problems.append(Problem("closed", "range", "关闭时间早于报修时间"))
        ticket = replace(ticket, at=mapped.at, closed=mapped.closed, key=mapped.key or "", problems=tuple(problems))
        self._tickets[index] = ticket
        if mapped.at is not None and not problems:
            self._mapped[index] = mapped
            self._turns.append(_Turn(mapped.at, 1, next(self._ties), index=index))

    def _live(self, stage: Stage) -> None:
        done = len(self._rows) - len(self._turns)
        last = self._turns[0].at
        while self._turns:
            turn = heapq.heappop(self._turns)
            last = turn.at
            stage.until(turn.at)
            if turn.case:
                stage.kit.withdraw(turn.case, "closed")
                continue
            self._submit(stage, turn.index)
            done += 1
            if self._on_progress is not None:
                self._on_progress(done, len(self._rows))
        stage.until(last + AFTERWARDS)

    def _submit(self, stage: Stage, index: int) -> None:
        mapped, ticket = self._mapped[index], self._tickets[index]
        first = self._keys.get(ticket.key) if ticket.key else None
        if first is not None:
            line = self._rows[first].line
            self._tickets[index] = replace(ticket, status="duplicate", first_line=line)
            return
        assert self._mapping.definition.workflow is not None
        workflow = self._mapping.definition.workflow.typed
        try:
            self._bring(stage, mapped)
            case = stage.kit.submit(workflow, dict(mapped.fields), by=mapped.by or "", key=ticket.key or None)
        except RefusedError as error:
            problems = tuple(error.problems) or (Problem("", error.code, error.message),)
            self._tickets[index] = replace(ticket, problems=problems)
            return
        self._tickets[index] = replace(ticket, status="accepted", number=case.number)
        self._cases[index] = case.id
        if ticket.key:
            self._keys[ticket.key] = index
        if mapped.closed is not None:
            heapq.heappush(self._turns, _Turn(mapped.closed, 0, next(self._ties), case=case.id))

    def _bring(self, stage: Stage, mapped: MappedRow) -> None:
        """Lay the records that a row brings along over those there are; what has not changed is not written again."""
        for record in mapped.records:
            entity = self._app.entities[record.entity]
            fields = {entity.key: record.key, **record.fields}
            if self._brought.get((record.entity, record.key)) != fields:
                stage.overlay(record.entity, [fields])
                self._brought[record.entity, record.key] = fields

    def _look_back(self, stage: Stage) -> None:
        for index, case in self._cases.items():
            self._tickets[index] = told(self._tickets[index], stage.kit.history(case))

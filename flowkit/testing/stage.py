"""One app on a database of its own under a clock that is moved by hand: where scenarios and recorded tickets are played.

Time passes from due time to due time, so that each timer fires at its own moment and sees the world of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from flowkit.app.app import App
from flowkit.clock import VirtualClock
from flowkit.engine.case import Case
from flowkit.engine.case_view import AnswersView
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.offers import Offer, offers
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import EvaluationError, FlowKitError
from flowkit.forms.form import Check
from flowkit.kit import FlowKit
from flowkit.rules.language.expression import compile_text
from flowkit.rules.language.scope import Scope
from flowkit.runtime.asking import Caller

ANYTHING = Scope({}, open=True)
"""A scenario's expressions are checked for names where the app is loaded; here they are only worked out."""


class StuckError(FlowKitError):
    """Time does not pass: what was due is still due after it was carried out."""


class Stage:
    """An app at work on a database that is gone when the stage is left. Messages are written down and delivered to nobody.

    `caller` answers for outside systems; without one nobody does, and nothing is asked. `example` is what expressions see
    under that name.
    """

    def __init__(
        self, app: App, start: datetime, caller: Caller | None = None, example: Mapping[str, Any] | None = None
    ) -> None:
        self.app, self.clock = app, VirtualClock(start)
        self._asks = caller is not None
        self._names = {"example": example} if example is not None else {}
        # One at a time, so that a story goes the same way each time it is played.
        self.kit = FlowKit(app, "sqlite://", clock=self.clock, caller=caller, at_once=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kit.close()

    # --- time --------------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Carry out what is due now."""
        self.kit.advance(messages=False, calls=self._asks)

    def until(self, moment: datetime) -> None:
        """Let time pass up to `moment`; what is due before it happens when it is due, what is due at it does not yet."""
        fired: datetime | None = None
        while (due := self.kit.next_due(calls=self._asks)) is not None and due < moment:
            if fired is not None and due <= fired:
                raise StuckError(f"what was due at {due.isoformat()} stands although it was carried out")
            self.clock.set(max(due, self.clock.now()))
            self.advance()
            fired = due
        self.clock.set(max(moment, self.clock.now()))

    # --- looking -----------------------------------------------------------------------------------------------------

    def case(self, case_id: str) -> Case:
        """The case as it is now."""
        return self.kit.look(case_id, lambda world: world.case)

    def workflow(self, case_id: str) -> Workflow:
        return self.kit.look(case_id, lambda world: world.workflow)

    def evaluate(self, case_id: str | None, text: str) -> Any:
        """What an expression gives: of a case, or before there is one of nothing but `now` and `today`."""
        expression = compile_text(text, ANYTHING)
        if case_id is None:
            now = self.clock.now().astimezone(self.app.settings.timezone)
            return expression.evaluate({"now": now, "today": now.date(), **self._names})
        return self.kit.look(case_id, lambda world: expression.evaluate(world.with_(**self._names)))

    def record(self, case_id: str, record: str, path: str) -> Any:
        """What a path gives of the record `ENTITY:KEY`. Raises EvaluationError where there is no such record."""
        expression = compile_text(f"row.{path}", ANYTHING)
        entity, _, key = record.partition(":")

        def ask(world: World) -> Any:
            row = world.record(entity, key)
            if row is None:
                raise EvaluationError(f"没有 {record}")
            return expression.evaluate(world.with_(row=row))

        return self.kit.look(case_id, ask)

    def offered(self, case_id: str, offers: Callable[..., tuple[Offer, ...]] = offers) -> dict[str, str]:
        """What `offers` holds open to the present owner, by name with their titles; of a pool what any of its people may."""

        def ask(world: World) -> dict[str, str]:
            found: dict[str, str] = {}
            for actor in people(world.case.owner, world):
                open_to_him = offers(world.workflow, world.case, actor, world.facts, world.now)
                found.update({offer.name: offer.title for offer in open_to_him})
            return found

        return self.kit.look(case_id, ask)

    def applies(self, case_id: str, check: Check, exit_: Exit | None) -> bool:
        """Whether the `when` of a check of the form just filled in, or of that exit, holds for what was filled in."""
        when = check.when
        if when is None:
            return True

        def ask(world: World) -> bool:
            names = world
            if exit_ is not None and exit_.form is not None:
                answers = AnswersView(world, exit_.answer, exit_.form.fields)
                names = world.with_(**{name: answers.attribute(name) for name in exit_.form.fields})
            return when.evaluate(names) is True

        try:
            return self.kit.look(case_id, ask)
        except EvaluationError:
            return False

    # --- records -----------------------------------------------------------------------------------------------------

    def overlay(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Lay rows as typed over the records of an entity: fields that a row does not name keep what they hold."""
        self.kit.import_records(entity, rows)

"""Takes one step of a scenario: what people do, what arrives, how time passes, what outside systems answer from then on.

Judges nothing; what it raises is what the step came to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flowkit.app.nouns.scenario import Step
from flowkit.app.nouns.scenario_replies import Replies
from flowkit.connect.answers import AnswerProblem
from flowkit.connect.incoming import Received
from flowkit.connect.json_text import write_text
from flowkit.errors import EvaluationError, RefusedError
from flowkit.source.nodes import ScalarNode
from flowkit.testing.caller import Line, ScenarioCaller
from flowkit.testing.cases import Cases
from flowkit.testing.comparing import resolve
from flowkit.testing.stage import Stage
from flowkit.values.durations import parse_duration
from flowkit.values.types import VALUE_TYPES

OUTSIDE = "system:scenario"
"""Who a signal comes from when the step names nobody."""


class Taking:
    """Steps on one stage."""

    def __init__(self, stage: Stage, cases: Cases, caller: ScenarioCaller) -> None:
        self._stage, self._cases, self._caller = stage, cases, caller

    def give(self, replies: Iterable[Replies]) -> None:
        """What outside systems answer from now on. Raises EvaluationError."""
        for each in replies:
            lines = [
                Line(g.kind, resolve(g.said, self.evaluate, typed=g.kind != "raw"), g.slow, g.bare) for g in each.given
            ]
            self._caller.give(each.operation, lines)

    def take(self, step: Step) -> None:
        """Raises RefusedError, NoCaseError or EvaluationError; then the step has changed nothing."""
        if step.case is not None:
            self._cases.go_to(step.case.typed)
        self.give(step.replies)
        kit, subject = self._stage.kit, step.subject.typed
        values = resolve(step.values, self.evaluate) if step.values is not None else {}
        match step.kind:
            case "submit":
                by, applicant = self._actor(step.by), self._actor(step.applicant)
                begun = kit.submit(subject, values, by=by or "", key=step.key, applicant=applicant)
                self._cases.begin(begun.id, step.name)
            case "act":
                kit.act(self._cases.present(), subject, values, by=self._actor(step.by) or "", key=step.key)
            case "signal":
                kit.signal(self._cases.present(), subject, values, by=self._actor(step.by) or OUTSIDE, key=step.key)
            case "receive":
                self._receive(step, subject, values)
            case "wait":
                span = parse_duration(subject)
                assert isinstance(span, timedelta)
                self._stage.until(self._stage.clock.now() + span)
            case "at":
                self._stage.until(self._moment(subject))
            case "substitute":
                person, now = self._actor(step.by) or "", self._stage.clock.now()
                within = None if step.workflows is None else [each.typed for each in step.workflows]
                kit.substitute(person, self._actor(step.subject) or "", now, self._end(step.until), within, by=person)

    def evaluate(self, node: ScalarNode) -> Any:
        """What an `=expression` gives, of the case at hand if there is one."""
        return self._stage.evaluate(self._cases.current, node.typed.removeprefix("="))

    def _receive(self, step: Step, named: str, values: dict[str, Any]) -> None:
        """An event of a connector, about what the case at hand last asked it; it takes the way that real ones take."""
        connector, _, name = named.partition(".")
        known = self._stage.app.connectors.get(connector)
        event = known.events.get(name) if known is not None else None
        if known is None or event is None:
            raise RefusedError("unknown-event", f"没有“{named}”这个事件")
        case = self._cases.present()
        if event.meant == ("call", "key"):
            match = self._stage.case(case).calls.get(connector)
            if match is None:
                raise RefusedError("unknown-case", f"这个工单还没有问过{known.title}, 它不会发来“{event.title}”")
        else:
            meant = self._stage.evaluate(case, ".".join(event.meant))
            match = "" if meant is None else write_text(meant).strip()
        try:
            given = event.answer.given(values)
        except AnswerProblem as problem:
            raise RefusedError("invalid", f"事件的内容不对:{problem}") from None
        id_ = step.key or f"scenario/{step.number}"
        self._stage.kit.believed(Received(connector, name, id_, self._stage.clock.now(), match, given))

    def _end(self, until: ScalarNode | None) -> datetime:
        """The end of what begins now: a duration from now, or a moment."""
        typed = until.typed if until is not None else ""
        try:
            span = parse_duration(typed)
        except ValueError:
            return self._moment(typed)
        assert isinstance(span, timedelta)
        return self._stage.clock.now() + span

    def _moment(self, typed: str) -> datetime:
        moment = VALUE_TYPES["datetime"].read(typed, self._stage.app.settings)
        assert isinstance(moment, datetime)
        if moment < self._stage.clock.now():
            raise EvaluationError("这个时刻已经过去了", typed)
        return moment

    def _actor(self, node: ScalarNode | None) -> str | None:
        if node is None:
            return None
        value = self.evaluate(node) if node.typed.startswith("=") else node.typed
        return str(getattr(value, "actor", value))

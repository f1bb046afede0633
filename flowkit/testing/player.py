"""Takes the steps of one scenario and judges what each left behind. Knows one stage; reports nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flowkit.app.nouns.scenario import Expectation, Scenario, Step
from flowkit.engine.definition import Exit, Workflow
from flowkit.errors import EvaluationError, FlowKitError, RefusedError
from flowkit.forms.form import Form
from flowkit.source.nodes import ScalarNode
from flowkit.testing.comparing import resolve
from flowkit.testing.coverage import Happened, Touched
from flowkit.testing.expecting import Seen, judge
from flowkit.testing.refusals import refusal_words, titles
from flowkit.testing.report import Failure
from flowkit.testing.stage import Stage
from flowkit.values.durations import parse_duration
from flowkit.values.types import VALUE_TYPES

OUTSIDE = "system:scenario"
"""Who a signal comes from when the step names nobody."""


class NoCaseError(FlowKitError):
    """The step is about a case that no step before it began."""


class Player:
    """`touched` collects, by workflow, what asserted steps brought about."""

    def __init__(self, stage: Stage, scenario: Scenario, touched: Mapping[str, Touched]) -> None:
        self._stage, self._scenario, self._touched = stage, scenario, touched
        self._named: dict[str, str] = {}
        self._cases: dict[str, int] = {}
        """Cases begun so far, each with the number of events already looked at."""
        self._current: str | None = None
        self._failures: list[Failure] = []

    def play(self) -> list[Failure]:
        """All that was not as expected, in order."""
        for entity, rows in self._scenario.rows.items():
            self._stage.overlay(entity, [row.as_typed() for row in rows])
        for step in self._scenario.steps:
            self._play(step)
        return self._failures

    def _play(self, step: Step) -> None:
        error: FlowKitError | None = None
        try:
            if step.case is not None:
                self._current = self._find(step.case)
            self._take(step)
        except (RefusedError, NoCaseError, EvaluationError) as caught:
            error = caught
        self._stage.advance()
        self._judge_refusal(step, error)
        if step.expect and isinstance(error, RefusedError):
            self._count_refusal(step, error)
        sent = self._look(step)
        if self._current is not None and not isinstance(error, NoCaseError):
            self._judge(step, sent)

    # --- taking a step -------------------------------------------------------------------------------------------

    def _take(self, step: Step) -> None:
        kit, subject = self._stage.kit, step.subject.typed
        values = resolve(step.values, self._evaluate) if step.values is not None else {}
        match step.kind:
            case "submit":
                by, applicant = self._actor(step.by), self._actor(step.applicant)
                begun = kit.submit(subject, values, by=by or "", key=step.key, applicant=applicant)
                self._current = begun.id
                self._cases.setdefault(begun.id, 0)
                if step.name:
                    self._named[step.name] = begun.id
            case "act":
                kit.act(self._present(), subject, values, by=self._actor(step.by) or "", key=step.key)
            case "signal":
                kit.signal(self._present(), subject, values, by=self._actor(step.by) or OUTSIDE, key=step.key)
            case "wait":
                span = parse_duration(subject)
                assert isinstance(span, timedelta)
                self._stage.until(self._stage.clock.now() + span)
            case "at":
                self._stage.until(self._moment(subject))

    def _moment(self, typed: str) -> datetime:
        moment = VALUE_TYPES["datetime"].read(typed, self._stage.app.settings)
        assert isinstance(moment, datetime)
        if moment < self._stage.clock.now():
            raise EvaluationError("这个时刻已经过去了", typed)
        return moment

    def _find(self, node: ScalarNode) -> str:
        if node.typed in self._named:
            return self._named[node.typed]
        number = next((c for c in self._cases if self._stage.case(c).number == node.typed), None)
        if number is None:
            raise NoCaseError(f"没有名为 {node.typed} 的工单")
        return number

    def _present(self) -> str:
        if self._current is None:
            raise NoCaseError("还没有工单: 前面没有成功的 submit")
        return self._current

    def _actor(self, node: ScalarNode | None) -> str | None:
        if node is None:
            return None
        value = self._evaluate(node) if node.typed.startswith("=") else node.typed
        return str(getattr(value, "actor", value))

    def _evaluate(self, node: ScalarNode) -> Any:
        return self._stage.evaluate(self._current, node.typed.removeprefix("="))

    # --- judging it ----------------------------------------------------------------------------------------------

    def _judge_refusal(self, step: Step, error: FlowKitError | None) -> None:
        wanted = step.refusal
        if wanted is None:
            if error is not None:
                said = self._words(step, error)
                self._failures.append(
                    Failure(step.number, step.place, "", "", f"{step.kind} {step.subject.typed} 被拒绝: {said}")
                )
            return
        words = wanted.value.typed if isinstance(wanted.value, ScalarNode) else ""
        said = "没有被拒绝" if error is None else self._words(step, error)
        if error is None or words not in said:
            self._fail(step, wanted, words, said)

    def _words(self, step: Step, error: FlowKitError) -> str:
        """A refusal as people read it: fields by their titles."""
        if not isinstance(error, RefusedError):
            return str(error)
        _, _, form, exit_ = self._judged_by(step)
        return refusal_words(error, titles(form, exit_.edit if exit_ is not None else None))

    def _judge(self, step: Step, sent: tuple[str, ...]) -> None:
        seen = self._seen(sent)
        for expectation in step.expect:
            if expectation is step.refusal:
                continue
            try:
                missed = judge(expectation, seen)
            except FlowKitError as error:
                self._fail(step, expectation, "一个值", str(error))
                continue
            if missed is not None:
                self._fail(step, expectation, *missed)

    def _fail(self, step: Step, expectation: Expectation, expected: str, found: str) -> None:
        self._failures.append(Failure(step.number, expectation.place, str(expectation), expected, found))

    def _seen(self, sent: tuple[str, ...]) -> Seen:
        case_id, stage = self._present(), self._stage
        case, workflow = stage.case(case_id), stage.workflow(case_id)
        return Seen(
            settings=stage.app.settings,
            now=stage.clock.now(),
            node=(case.node, workflow.nodes[case.node].title),
            owner=case.owner,
            outcome=case.outcome,
            due=min((d.due for d in case.deadlines), default=None),
            incident=case.incident["message"] if case.incident is not None else None,
            sent=sent,
            offered=lambda: stage.offered(case_id),
            titles={f"role:{name}": title for name, title in workflow.business.roles.items()},
            value=lambda path: stage.evaluate(case_id, path),
            record=lambda record, path: stage.record(case_id, record, path),
            evaluate=lambda node: stage.evaluate(case_id, node.typed.removeprefix("=")),
        )

    # --- what it brought about -----------------------------------------------------------------------------------

    def _look(self, step: Step) -> tuple[str, ...]:
        """Look at what has happened since the last look: count it if it was asserted, give the notifications sent."""
        sent: list[str] = []
        for case_id, looked_at in self._cases.items():
            events = self._stage.kit.history(case_id)
            self._cases[case_id] = len(events)
            happened = events[looked_at:]
            sent += [e.data["notification"] for e in happened if e.kind == "notified" and e.data["notification"]]
            self._judge_incidents(step, happened)
            if step.expect and happened:
                workflow = self._stage.workflow(case_id)
                node = next((e.data["node"] for e in reversed(events[:looked_at]) if e.kind == "entered"), "")
                self._touched[workflow.name].events(workflow, happened, node, partial(self._stage.applies, case_id))
        return tuple(sent)

    def _judge_incidents(self, step: Step, happened: Iterable[Happened]) -> None:
        """A machine that gave up fails the story, unless the step says that it must."""
        if any(e.name == "incident" and not e.record for e in step.expect):
            return
        for event in happened:
            if event.kind == "incident":
                said = f"流程出错 {event.data['where']}: {event.data['message']}"
                self._failures.append(Failure(step.number, step.place, "", "", said))

    def _count_refusal(self, step: Step, error: RefusedError) -> None:
        workflow, place, form, exit_ = self._judged_by(step)
        if workflow is not None:
            self._touched[workflow.name].refused(place, form, exit_, error)

    def _judged_by(self, step: Step) -> tuple[Workflow | None, str, Form | None, Exit | None]:
        """By what a step was judged: the workflow, the place by which coverage names it, its form, its exit."""
        if step.kind == "submit":
            begun = self._stage.app.workflows.get(step.subject.typed)
            return begun, "submit", begun.form if begun is not None else None, None
        if step.kind != "act" or self._current is None:
            return None, "", None, None
        workflow = self._stage.workflow(self._current)
        node = workflow.nodes[self._stage.case(self._current).node]
        exit_ = next((e for e in node.actions.values() if step.subject.typed in {e.name, e.title}), None)
        if exit_ is None:
            return None, "", None, None
        return workflow, f"{node.name}.{exit_.name}", exit_.form, exit_

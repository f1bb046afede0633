"""Takes the steps of one scenario and judges what each left behind. Knows one stage; reports nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from flowkit.app.nouns.scenario import Expectation, Scenario, Step
from flowkit.engine.definition import Exit, Workflow
from flowkit.engine.offers import operations
from flowkit.engine.operations.table import operation_called
from flowkit.errors import EvaluationError, FlowKitError, RefusedError
from flowkit.forms.form import Form
from flowkit.source.nodes import ScalarNode
from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.cases import Cases, Happened, NoCaseError
from flowkit.testing.comparing import equal, resolve, words
from flowkit.testing.coverage import Touched, action_name, outcome_of
from flowkit.testing.expecting import Left, Seen, Sent, judge
from flowkit.testing.refusals import refusal_words, titles
from flowkit.testing.report import Failure
from flowkit.testing.stage import Stage
from flowkit.testing.taking import Taking


class Player:
    """`touched` collects, by workflow, what asserted steps brought about."""

    def __init__(
        self, stage: Stage, scenario: Scenario, caller: ScenarioCaller, touched: Mapping[str, Touched]
    ) -> None:
        self._stage, self._scenario, self._caller, self._touched = stage, scenario, caller, touched
        self._cases = Cases(stage)
        self._taking = Taking(stage, self._cases, caller)
        self._failures: list[Failure] = []

    def play(self) -> list[Failure]:
        """All that was not as expected, in order."""
        for entity, rows in self._scenario.rows.items():
            self._stage.overlay(entity, [resolve(row, self._taking.evaluate) for row in rows])
        self._taking.give(self._scenario.replies)
        for step in self._scenario.steps:
            self._play(step)
        return self._failures

    def _play(self, step: Step) -> None:
        error: FlowKitError | None = None
        try:
            self._taking.take(step)
        except (RefusedError, NoCaseError, EvaluationError) as caught:
            error = caught
        self._stage.advance()
        self._judge_refusal(step, error)
        if step.expect and isinstance(error, RefusedError):
            self._count_refusal(step, error)
        left = self._look(step)
        self._judge_answers(step)
        if self._cases.current is not None and not isinstance(error, NoCaseError):
            self._judge(step, left)

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
        expected = wanted.value.typed if isinstance(wanted.value, ScalarNode) else ""
        said = "没有被拒绝" if error is None else self._words(step, error)
        if error is None or expected not in said:
            self._fail(step, wanted, str(wanted), expected, said)

    def _words(self, step: Step, error: FlowKitError) -> str:
        """A refusal as people read it: fields by their titles."""
        if not isinstance(error, RefusedError):
            return str(error)
        _, _, form, exit_ = self._judged_by(step)
        operation = operation_called(step.subject.typed) if step.kind == "act" and exit_ is None else None
        form = operation.form if operation is not None else form
        return refusal_words(error, titles(form, exit_.edit if exit_ is not None else None))

    def _judge_answers(self, step: Step) -> None:
        """A system that was asked and had nothing to say fails the story, unless the step says what was asked."""
        expected = any(e.name == "called" and not e.record for e in step.expect)
        for unfit in self._caller.unfit():
            if unfit.words:
                said = f"给出的 {unfit.operation} 的答复不合适: {unfit.words}"
            elif expected:
                continue
            else:
                said = f"问了 {unfit.operation}, 场景里没有给出它的答复: replies: {{{unfit.operation}: …}}"
            self._failures.append(Failure(step.number, step.place, "", "", said))

    def _judge(self, step: Step, left: Left) -> None:
        case = self._cases.present()
        for expectation in step.expect:
            if expectation.children:
                self._judge_children(step, expectation, case)
            elif expectation is not step.refusal:
                self._judge_one(step, expectation, str(expectation), case, left)

    def _judge_one(self, step: Step, expectation: Expectation, what: str, case: str, left: Left) -> None:
        try:
            missed = judge(expectation, self._seen(case, left))
        except FlowKitError as error:
            self._fail(step, expectation, what, "一个值", str(error))
            return
        if missed is not None:
            self._fail(step, expectation, what, *missed)

    def _judge_children(self, step: Step, expectation: Expectation, case: str) -> None:
        """How many there are, then what is expected of each."""
        children = self._cases.children(case, expectation.children)
        settings = self._stage.app.settings
        wanted = (
            resolve(expectation.value, self._taking.evaluate) if expectation.each is None else len(expectation.each)
        )
        if not equal(wanted, len(children), settings):
            expected, found = words(wanted, settings.timezone), words(len(children), settings.timezone)
            self._fail(step, expectation, str(expectation), f"{expected} 个", f"{found} 个")
            return
        for number, (child, inner) in enumerate(zip(children, expectation.each or (), strict=False), start=1):
            for each in inner:
                self._judge_one(step, each, f"{expectation}.{number} {each}", child, Left())

    def _fail(self, step: Step, expectation: Expectation, what: str, expected: str, found: str) -> None:
        self._failures.append(Failure(step.number, expectation.place, what, expected, found))

    def _seen(self, case_id: str, left: Left) -> Seen:
        stage = self._stage
        case, workflow = stage.case(case_id), stage.workflow(case_id)
        # A case that was unfit to begin has no place.
        node = workflow.nodes.get(case.node)
        return Seen(
            settings=stage.app.settings,
            now=stage.clock.now(),
            node=(case.node, node.title if node is not None else ""),
            owner=case.owner,
            outcome=case.outcome,
            due=min((d.due for d in case.deadlines), default=None),
            incident=case.incident["message"] if case.incident is not None else None,
            stages={name: workflow.stages[name].title for name in case.stages},
            left=left,
            offered=lambda: stage.offered(case_id),
            operations=lambda: stage.offered(case_id, operations),
            titles={f"role:{name}": title for name, title in workflow.business.roles.items()},
            sees=lambda actor: stage.kit.find(case_id, actor) is not None,
            value=lambda path: stage.evaluate(case_id, path),
            record=lambda record, path: stage.record(case_id, record, path),
            evaluate=lambda node: stage.evaluate(case_id, node.typed.removeprefix("=")),
        )

    # --- what it brought about -----------------------------------------------------------------------------------

    def _look(self, step: Step) -> Left:
        """Look at what has happened since the last look: count it if it was asserted, tell what went outside."""
        names: dict[str, list[str]] = {"called": [], "printed": []}
        sent: list[Sent] = []
        for happened in self._cases.look():
            for event in happened.events:
                if event.kind in names:
                    names[event.kind].append(_name(event.kind, event.data))
                elif event.kind == "notified" and event.data["notification"]:
                    sent.append(_sent(event.data))
            self._judge_incidents(step, happened)
            if step.expect and happened.events:
                workflow, applies = self._stage.workflow(happened.case), partial(self._stage.applies, happened.case)
                self._touched[workflow.name].events(workflow, happened.events, happened.node, applies)
        return Left(tuple(sent), tuple(names["called"]), tuple(names["printed"]))

    def _judge_incidents(self, step: Step, happened: Happened) -> None:
        """A machine that gave up fails the story, unless the step says that it must."""
        if any(each.name == "incident" and not each.record for each in _all(step.expect)):
            return
        for event in happened.events:
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
        if step.kind != "act" or self._cases.current is None:
            return None, "", None, None
        workflow = self._stage.workflow(self._cases.current)
        node = self._stage.case(self._cases.current).node
        actions = workflow.actions_at(node).values()
        exit_ = next((e for e in actions if step.subject.typed in {e.name, e.title}), None)
        if exit_ is None and (outcome := outcome_of(workflow, node, step.subject.typed)) is not None:
            return workflow, f"{node}.{outcome.name}", outcome.form, outcome
        if exit_ is None:
            return None, "", None, None
        return workflow, action_name(workflow, node, exit_), exit_.form, exit_


def _name(kind: str, data: Mapping[str, Any]) -> str:
    """The name of what an event asked or printed."""
    return f"{data['connector']}.{data['operation']}" if kind == "called" else str(data["name"])


def _sent(data: Mapping[str, Any]) -> Sent:
    text = "".join(part if isinstance(part, str) else "***" for part in data["text"])
    return Sent(data["notification"], tuple(data["to"]), text)


def _all(expected: Iterable[Expectation]) -> Iterable[Expectation]:
    """Expectations, and those of children among them."""
    for each in expected:
        yield each
        for child in each.each or ():
            yield from child

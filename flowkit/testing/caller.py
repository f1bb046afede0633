"""What stands in for outside systems in a story: it answers what the story says and asks nobody.

What it is asked without having been told an answer is remembered, so that the story can fail by it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flowkit.app.nouns.scenario_replies import ReplyKind
from flowkit.connect.answers import AnswerProblem
from flowkit.connect.connector import Connector
from flowkit.connect.failure import Failure, Reply
from flowkit.connect.json_text import write_json
from flowkit.connect.operation import Operation, Request

UNANSWERED = "场景里没有给出这个操作的答复"
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Line:
    """One answer with everything worked out: `said` is plain data, for `raw` the JSON itself."""

    kind: ReplyKind
    said: Any
    slow: timedelta = timedelta(0)
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a call could not be answered as the story should: nothing was given (`words` is ""), or it does not fit."""

    operation: str
    words: str = ""


class ScenarioCaller:
    """Answers by operation, CONNECTOR.OPERATION: one line after another, the last from then on."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Line]] = {}
        self._unfit: list[Unfit] = []
        self._lock = threading.Lock()

    def give(self, operation: str, lines: Sequence[Line]) -> None:
        """What this operation answers from now on."""
        with self._lock:
            self._lines[operation] = list(lines)

    def unfit(self) -> list[Unfit]:
        """What went wrong since this was asked last."""
        with self._lock:
            told, self._unfit = self._unfit, []
        return told

    def perform(self, connector: Connector, request: Request) -> Reply:
        name = f"{connector.name}.{request.operation}"
        with self._lock:
            lines = self._lines.get(name, [])
            line = lines.pop(0) if len(lines) > 1 else next(iter(lines), None)
            if line is None:
                self._unfit.append(Unfit(name))
        if line is None:
            return Reply(failure=Failure("refused", UNANSWERED))
        reply = replace(self._said(connector.operations[request.operation], name, line), after=line.slow)
        if reply.failure is None:
            return reply
        # As one that speaks to a network has it.
        return replace(reply, failure=replace(reply.failure, message=f"{connector.title}:{reply.failure.message}"))

    def _said(self, operation: Operation, name: str, line: Line) -> Reply:
        match line.kind:
            case "refused":
                return Reply(failure=Failure("refused", f"对方没有接受:{line.said}", 200, sent=True), status=200)
            case "failed":
                return _failed(operation, str(line.said))
            case "raw":
                return operation.judge(200, _JSON, write_json(line.said).encode())
            case "values":
                return self._values(operation, name, line)

    def _values(self, operation: Operation, name: str, line: Line) -> Reply:
        values: Mapping[str, Any] = line.said
        try:
            return Reply(operation.answer.given(values), status=200)
        except AnswerProblem as problem:
            if not line.bare:
                with self._lock:
                    self._unfit.append(Unfit(name, str(problem)))
            return Reply(failure=Failure("refused", f"答复的内容不对:{problem}", 200, sent=True), status=200)


def _failed(operation: Operation, how: str) -> Reply:
    if how == "timeout":
        return Reply(failure=Failure("timeout", "没有及时答复", sent=True))
    if how == "unreachable":
        return Reply(failure=Failure("unreachable", "连接不上"))
    return operation.judge(int(how), {}, b"")

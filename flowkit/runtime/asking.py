"""Asking outside systems: one operation of a connector, under a key that stays the same however often it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from flowkit.clock import Clock
from flowkit.connect.connector import Connector
from flowkit.connect.failure import Failure, Reply
from flowkit.connect.operation import Request
from flowkit.engine.redaction import references
from flowkit.errors import EvaluationError, RefusedError
from flowkit.runtime.failpoints import reach
from flowkit.runtime.outbox import Claimed, Settled
from flowkit.runtime.personal import with_values
from flowkit.runtime.view import View
from flowkit.store.database import Database


class Caller(Protocol):
    """What makes requests; `flowkit.connect.http` has the real one, a scenario its own."""

    def perform(self, connector: Connector, request: Request) -> Reply: ...


class Asking:
    """Calls to the connectors of an app."""

    def __init__(self, connectors: Mapping[str, Connector], database: Database, caller: Caller, clock: Clock) -> None:
        self._connectors, self._database, self._caller, self._clock = connectors, database, caller, clock

    @property
    def longest_try(self) -> timedelta:
        """How long one may take: as long as the most patient connector waits."""
        return max((each.limits.total for each in self._connectors.values()), default=timedelta(0))

    def perform(self, claimed: Claimed) -> Settled:
        name, operation_name = claimed.body["connector"], claimed.body["operation"]
        said = f"{name}.{operation_name} {claimed.key}"
        connector = self._connectors.get(name)
        operation = connector.operations.get(operation_name) if connector is not None else None
        if connector is None or operation is None:
            return _answered(claimed, said, Reply(failure=Failure("refused", "这个应用里已没有这个操作")))
        if claimed.left and operation.only_reads:
            return Settled("dropped", f"不再询问 {said}: 该步骤已结束", "该步骤已结束")
        # Who has it sent again from the list answers for it: then this is a first try.
        if claimed.in_doubt and not operation.repeatable and (claimed.left or claimed.attempts > 1):
            return _answered(claimed, said, Reply(failure=Failure("unreachable", "发送途中中断", sent=True)))
        try:
            request = operation.request(self._arguments(claimed), claimed.key)
        except (RefusedError, EvaluationError) as error:
            return _answered(claimed, said, Reply(failure=Failure("refused", str(error))))
        reach("before-send")
        reply = self._caller.perform(connector, request)
        reach("after-send")
        failure = reply.failure
        if failure is not None and operation.may_repeat(failure):
            again = operation.retry.delay(claimed.attempts, failure.retry_after)
            if again is not None:
                line, doubt = f"{said}: {failure.message},稍后再试", claimed.in_doubt or failure.in_doubt
                return Settled("pending", line, failure.message, reply.after + again, in_doubt=doubt)
        return _answered(claimed, said, reply, only_reads=operation.only_reads)

    def _arguments(self, claimed: Claimed) -> dict[str, Any]:
        arguments = claimed.body["arguments"]
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"personal": set(references(arguments))})
        return {name: with_values(value, view) for name, value in arguments.items()}


def _answered(claimed: Claimed, said: str, reply: Reply, *, only_reads: bool = False) -> Settled:
    """The answer goes to the case, late or not; a failure that will not pass is listed as well.

    It says so where the other side may have carried out what it did not answer.
    """
    failure = reply.failure
    in_doubt = failure is not None and not only_reads and (claimed.in_doubt or failure.in_doubt)
    error = f"{reply.error}(对方可能已经执行)" if in_doubt else reply.error
    told = {
        "by": f"connector:{claimed.body['connector']}",
        "connector": claimed.body["connector"],
        "operation": claimed.body["operation"],
        "visit": claimed.body["visit"],
        "ok": reply.ok,
        "values": dict(reply.values),
        "error": error,
    }
    if failure is None:
        return Settled("done", f"{said}: 已答复", wait=reply.after, reply=told)
    return Settled("dead", f"{said}: {error}", error, reply.after, reply=told, in_doubt=in_doubt)

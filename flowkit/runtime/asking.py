"""Asking outside systems: one operation of a connector, under a key that stays the same however often it is tried."""

from __future__ import annotations

from collections.abc import Mapping
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

    def perform(self, claimed: Claimed) -> Settled:
        name, operation_name = claimed.body["connector"], claimed.body["operation"]
        said = f"{name}.{operation_name} {claimed.key}"
        connector = self._connectors.get(name)
        operation = connector.operations.get(operation_name) if connector is not None else None
        if connector is None or operation is None:
            return _answered(claimed, said, Reply(failure=Failure("refused", "这个应用里已没有这个操作")))
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
                return Settled("pending", f"{said}: {failure.message},稍后再试", failure.message, reply.after + again)
        return _answered(claimed, said, reply)

    def _arguments(self, claimed: Claimed) -> dict[str, Any]:
        arguments = claimed.body["arguments"]
        view = View(self._database.connection(), self._database.statements)
        view.fetch({"personal": set(references(arguments))})
        return {name: with_values(value, view) for name, value in arguments.items()}


def _answered(claimed: Claimed, said: str, reply: Reply) -> Settled:
    """The answer goes to the case; a failure that will not pass is listed as well."""
    told = {
        "by": f"connector:{claimed.body['connector']}",
        "connector": claimed.body["connector"],
        "operation": claimed.body["operation"],
        "visit": claimed.body["visit"],
        "ok": reply.ok,
        "values": dict(reply.values),
        "error": reply.error,
    }
    if reply.ok:
        return Settled("done", f"{said}: 已答复", wait=reply.after, reply=told)
    return Settled("dead", f"{said}: {reply.error}", reply.error, reply.after, reply=told)

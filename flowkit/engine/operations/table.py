"""Every operation there is, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.operations.claiming import CLAIM, RELEASE
from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.retrying import RETRY
from flowkit.engine.operations.revealing import REVEAL

OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in (RETRY, CLAIM, RELEASE, REVEAL)}

GRANTED = tuple(operation.name for operation in OPERATIONS.values() if operation.granted)
"""Those that a role must be granted with `may`."""


def operation_called(name: str) -> Operation | None:
    """The operation of that name, or of that title: the command line takes names, people know titles."""
    return OPERATIONS.get(name) or next((o for o in OPERATIONS.values() if o.title == name), None)

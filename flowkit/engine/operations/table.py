"""Every operation there is, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.operations.adding import ADD_SIGNER, REMOVE_SIGNER
from flowkit.engine.operations.claiming import CLAIM, RELEASE
from flowkit.engine.operations.delegating import DELEGATE
from flowkit.engine.operations.handing import HAND_OVER
from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.retrying import RETRY
from flowkit.engine.operations.signing import APPROVE, REJECT, RETURN
from flowkit.engine.operations.taking_back import TAKE_BACK

_SIGNING = (APPROVE, REJECT, RETURN, HAND_OVER, DELEGATE, ADD_SIGNER, REMOVE_SIGNER, TAKE_BACK)
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in (RETRY, *_SIGNING, CLAIM, RELEASE)}

# Of signers each may be removed by who has added him; any by those to whom it is granted.
GRANTED = (*(operation.name for operation in OPERATIONS.values() if operation.granted), REMOVE_SIGNER.name)
"""Those that a role must be granted with `may`."""


def operation_called(name: str) -> Operation | None:
    """The operation of that name, or of that title: the command line takes names, people know titles."""
    return OPERATIONS.get(name) or next((o for o in OPERATIONS.values() if o.title == name), None)

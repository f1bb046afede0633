"""Every operation there is, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.engine.operations.adding import ADD_SIGNER, REMOVE_SIGNER
from flowkit.engine.operations.claiming import CLAIM, RELEASE
from flowkit.engine.operations.commenting import COMMENT
from flowkit.engine.operations.copying import COPY, MARK_READ
from flowkit.engine.operations.delegating import DELEGATE
from flowkit.engine.operations.following import FOLLOW, UNFOLLOW
from flowkit.engine.operations.halting import RESUME_CASE, SUSPEND, VOID
from flowkit.engine.operations.handing import HAND_OVER
from flowkit.engine.operations.linking import JOIN, LINK, UNLINK
from flowkit.engine.operations.moving import MOVE
from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.reassigning import REASSIGN
from flowkit.engine.operations.retrying import RETRY
from flowkit.engine.operations.revealing import REVEAL
from flowkit.engine.operations.signing import APPROVE, REJECT, RETURN
from flowkit.engine.operations.taking_back import TAKE_BACK
from flowkit.engine.operations.urging import URGE

_ALL = (
    RETRY,
    CLAIM,
    RELEASE,
    *(APPROVE, REJECT, RETURN),
    HAND_OVER,
    *(DELEGATE, ADD_SIGNER, REMOVE_SIGNER, TAKE_BACK),
    REASSIGN,
    MOVE,
    URGE,
    COMMENT,
    FOLLOW,
    UNFOLLOW,
    COPY,
    MARK_READ,
    LINK,
    UNLINK,
    JOIN,
    SUSPEND,
    RESUME_CASE,
    VOID,
    REVEAL,
)
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _ALL}

GRANTED = (*(o.name for o in OPERATIONS.values() if o.granted or o.grantable), "substitute")
"""What a role can be granted with `may`; to say who stands in for somebody else is no operation on a case."""

WORDS = frozenset(word for operation in OPERATIONS.values() for word in (operation.name, operation.title))
"""What they are called, by names and titles."""


def operation_called(name: str) -> Operation | None:
    """The operation of that name, or of that title: the command line takes names, people know titles."""
    return OPERATIONS.get(name) or next((o for o in OPERATIONS.values() if o.title == name), None)

"""Retry: what a machine gave up on is tried again by whoever must look at it."""

from __future__ import annotations

from flowkit.engine.draft import Draft
from flowkit.engine.follow_up import cannot_retry, retry
from flowkit.engine.operations.operation import Operation, Values


def _retry(draft: Draft, values: Values) -> None:
    retry(draft, values, draft.case.id)


RETRY = Operation(
    "retry",
    "重试",
    cannot_retry,
    _retry,
    help="What a machine gave up on is tried again by whoever must look at it, once its cause is mended.",
)

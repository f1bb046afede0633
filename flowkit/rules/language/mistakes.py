"""A mistake inside an expression or a template, before it has a place in a file."""

from __future__ import annotations

from flowkit.errors import FlowKitError


class ExpressionError(FlowKitError):
    """An expression that cannot be used. `offset` and `end` count characters of its text from 0.

    `code` is the code of the diagnostic it becomes: `bad-expression`, `unknown-name`, `unknown-function`,
    `unknown-option`, `type-mismatch`, `bad-template`.
    """

    def __init__(
        self, message: str, offset: int = 0, help: str = "", *, end: int | None = None, code: str = "bad-expression"
    ) -> None:
        self.message, self.offset, self.help, self.code = message, offset, help, code
        self.end = max(offset + 1, end if end is not None else 0)
        super().__init__(message)

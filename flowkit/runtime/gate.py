"""Who is inside: calls pass through while it is open, and closing waits until the last has left."""

from __future__ import annotations

import threading
from types import TracebackType

from flowkit.errors import ClosedError


class Gate:
    """`with gate:` around each call. A call that has begun is finished; one that comes after closing is refused."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def __enter__(self) -> None:
        with self._changed:
            if self._closed:
                raise ClosedError("this FlowKit was closed; nothing was accepted")
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._inside -= 1
            if not self._inside:
                self._changed.notify_all()

    def close(self) -> bool:
        """Refuse newcomers and wait for those inside; whether it was open. Not to be called from inside."""
        with self._changed:
            was_open, self._closed = not self._closed, True
            self._changed.wait_for(lambda: not self._inside)
        return was_open

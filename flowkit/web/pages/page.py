"""One address and what answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from flowkit.web.site import Ask


@dataclass(frozen=True, slots=True)
class Page:
    """`answer` runs in a thread. `public`: also for those who are not signed in; `post`: it takes what forms send; `get`: there is
    something to look at, which changes nothing; `demo`: only there.
    """

    path: str
    answer: Callable[[Ask], Response]
    public: bool = False
    post: bool = False
    get: bool = True
    demo: bool = False

    @property
    def methods(self) -> list[str]:
        return ["GET"] * self.get + ["POST"] * self.post

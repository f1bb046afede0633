"""Named places at which a harness may end the process, to see that nothing acknowledged is lost.

`FLOWKIT_FAILPOINT=NAME[:NTH]` kills this process, as `kill -9` does, when NAME is reached for the NTH time. The variable is
read once; without it `reach` does nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count

VARIABLE = "FLOWKIT_FAILPOINT"


def _nothing(name: str) -> None:
    pass


def _killing(wanted: str) -> Callable[[str], None]:
    name, _, nth = wanted.partition(":")
    reached, last = count(1), int(nth or 1)

    def reach(here: str) -> None:
        if here == name and next(reached) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return reach


reach: Callable[[str], None] = _killing(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else _nothing
"""Tell that the place of this name was reached."""

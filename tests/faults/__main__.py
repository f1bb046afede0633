"""`python -m tests.faults --kills 2000`: kill, restart, compare, and tell what was hit."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.driver import Harness
from tests.faults.report import report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", default="", help="all at this place, or call to the system (pwrite64, fdatasync)")
    parser.add_argument("--bug", default="", help="one of planted")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowkit-faults-") as folder:
        result = Harness(Path(folder), given.kills, given.seed, given.bug, given.at).run()
    print(report(result))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())

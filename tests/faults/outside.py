"""`python -m tests.faults.outside --kills 500`: kill what begins children, calls outside and hears from there; compare; tell."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults.outside_driver import SPEED, Harness, Result
from tests.faults.report import fell


def report(result: Result) -> str:
    return "\n".join(_lines(result))


def _lines(r: Result) -> Iterator[str]:
    yield f"{fell(r.ends, r.took)}; and {r.peer.total()} of the supplier"
    yield f"{len(r.faults)} faults"
    yield from (f"  {fault}" for fault in r.faults[:20])
    yield f"acknowledged: {_told(r.acknowledged)}; {r.unheard:,} unheard ones sent again; refused: {_told(r.refused)}"
    yield f"{r.cases:,} cases, {r.events:,} events: {_told(r.told)}"
    yield f"calls: {_told(r.calls)}; {r.orders:,} orders in the ledger from {r.requests:,} requests"
    yield f"{r.never_begun} children were called off before they could begin"
    yield f"orders are known to their cases: {_told(r.ledger)}"
    yield f"killed at: {_told(r.ends.points)}"
    yield f"killed at a call to the system: {_told(r.ends.calls)}"
    yield f"killed at any moment, behind: {_told(r.ends.by_chance)}"
    yield f"the supplier was killed: {_told(r.peer)}"


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{many:,} {name}" for name, many in counted.most_common()) or "none"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.outside", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bug", default="", help="one of outside_planted")
    parser.add_argument(
        "--at", default="", help="all at this place, call to the system (pwrite64, fdatasync), or `peer`"
    )
    parser.add_argument("--speed", type=float, default=SPEED, help="how much faster than ours the clock runs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flowkit-outside-") as folder:
        result = Harness(Path(folder), given.kills, given.seed, given.bug, given.at, given.speed).run()
    print(report(result))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())

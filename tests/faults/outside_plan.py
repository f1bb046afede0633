"""What driver and worker of the outside harness tell each other, and the key that stands for each kind of command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.plan import OneLine, Sent

BUSINESS = Path(__file__).parent / "outside_business"
SECRET = "whsec_b3V0c2lkZS1vZi10aGUtaGFybmVzcw=="
EVENT = "connector:supplier/evt_shipped_{}"
"""The mark of the event that an order was shipped: the key under which it stands in histories."""


@dataclass(frozen=True, slots=True)
class Plan(OneLine):
    """One life of a worker.

    ledger, ledger_from  the supplier's file, and where in it the orders of this database begin
    again                commands whose answer nobody heard, and some that were answered
    open                 jobs that new commands may be about
    drain                tell of every order once more, carry out all that is due, verify, end
    """

    database: str
    ledger: str
    ledger_from: int
    trail: str
    began: float
    speed: float
    seed: int
    life: int
    threads: int = 4
    end: str = ""
    again: list[Sent] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    drain: bool = False
    bug: str = ""

"""What playing the scenarios of an app found, as data, as lines for people and as JSON. Plays nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flowkit.diagnostics import Place


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was not as expected. `what` is the expectation, "" when the step itself went wrong; step 0: before any."""

    step: int
    place: Place
    what: str
    expected: str
    found: str

    def line(self) -> str:
        where = f"第 {self.step} 步 {self.place.file}:{self.place.line}" if self.step else self.place.file
        if not self.what:
            return f"{where} {self.found}".strip()
        return f"{where} {self.what}: 期望 {self.expected}, 实际 {self.found}"

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "file": self.place.file,
            "line": self.place.line,
            "what": self.what,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True, slots=True)
class Played:
    """One scenario after it was played. `asserted` counts the steps that expect something."""

    name: str
    place: Place
    steps: int
    asserted: int
    failures: tuple[Failure, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.failures

    def lines(self) -> list[str]:
        head = f"{'通过' if self.ok else '失败'}  {self.name}  ({self.steps} 步, 其中 {self.asserted} 步有期望)"
        return [head, *(f"      {failure.line()}" for failure in self.failures)]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": self.place.file,
            "line": self.place.line,
            "ok": self.ok,
            "steps": self.steps,
            "asserted": self.asserted,
            "failures": [f.as_json() for f in self.failures],
        }


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one kind of thing the asserted steps touched: the names of all, and of those touched."""

    all: tuple[str, ...]
    covered: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in self.all if name not in self.covered)

    def __str__(self) -> str:
        return f"{len(self.all) - len(self.missing)}/{len(self.all)}"

    def as_json(self) -> dict[str, Any]:
        return {"all": len(self.all), "covered": len(self.all) - len(self.missing), "missing": list(self.missing)}


KINDS = {
    "nodes": "节点",
    "exits": "动作",
    "timeouts": "时限",
    "answered": "外部系统答复",
    "failed": "外部系统失败",
    "joined": "子单汇合",
    "checks_held": "校验通过",
    "checks_refused": "校验拒绝",
}


@dataclass(frozen=True, slots=True)
class Report:
    """All scenarios played, and per workflow the shares covered by asserted steps, by the kinds of KINDS."""

    played: tuple[Played, ...]
    coverage: Mapping[str, Mapping[str, Share]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(p.ok for p in self.played)

    @property
    def covered(self) -> tuple[int, int]:
        """How many of all things that there are, of every kind and workflow, were covered; and how many there are."""
        shares = [share for of_workflow in self.coverage.values() for share in of_workflow.values()]
        return sum(len(s.all) - len(s.missing) for s in shares), sum(len(s.all) for s in shares)

    @property
    def percent(self) -> Decimal:
        """The same in percent, one digit, rounded down so that 100 means all; 100 where there is nothing."""
        covered, all_ = self.covered
        return Decimal(covered * 1000 // all_) / 10 if all_ else Decimal(100)

    def lines(self) -> list[str]:
        out = [line for played in self.played for line in played.lines()]
        good = sum(p.ok for p in self.played)
        out += ["", f"{len(self.played)} 个场景: {good} 个通过, {len(self.played) - good} 个失败"]
        return out + self.coverage_lines()

    def coverage_lines(self) -> list[str]:
        """What was covered and what is missing, workflow by workflow."""
        out: list[str] = []
        for workflow, shares in self.coverage.items():
            out += ["", f"覆盖 {workflow} (只计有期望的步骤)"]
            for kind, title in KINDS.items():
                share = shares.get(kind)
                if share is not None and share.all:
                    missing = f"  未覆盖: {', '.join(share.missing)}" if share.missing else ""
                    out.append(f"  {title} {share}{missing}")
        if self.coverage:
            covered, all_ = self.covered
            out += ["", f"合计覆盖 {covered}/{all_} ({self.percent}%)"]
        return out

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "scenarios": [p.as_json() for p in self.played],
            "percent": float(self.percent),
            "coverage": {w: {k: s.as_json() for k, s in shares.items()} for w, shares in self.coverage.items()},
        }

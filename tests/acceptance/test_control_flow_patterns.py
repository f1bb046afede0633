"""The 43 control-flow patterns: the page that tells of them is what is played here, so page and program cannot drift."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flowkit
from flowkit.testing.scenarios import play
from tests.unit.test_docs import DOCS, Block, Page

PAGE = DOCS / "reference" / "control-flow-patterns.md"
PATTERNS = {
    1: "Sequence",
    2: "Parallel Split",
    3: "Synchronization",
    4: "Exclusive Choice",
    5: "Simple Merge",
    6: "Multi-Choice",
    7: "Structured Synchronizing Merge",
    8: "Multi-Merge",
    9: "Structured Discriminator",
    10: "Arbitrary Cycles",
    11: "Implicit Termination",
    12: "Multiple Instances without Synchronization",
    13: "Multiple Instances with a Priori Design-Time Knowledge",
    14: "Multiple Instances with a Priori Run-Time Knowledge",
    15: "Multiple Instances without a Priori Run-Time Knowledge",
    16: "Deferred Choice",
    17: "Interleaved Parallel Routing",
    18: "Milestone",
    19: "Cancel Task",
    20: "Cancel Case",
    21: "Structured Loop",
    22: "Recursion",
    23: "Transient Trigger",
    24: "Persistent Trigger",
    25: "Cancel Region",
    26: "Cancel Multiple Instance Activity",
    27: "Complete Multiple Instance Activity",
    28: "Blocking Discriminator",
    29: "Cancelling Discriminator",
    30: "Structured Partial Join",
    31: "Blocking Partial Join",
    32: "Cancelling Partial Join",
    33: "Generalized AND-Join",
    34: "Static Partial Join for Multiple Instances",
    35: "Cancelling Partial Join for Multiple Instances",
    36: "Dynamic Partial Join for Multiple Instances",
    37: "Local Synchronizing Merge",
    38: "General Synchronizing Merge",
    39: "Critical Section",
    40: "Interleaved Routing",
    41: "Thread Merge",
    42: "Thread Split",
    43: "Explicit Termination",
}
"""As the workflow patterns initiative numbers and names them."""

_ROW = re.compile(r"^\| \[(\d+)\]\(#[\w-]+\) \| ([^|]+) \| (yes|partly|no) \| [^|]+ \|$", re.MULTILINE)
_HEADING = re.compile(r"^## WCP-(\d+) (.+)$", re.MULTILINE)

TEXT = PAGE.read_text(encoding="utf-8")
TABLE = {int(number): (name, here) for number, name, here in _ROW.findall(TEXT)}


def _blocks() -> tuple[Block, dict[int, list[Block]]]:
    """The frame, and the blocks of each pattern."""
    page = Page.read(PAGE)
    frame, *others = page.blocks
    assert "frame" in frame.marks
    found: dict[int, list[Block]] = {number: [] for number in PATTERNS}
    for block in others:
        heading = _HEADING.fullmatch(f"## {block.heading}")
        assert heading is not None, f"{PAGE}:{block.first}: this block belongs to no pattern"
        found[int(heading[1])].append(block)
    return frame, found


FRAME, BLOCKS = _blocks()


def test_every_pattern_is_answered() -> None:
    """The table has each of the 43 once, in order and by its name, and so have the sections."""
    assert list(TABLE) == list(PATTERNS)
    assert {number: name for number, (name, _) in TABLE.items()} == PATTERNS
    assert [(int(n), name) for n, name in _HEADING.findall(TEXT)] == list(PATTERNS.items())


@pytest.mark.parametrize("number", [n for n, (_, here) in TABLE.items() if here == "no"])
def test_what_does_not_apply_says_why_and_shows_nothing(number: int) -> None:
    """A pattern that cannot be written has words instead of a block that would pretend."""
    assert BLOCKS[number] == []
    section = TEXT.split(f"## WCP-{number} ", 1)[1].split("\n## ", 1)[0]
    assert section.split("\n\n", 1)[1].startswith("Not here")


@pytest.mark.parametrize("number", [n for n, (_, here) in TABLE.items() if here != "no"])
def test_what_applies_is_played(number: int, tmp_path: Path) -> None:
    """The block of each pattern that applies loads without a word, and all its stories hold, each step of them judged."""
    (block,) = BLOCKS[number]
    (tmp_path / "frame.yaml").write_text(FRAME.text, encoding="utf-8")
    (tmp_path / "pattern.yaml").write_text(block.text, encoding="utf-8")
    app = flowkit.load_app(tmp_path)
    assert [d.message for d in app.diagnostics] == []
    report = play(app)
    assert report.played
    assert report.ok, "\n".join(report.lines())
    assert all(s.asserted == s.steps for s in report.played)

"""The documentation is run: what it shows is what the program says.

How a page marks its blocks, in the line that opens them:

    yaml app=NAME file=F    (csv, python too) the block is the file F of the folder NAME; F is app.yaml if left out
    console                 lines with $ are typed, the lines below each must be what the program prints
    console running=APP     what `flowkit run APP`, started further up, has printed since
    console background      is typed in a terminal of its own, and goes on until the end of the page
    python run              is executed; the `text` block that follows must be what it prints
    yaml wrong, yaml right  on the page of diagnostics: an app with that mistake, and without

`<!-- clock: 2026-03-02 09:00 -->` and `<!-- later: 11m -->` move the clock of the page. Outputs are compared without
regard to blanks and to the ids of cases. FLOWKIT_WRITE_DOCS=1 writes what was printed into the pages.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import flowkit.cli.running
import flowkit.kit
from flowkit.cli.main import perform
from flowkit.cli.opening import told
from flowkit.clock import VirtualClock
from flowkit.diagnostics import Diagnostic, Findings
from flowkit.errors import DefinitionError
from flowkit.source.reading import read
from flowkit.values.durations import parse_duration

DOCS = Path(__file__).parents[2] / "docs"
WRITE = os.environ.get("FLOWKIT_WRITE_DOCS") == "1"
DIAGNOSTICS = DOCS / "reference" / "diagnostics.md"
PAGES = [
    DOCS / "guide.zh.md",
    DOCS / "tutorial" / "first-business.md",
    DOCS / "how-to" / "approvals.md",
    DOCS / "how-to" / "channels.md",
    DOCS / "how-to" / "embed.md",
    DOCS / "how-to" / "files.md",
    DOCS / "how-to" / "intakes.md",
    DOCS / "how-to" / "people.md",
    DOCS / "how-to" / "play-by-hand.md",
    DOCS / "how-to" / "rights.md",
    DOCS / "how-to" / "schedules.md",
    DOCS / "how-to" / "serve.md",
    DOCS / "how-to" / "stories-with-systems.md",
    DOCS / "how-to" / "time.md",
    DOCS / "how-to" / "views.md",
    DOCS / "how-to" / "work-together.md",
    DOCS / "reference" / "expressions.md",
    DOCS / "explanation" / "architecture.md",
    DOCS / "explanation" / "promises.md",
]
START = "2026-03-02 09:00"
ZONE = ZoneInfo("Asia/Shanghai")

_FENCE = re.compile(r"^```(.*)$")
_COMMENT = re.compile(r"^<!-- (clock|later): (.+) -->$")
_ID = re.compile(r"\bc[0-9a-z]{20}\b")
_REFERENCE = re.compile(r"\b[0-9a-f]{16,}\b")


@dataclass
class Block:
    """A fenced block of a page; `first` and `last` are the lines of its text, counted from 0, `last` just past it."""

    language: str
    marks: dict[str, str]
    first: int
    last: int
    lines: list[str]
    heading: str = ""
    actual: list[str] | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def holds(self, printed: list[str]) -> bool:
        """Whether that is what the page shows. A running business sends several messages at once: in any order."""
        running = "running" in self.marks or any(line.startswith("$ flowkit run") for line in self.lines)
        order = sorted if running else list
        return order(_loose(printed)) == order(_loose(self.lines))


@dataclass
class Page:
    path: Path
    blocks: list[Block] = field(default_factory=list)
    moves: dict[int, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Page:
        page, heading, opened = cls(path), "", None
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            fence = _FENCE.match(line)
            if opened is not None:
                if line == "```":
                    opened.last = number
                    opened.lines = lines[opened.first : number]
                    page.blocks.append(opened)
                    opened = None
            elif fence:
                language, *marks = fence.group(1).split() or [""]
                opened = Block(language, dict(_mark(m) for m in marks), number + 1, 0, [], heading)
            elif line.startswith("#"):
                heading = line.lstrip("# ").strip("`")
            elif comment := _COMMENT.match(line):
                page.moves[number] = (comment.group(1), comment.group(2))
        assert opened is None, f"{path}: a block is not closed"
        return page

    def write(self) -> None:
        lines = self.path.read_text(encoding="utf-8").splitlines()
        for block in reversed(self.blocks):
            if block.actual is not None and not block.holds(block.actual):
                lines[block.first : block.last] = block.actual
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def settle(self) -> None:
        """Compare what was printed with what the page shows, or write it there."""
        if WRITE:
            self.write()
            return
        for block in self.blocks:
            if block.actual is not None:
                assert block.holds(block.actual), f"{self.path}:{block.first} prints {block.actual}"


def _mark(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _loose(lines: list[str]) -> list[str]:
    """Lines as compared: ids and blanks left out of account."""
    shown = (_REFERENCE.sub("HEX", _ID.sub("CASE", " ".join(line.split()))) for line in lines)
    return [line for line in shown if line]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[VirtualClock]:
    """A folder and an environment of its own, and a clock that only the page moves; `flowkit run` looks once and ends."""
    before = dict(os.environ)
    clock = VirtualClock(datetime.fromisoformat(START).replace(tzinfo=ZONE))
    monkeypatch.setattr(flowkit.kit, "SystemClock", lambda: clock)
    monkeypatch.setattr(flowkit.cli.running, "until_stopped", _stopped)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWKIT_DATABASE", raising=False)
    (tmp_path / "examples").symlink_to(DOCS.parent / "examples")
    yield clock
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """What a page has begun in terminals of their own; ended with the page."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def _stopped() -> Iterator[object]:
    class Stop:
        def wait(self, seconds: float) -> bool:
            return True

    yield Stop()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_page_shows_what_the_program_prints(
    path: Path, clock: VirtualClock, started: list[subprocess.Popen[str]]
) -> None:
    """Every file, command and program on a page is run in order, and prints what stands there."""
    page, namespace = Page.read(path), {}
    moves = sorted(page.moves.items())
    for number, block in enumerate(page.blocks):
        while moves and moves[0][0] < block.first:
            _move(clock, *moves.pop(0)[1])
        if "app" in block.marks:
            file = Path(block.marks["app"]) / block.marks.get("file", "app.yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif "running" in block.marks:
            block.actual = _performed(["flowkit", "run", block.marks["running"], "--once"])
        elif "background" in block.marks:
            block.actual = list(_begun(block, started))
        elif block.language == "console":
            block.actual = list(_typed(block))
        elif block.language == "python" and "run" in block.marks:
            printed = _executed(block, namespace)
            if number + 1 < len(page.blocks) and page.blocks[number + 1].language == "text":
                page.blocks[number + 1].actual = printed
            else:
                assert not printed, f"{path}:{block.first} prints {printed}"
        else:
            assert block.language in {"text", "mermaid"}, f"{path}:{block.first}: this block is not run"
    page.settle()


def test_every_proof_that_is_named_is_there() -> None:
    """What the page of promises tells to run are files of tests, or folders that hold some."""
    text = (DOCS / "explanation" / "promises.md").read_text(encoding="utf-8")
    named = re.findall(r"\btests[/.][\w/.]+", text)
    assert len(named) >= 8
    for name in named:
        path = DOCS.parent / (name if "/" in name else name.replace(".", "/"))
        assert path.is_file() or path.with_suffix(".py").is_file() or list(path.rglob("test_*.py")), name


def test_every_proof_of_security_is_there() -> None:
    """What the page of security names in backquotes are files of tests, and tests in them."""
    text = (DOCS / "explanation" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:unit|acceptance|store|faults)/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) >= 80
    for file, test in named:
        source = (DOCS.parent / "tests" / file).read_text(encoding="utf-8")
        assert not test or f"\ndef {test}(" in source, f"{file}::{test}"


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link of a page to another file of the project finds it, and the heading it names."""
    text = path.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", text):
        found = path.parent / target if target else path
        assert found.exists(), target
        if heading:
            slugs = {re.sub(r"[^\w\s-]", "", h).strip().replace(" ", "-").lower() for h in _headings(found)}
            assert heading in slugs, f"{target}#{heading}"


def _headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def _quoting() -> list[tuple[str, str]]:
    """The rows of the guide's table of quoting: what does not work, and what does."""
    text = (DOCS / "guide.zh.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", text, re.MULTILINE)


@pytest.mark.parametrize(("bad", "good"), _quoting())
def test_the_rules_of_quoting_are_right(bad: str, good: str) -> None:
    """The left cell is answered with a mistake that shows the right one; the right cell is read as it stands."""
    for cell, found in ((bad, True), (good, False)):
        findings = Findings()
        read(f"form: 甲\nlist:\n  - {cell}\n", "it.yaml", findings)
        assert bool(len(findings)) is found, cell
        if found:
            assert good[good.index('"') : good.rindex('"') + 1] in " ".join(d.help for d in findings)


def _move(clock: VirtualClock, how: str, what: str) -> None:
    if how == "clock":
        clock.set(datetime.fromisoformat(what).replace(tzinfo=ZONE))
    else:
        clock.move(parse_duration(what))


def _typed(block: Block) -> Iterator[str]:
    """The block again with each command's present output below it."""
    command = ""
    for line in block.lines:
        if line.startswith("$ "):
            command = line[2:]
        elif command.endswith("\\"):
            command = command[:-1] + line.strip()
        else:
            continue
        yield line
        if not command.endswith("\\"):
            yield from _performed(shlex.split(command, comments=True))


def _begun(block: Block, started: list[subprocess.Popen[str]]) -> Iterator[str]:
    """The block again with the first line that each of its commands, which go on, has printed."""
    for line in block.lines:
        if line.startswith("$ "):
            words = shlex.split(line[2:])
            assert words[0] == "flowkit"
            command = [sys.executable, "-m", *words]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            started.append(process)
            assert process.stdout is not None
            yield line
            yield process.stdout.readline().rstrip()


def _performed(words: list[str]) -> list[str]:
    if words[0] == "export":
        os.environ.update(word.split("=", 1) for word in words[1:])
        return []
    assert words[0] == "flowkit", f"only flowkit is run here, not {words[0]}"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = perform(words[1:])
    # What the machine's SQLite lacks is said where it runs, not in a page.
    lines = [line.rstrip() for line in out.getvalue().splitlines() if not line.startswith("SQLite ")]
    assert code in {0, 1}, f"{' '.join(words)} was called wrongly: {lines}"
    return lines


def _executed(block: Block, namespace: dict[str, object]) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile("\n" * block.first + block.text, "page", "exec"), namespace)
    return out.getvalue().rstrip("\n").split("\n") if out.getvalue() else []


# --- diagnostics -----------------------------------------------------------------------------------------------------

NOT_SHOWN = {
    "missing-map": "about a file beside the app, read by `try`",
    "unreadable": "about a file beside the app, read by `try`",
    "stranded": "about cases in a database",
    "provisional-year": "about a day that `check --at` names",
    "no-file": "no page can hold a folder that is called a file",
    "outside-app": "no page can hold a link",
    "too-deep": "no page can hold so much",
    "too-large": "no page can hold so much",
    "too-many": "no page can hold so much",
}
"""Codes that no page can show, and why."""


def _sections() -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for block in DIAGNOSTICS_PAGE.blocks:
        found.setdefault(block.heading, []).append(block)
    return found


DIAGNOSTICS_PAGE = Page.read(DIAGNOSTICS)


def test_every_code_of_the_source_is_documented() -> None:
    """Whatever code a diagnostic can carry has a section, and no section speaks of a code that is gone."""
    documented = {h for line in DIAGNOSTICS.read_text().splitlines() if (h := re.match(r"## `([a-z-]+)`$", line))}
    assert {h.group(1) for h in documented} == _codes_in_the_source()


def _codes_in_the_source() -> set[str]:
    package = DOCS.parent / "flowkit"
    said = re.compile(
        r'(?:\.error|\.warning|Diagnostic|Torn)\(\s*"([a-z]+(?:-[a-z]+)*)"\s*,'  # findings.error("code", …)
        r'|code(?:: str)?\s*=\s*"([a-z]+-[a-z-]+)"'  # ExpressionError(…, code="code")
        r'|(?:return|if said else) \(?"([a-z]+-[a-z-]+)", f'  # codes that a table hands on
    )
    return {next(filter(None, m)) for f in package.rglob("*.py") for m in said.findall(f.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("code", sorted(c for c in _sections() if re.fullmatch(r"[a-z]+(-[a-z]+)*", c)))
def test_a_wrong_example_has_that_mistake_and_the_right_one_none(code: str, clock: VirtualClock) -> None:
    """The wrong app of a code's section is answered with that code and the words shown; the right one is silent."""
    blocks = _sections()[code]
    if code in NOT_SHOWN:
        assert not blocks
        return
    wrong = _diagnosed([b for b in blocks if "wrong" in b.marks], "wrong")
    assert code in {d.code for d in wrong}
    (shown,) = [b for b in blocks if b.language == "text"]
    shown.actual = told(wrong, Path("wrong")).split("\n")[:-2]
    if WRITE:
        return
    assert _loose(shown.actual) == _loose(shown.lines)
    right = [b for b in blocks if "right" in b.marks]
    assert right, f"{code} has no right example"
    assert _diagnosed(right, "right") == ()


def _diagnosed(blocks: list[Block], folder: str) -> tuple[Diagnostic, ...]:
    """What `flowkit check` finds in an app of these files, the frame around them if they have no app of their own."""
    root = Path(folder)
    root.mkdir()
    for block in blocks:
        named = block.marks.get("file", "it.yaml")
        (root / named).write_bytes(block.text.encode(block.marks.get("encoding", "utf-8")))
    if not any(line.startswith("app") for b in blocks for line in b.lines) and "alone" not in blocks[0].marks:
        (frame,) = [b for b in DIAGNOSTICS_PAGE.blocks if "frame" in b.marks]
        (root / "frame.yaml").write_text(frame.text, encoding="utf-8")
    try:
        return tuple(flowkit.load_app(root).diagnostics)
    except DefinitionError as error:
        return error.diagnostics


@pytest.fixture(scope="module", autouse=True)
def _written() -> Iterator[None]:
    """The outputs on the page of diagnostics are written at the end, when every section has been run."""
    yield
    if WRITE:
        DIAGNOSTICS_PAGE.write()

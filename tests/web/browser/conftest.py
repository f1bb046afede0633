"""A trial of the elevator example, served in this process, and Debian's Chromium to look at it."""

from __future__ import annotations

import io
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import flowkit
from flowkit.app.app import App
from flowkit.testing import demo

pytest.importorskip("playwright", reason="the browser tests need the package playwright")
uvicorn = pytest.importorskip("uvicorn", reason="the browser tests serve pages with uvicorn")

from PIL import Image, ImageDraw  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from flowkit.web import create_app  # noqa: E402
from flowkit.web.site import Site  # noqa: E402
from tests.web.browser.person import Person  # noqa: E402

ELEVATORS = Path(__file__).parents[3] / "examples" / "elevator_maintenance"

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"Nine o'clock in Shanghai, an ordinary working day: who is on duty does not depend on when the tests run."

ARGUMENTS = (
    "--no-sandbox",  # as root, as in a container, Chromium has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with these tests: while it runs, no other test of this process could run an event loop of its own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def elevators() -> App:
    return flowkit.load_app(ELEVATORS)


@dataclass(frozen=True)
class Served:
    """A trial and where its pages are."""

    trial: demo.Trial
    base: str
    pages: Site

    @property
    def kit(self) -> flowkit.FlowKit:
        return self.trial.kit


def serve(app: App, stack: ExitStack, *, sample: bool) -> Served:
    trial = demo.Trial(app, sample=sample, began=MONDAY)
    stack.callback(trial.close)
    here = socket.create_server(("127.0.0.1", 0))
    stack.callback(here.close)
    base = f"http://127.0.0.1:{here.getsockname()[1]}"
    pages = create_app(trial.kit, demo=trial)
    config = uvicorn.Config(pages, log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([here],), daemon=True)
    thread.start()
    trial.kit.start_background()

    def end() -> None:
        server.should_exit = True
        thread.join(20)

    stack.callback(end)
    return Served(trial, base, pages.state.site)


@pytest.fixture
def served(elevators: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A trial without cases, whose supplier ships at once when it is told to ship."""
    monkeypatch.setattr(demo, "SHIPS_AFTER", 0.3)
    with ExitStack() as stack:
        yield serve(elevators, stack, sample=False)


@pytest.fixture(scope="package")
def standing(elevators: App) -> Iterator[Served]:
    """A trial with cases at many places, for tests that look and change nothing they count on."""
    with ExitStack() as stack:
        yield serve(elevators, stack, sample=True)


Somebody = Callable[..., Person]


@pytest.fixture
def somebody(browser: Browser) -> Iterator[Somebody]:
    """Makes people; at the end nothing may have gone wrong for any of them."""
    made: list[Person] = []

    def make(served: Served, width: int = 390, **how: bool) -> Person:
        made.append(Person(browser, served.base, width, **how))
        return made[-1]

    yield make
    faults = [fault for each in made for fault in each.faults]
    for each in made:
        each.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[str], str]:
    """A photo as a phone takes it, by what is to be seen on it; gives its path."""

    def take(name: str, size: tuple[int, int] = (1200, 900)) -> str:
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(picture(name, size))
        return str(path)

    return take


def picture(name: str, size: tuple[int, int]) -> bytes:
    """Something that is no other picture: bands whose colours come from its name."""
    shade = sum(name.encode()) % 120
    image = Image.new("RGB", size, (70 + shade, 96, 150 - shade))
    pen = ImageDraw.Draw(image)
    width, height = size
    for step in range(6):
        left = width * step // 6
        pen.rectangle(
            (left + 20, height // 4, left + width // 8, height * 3 // 4), fill=(200 - shade, 180, 120 + shade)
        )
    held = io.BytesIO()
    image.save(held, "JPEG", quality=80)
    return held.getvalue()

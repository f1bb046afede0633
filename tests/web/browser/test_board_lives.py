"""A board that stands open says when there is something new, and moves nothing under the pointer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flowkit.web.languages import languages
from flowkit.web.telling import Telling
from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import DESKTOP


def test_an_open_board_says_that_there_is_something_new(served: Served, somebody: Somebody) -> None:
    """A case reported meanwhile is announced by a link; the columns stay as they are until it is followed."""
    person = somebody(served, DESKTOP).be("林悦")
    person.page.clock.install()
    person.get("/views/dispatch_board").sees("待接单 0")
    person.page.wait_for_load_state("networkidle")
    given = {"elevator": "E008", "fault_type": "门机故障", "description": "关不上", "phone": "13800000104"}
    served.kit.submit("repair_order", given, by="customer:P02")
    person.page.clock.run_for(16_000)
    person.page.get_by_role("link", name="有更新，点这里刷新").wait_for()
    person.sees("待接单 0").click("有更新，点这里刷新", within="body").sees("星澜国际 A 座 E008")


def test_how_long_is_left_reads_the_same_from_script_and_server(standing: Served, somebody: Somebody) -> None:
    """For minutes, hours and days alike: nothing on the page is said otherwise when the script counts on."""
    person = somebody(standing, DESKTOP).be("林悦")
    served = Telling(UTC, datetime(2026, 3, 2, tzinfo=UTC), languages()["zh"])
    minutes = [0, 1, 59, 60, 61, 119, 1439, 1440, 1500, 2879, 2940, 4319, 4320, 4400, 99_999]
    told = person.page.evaluate(
        """async (minutes) => {
          const { span } = await import(document.querySelector("script[type=module]").src.replace("page.js", "live.js"));
          return minutes.map(span);
        }""",
        minutes,
    )
    assert told == [served.span(timedelta(minutes=each)) for each in minutes]

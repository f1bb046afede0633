"""`flowkit files` as it is typed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

ZHANG = ("--by", "员工:zhang")


def test_filed_pages_are_told_in_the_time_of_the_app(app, flowkit, monkeypatch) -> None:
    """When a page was filed is told in the app's zone, as everything else, and it can be saved."""
    monkeypatch.setenv("TZ", "UTC")
    page = "do: [{print: 存根}], actions: {接单"
    text = (app / "app.yaml").read_text(encoding="utf-8").replace("actions: {接单", page.replace(", ", "\n    "), 1)
    (app / "app.yaml").write_text(f"{text}---\nprint: 存根\n", encoding="utf-8")
    here = ZoneInfo("Asia/Shanghai")
    before = datetime.now(here)
    assert flowkit("submit", "shop", "工单", *ZHANG, "--with", "车牌=浙A1").code == 0
    assert flowkit("run", "shop", "--once").code == 0
    told = flowkit("files", "shop", "GD0001", "--save", "pages").out
    assert f"{before:%Y-%m-%d %H:%M}" <= told[:16] <= f"{datetime.now(here):%Y-%m-%d %H:%M}"
    assert len(list((app.parent / "pages").iterdir())) == 1

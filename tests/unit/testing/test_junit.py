"""The report as build servers read it."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from flowkit.diagnostics import Place
from flowkit.testing.junit import junit
from flowkit.testing.report import Failure, Played, Report, Share

PLACE = Place("app.yaml", 7)
GOOD = Played("好", PLACE, 2, 1)
BAD = Played("坏", PLACE, 2, 1, (Failure(1, PLACE, "node", "a", "\x00<b>"), Failure(2, PLACE, "", "", "被拒绝")))
REPORT = Report((GOOD, BAD), {"w": {"nodes": Share(("a", "b"), frozenset({"a"}))}})


def test_each_story_is_a_case_and_each_that_fails_a_failure() -> None:
    """Numbers, names and places stand where build servers look; all failures of a story stand in one."""
    suite = ET.fromstring(junit(REPORT, "配件"))[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("配件", "2", "1")
    good, bad = suite
    assert [child.tag for child in good] == []
    assert (bad.get("name"), bad.get("file"), bad.get("line")) == ("坏", "app.yaml", "7")
    assert bad[0].get("message") == "第 1 步 app.yaml:7 node: 期望 a, 实际 �<b>"
    assert (bad[0].text or "").splitlines()[1] == "第 2 步 app.yaml:7 被拒绝"


@pytest.mark.parametrize(("minimum", "failures"), [("50", "1"), ("50.1", "2")])
def test_a_minimum_is_a_case_of_its_own(minimum: str, failures: str) -> None:
    """Coverage below it is one more failure."""
    suite = ET.fromstring(junit(REPORT, "配件", Decimal(minimum)))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", failures)
    assert suite[2].get("name") == "coverage"

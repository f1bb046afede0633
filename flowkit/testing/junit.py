"""A report as JUnit XML, which build servers read: a suite for the app, a case for each story, one failure a story."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

from flowkit.testing.report import Played, Report

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, suite: str, minimum: Decimal | None = None) -> bytes:
    """The XML. With `minimum` the coverage, in percent, is one more case."""
    root = ET.Element("testsuites")
    below = ET.SubElement(root, "testsuite", name=_text(suite))
    for played in report.played:
        _story(below, played, suite)
    failures = sum(not played.ok for played in report.played)
    if minimum is not None:
        case = ET.SubElement(below, "testcase", name="coverage", classname=_text(suite))
        if report.percent < minimum:
            failures += 1
            _failure(case, f"{report.percent}% < {minimum}%", report.coverage_lines())
    below.set("tests", str(len(below)))
    below.set("failures", str(failures))
    ET.indent(root)
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def _story(suite: ET.Element, played: Played, app: str) -> None:
    case = ET.SubElement(suite, "testcase", name=_text(played.name), classname=_text(app))
    case.set("file", _text(played.place.file))
    case.set("line", str(played.place.line))
    if not played.ok:
        lines = [failure.line() for failure in played.failures]
        _failure(case, lines[0], lines)


def _failure(case: ET.Element, message: str, lines: list[str]) -> None:
    failure = ET.SubElement(case, "failure", message=_text(message))
    failure.text = _text("\n".join(lines))


def _text(text: str) -> str:
    """Without the characters that XML cannot hold: what a failure quotes may be anything."""
    return _NOT_IN_XML.sub("�", text)

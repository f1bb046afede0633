"""Signed events of outside systems come in by HTTP, and nothing else does."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from flowkit import FlowKit
from flowkit.connect.incoming import sign
from flowkit.web import create_app
from tests.acceptance.test_received import OTHER, SECRET, body, case, kit  # noqa: F401 - fixtures
from tests.shop import NINE

HERE = f"/events/{quote('供应商')}/{quote('到货')}"


def test_a_signed_event_that_is_posted_moves_its_case(kit: FlowKit, case: str) -> None:  # noqa: F811
    """The raw body and its headers are enough; no cookie and no token are asked for."""
    raw = body(kit, case)
    answer = TestClient(create_app(kit)).post(HERE, content=raw, headers=sign(SECRET, "msg_1", NINE, raw))
    assert answer.status_code == 200
    assert kit.case(case).outcome == "done"


@pytest.mark.parametrize("how", ["another secret", "no signature", "another body", "another connector", "too large"])
def test_a_posted_event_that_proves_nothing_changes_nothing(kit: FlowKit, case: str, how: str) -> None:  # noqa: F811
    """It is answered by a code of its own, and the case is where it was."""
    raw, before = body(kit, case), kit.history(case)
    headers = {} if how == "no signature" else sign(OTHER if how == "another secret" else SECRET, "msg_1", NINE, raw)
    sent = raw + b" " if how == "another body" else raw * 10_000 if how == "too large" else raw
    path = "/events/nobody/x" if how == "another connector" else HERE
    answer = TestClient(create_app(kit)).post(path, content=sent, headers=headers)
    assert answer.status_code == {"another connector": 404, "too large": 413}.get(how, 401)
    assert kit.history(case) == before

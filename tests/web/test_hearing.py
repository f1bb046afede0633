"""Signed events of outside systems come in by HTTP, and nothing else does."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from flowkit import FlowKit
from flowkit.clock import SystemClock
from flowkit.connect.incoming import sign
from flowkit.testing.demo import SECRET as DEMO_SECRET
from flowkit.testing.demo import Trial
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


def test_without_its_secret_an_event_is_put_off(
    kit: FlowKit,  # noqa: F811
    case: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While the variable is unset, or holds no key, the sender is told to try later and the log names it, without a traceback."""
    raw, before = body(kit, case), kit.history(case)
    for value in (None, "whsec_c2hvcnQ="):
        caplog.clear()
        monkeypatch.delenv("PARTS_SECRET") if value is None else monkeypatch.setenv("PARTS_SECRET", value)
        answer = TestClient(create_app(kit)).post(HERE, content=raw, headers=sign(SECRET, "msg_1", NINE, raw))
        assert (answer.status_code, answer.json()) == (503, {"code": "not-configured"})
        assert [(each.levelname, each.exc_info) for each in caplog.records] == [("WARNING", None)]
        assert "PARTS_SECRET" in caplog.text
        assert "c2hvcnQ" not in caplog.text
    assert kit.history(case) == before


def test_a_trial_hears_a_peer_of_another_process(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed with the trial's own secret by the clock of the machine, an event is believed, however far the trial's was pushed."""
    monkeypatch.delenv("SUPPLIER_SECRET", raising=False)
    trial.push(1440)
    report = {"elevator": "E008", "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
    mine = trial.kit.submit("repair_order", report, by="customer:P02").id
    raw = json.dumps({"ref": f"{mine}/3", "tracking": "SF1"}).encode()
    here, now = "/events/supplier/shipped", SystemClock().now()
    with TestClient(create_app(trial.kit, demo=trial)) as client:
        assert client.post(here, content=raw, headers=sign(DEMO_SECRET, "evt_1", now, raw)).status_code == 200
        assert client.post(here, content=raw, headers=sign(SECRET, "evt_1", now, raw)).status_code == 401

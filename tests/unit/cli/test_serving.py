"""`flowkit serve` and `flowkit user`: what is served where, to whom; accounts are made and taken away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from flowkit import FlowKit, load_app
from flowkit.cli.main import perform
from flowkit.web import create_app
from tests.web.test_languages import APP
from tests.web.trying import ELEVATORS


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FLOWKIT_DATABASE", f"sqlite:///{tmp_path}/work.db")
    folder = tmp_path / "lifts"
    folder.mkdir()
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    return str(folder)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a server that begins would answer to each of some addresses, asked as uvicorn asks its app."""
    found: list[Any] = []

    def run(server: uvicorn.Server) -> None:
        root = server.config.root_path
        client = TestClient(server.config.app, root_path=root, follow_redirects=False)  # type: ignore[arg-type]
        found.extend(client.get(root + path) for path in ("/sign-in", "/tasks", "/demo"))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    return found


def test_below_a_path_every_link_carries_it(app: str, answers: list[Any]) -> None:
    """With a path in `--base`, which a proxy takes away, forms, links and cookies lead below that path."""
    assert perform(["serve", app, "--base", "https://example.com/service/"]) == 0
    sign_in, tasks, demo = answers
    assert 'action="/service/sign-in"' in sign_in.text
    assert "Path=/service;" in sign_in.headers["set-cookie"]
    assert tasks.headers["location"].startswith("/service/sign-in")
    assert demo.status_code == 404


def test_a_trial_lets_everybody_be_anybody_on_this_machine_only(
    app: str, answers: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--demo` shows whom one can be; it is not served to others."""
    assert perform(["serve", app, "--demo", "--host", "0.0.0.0"]) == 2
    assert not answers
    assert perform(["serve", app, "--demo"]) == 0
    assert "Ann" in answers[2].text
    assert "/demo" in capsys.readouterr().out


def test_without_a_base_it_says_where_links_lead(
    app: str, answers: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """An app that writes to customers, or has a link in a text, is served with a warning that names `--base`; no other is."""
    assert perform(["serve", app]) == 0
    assert "without --base links in messages, if any, have no host" in capsys.readouterr().err
    assert perform(["serve", app, "--base", "https://example.com"]) == 0
    assert perform(["serve", app, "--demo"]) == 0
    text = APP.replace("customers: {entity: customer, by: phone}\n", "").partition("---\nintake:")[0]
    Path(app, "app.yaml").write_text(text, encoding="utf-8")
    assert perform(["serve", app]) == 0
    assert "--base" not in capsys.readouterr().err
    Path(app, "app.yaml").write_text(text.replace("Look at it", "'{{ case.link }}'"), encoding="utf-8")
    assert perform(["serve", app]) == 0
    assert "--base" in capsys.readouterr().err
    assert answers


def test_links_of_run_are_those_of_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`flowkit run --base` writes to a customer the link that the pages of that database open without an account."""
    monkeypatch.setenv("FLOWKIT_DATABASE", url := f"sqlite:///{tmp_path}/work.db")
    with FlowKit(load_app(ELEVATORS), url) as kit:
        report = {"elevator": "E008", "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
        case = kit.submit("repair_order", report, by="customer:P02")
        kit.act(case.id, "accept", by=case.owner[0])
        assert perform(["run", str(ELEVATORS), "--once", "--base", "https://example.com/service/"]) == 0
        link = re.search(r"https://example\.com/service(/progress/\S+)", capsys.readouterr().out)
        assert link is not None
        answer = TestClient(create_app(kit)).get(link[1])
    assert answer.status_code == 200
    assert "星澜国际" in answer.text


def test_who_may_sign_in_is_added_listed_and_removed(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An account is for somebody whom the business knows; its password is never shown."""
    assert perform(["user", "add", app, "employee:ann", "--name", "annie", "--password", "seven grey herons"]) == 0
    assert perform(["user", "add", app, "employee:nobody", "--password", "seven grey herons"]) == 1
    assert perform(["user", "add", app, "employee:ann", "--password", "short"]) == 1
    capsys.readouterr()
    assert perform(["user", "list", app]) == 0
    listed = capsys.readouterr().out
    assert "annie" in listed
    assert "employee:ann" in listed
    assert "herons" not in listed
    assert perform(["user", "remove", app, "annie"]) == 0
    assert perform(["user", "remove", app, "annie"]) == 1

"""`flowkit substitute`, `reassign`, `caught`: typed, told, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.regions import regions

ZONG, BIN, NING = (("--by", f"员工:{key}") for key in ("zong", "bin", "ning"))
UNTIL = ("--until", "2199-01-01 00:00")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWKIT_DATABASE", raising=False)
    regions(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def case(flowkit) -> str:
    """A case that has been accepted by 滨江师傅."""
    said = flowkit("submit", "shop", "工单", *ZONG, "--with", "地点=滨江", "--format", "json")
    number = json.loads(said.out)["number"]
    assert flowkit("act", "shop", number, "接单", *BIN).code == 0
    return number


def test_somebody_is_stood_in_for_and_it_is_ended(flowkit, case) -> None:
    """Set by himself, seen by both, ended by its id."""
    said = flowkit("substitute", "shop", *BIN, "--to", "员工:ning", *UNTIL, "--workflow", "工单")
    assert (said.code, said.err) == (0, "")
    assert "员工:bin 滨江师傅" in said.out
    assert "员工:ning 宁波调度" in said.out
    assert "代理" in flowkit("tasks", "shop", *NING).out
    (listed,) = json.loads(flowkit("substitute", "shop", *NING, "--format", "json").out)
    assert listed["workflows"] == ["工单"]
    assert flowkit("substitute", "shop", *BIN, "--end", listed["id"]).code == 0
    assert flowkit("substitute", "shop", *NING).out == "没有代理\n"
    assert flowkit("tasks", "shop", *NING).out == "没有待办\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "员工:ning"),
        ("--until", "2199-01-01"),
        ("--for", "员工:bin"),
        ("--to", "员工:ning", "--until", "soon"),
        ("--to", "员工:ning", "--until", ""),
        ("--to", "员工:ning", *UNTIL, "--from", "13:00"),
        ("--to", "员工:ning", *UNTIL, "--end", "x"),
    ],
    ids=" ".join,
)
def test_a_substitution_that_is_not_understood_is_told(flowkit, case, words) -> None:
    """Which option is missing, or cannot be read, stands in the answer; nothing was set."""
    said = flowkit("substitute", "shop", *BIN, *words)
    assert said.code == 2
    assert "--" in said.err
    assert flowkit("substitute", "shop", *BIN).out == "没有代理\n"


def test_what_cannot_be_is_refused_with_one(flowkit, case) -> None:
    """For somebody else without the right, and for oneself."""
    for who, said in (("员工:bin", "代理由本人设置"), ("员工:ning", "不能请自己代理")):
        told = flowkit("substitute", "shop", *NING, "--for", who, "--to", "员工:ning", *UNTIL)
        assert (told.code, said in told.err) == (1, True)


def test_all_tasks_are_handed_over_and_what_was_refused_is_told(flowkit, case) -> None:
    """Exit 0 when all went, 1 when one did not."""
    words = ("reassign", "shop", "员工:bin", "--to", "员工:xi", "--reason", "离职")
    said = flowkit(*words, *NING)
    assert (said.code, "没有“移交”的权限" in said.out) == (1, True)
    said = flowkit(*words, *ZONG)
    assert (said.code, "已移交" in said.out) == (0, True)
    assert flowkit(*words, *ZONG).out == "没有待办\n"
    assert json.loads(
        flowkit("reassign", "shop", "员工:xi", "--to", "维修", "--reason", "交班", *ZONG, "--format", "json").out
    )


def test_what_was_caught_is_told(flowkit, case) -> None:
    """With who has it and why."""
    assert flowkit("caught", "shop").out == "没有兜底的工单\n"
    flowkit("submit", "shop", "工单", *ZONG, "--with", "地点=宁波")
    said = flowkit("caught", "shop")
    assert "没有找到合适的人,由总调兜底" in said.out
    assert "总调(组)" in said.out
    assert [c["owner"] for c in json.loads(flowkit("caught", "shop", "--format", "json").out)] == [["role:总调"]]

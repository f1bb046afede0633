"""The name that was probably meant is found after one slip, and nothing is made up where none is near."""

from __future__ import annotations

import random

import pytest

from flowkit.suggest import closest, did_you_mean

KEYS = [
    "title",
    "who",
    "not",
    "when",
    "form",
    "checks",
    "edit",
    "do",
    "to",
    "after",
    "at",
    "repeat",
    "every",
    "notify",
    "reassign",
    "escalate",
    "owner",
    "actions",
    "timeouts",
    "next",
    "events",
    "run",
    "call",
    "approval",
    "end",
    "stages",
    "nodes",
    "from",
    "number",
    "unit",
    "fields",
    "clock",
    "label",
    "points",
    "name",
    "at_least",
    "set",
    "factors",
    "bands",
    "among",
    "require",
    "prefer",
    "otherwise",
    "type",
    "required",
    "visible",
    "readonly",
    "default",
    "min",
    "max",
    "unique",
    "personal",
    "hidden_from",
    "suggest",
    "options",
]
NAMES = [
    "故障类型",
    "影响范围",
    "故障描述",
    "电梯",
    "楼栋",
    "联系电话",
    "现场照片",
    "维修员",
    "调度员",
    "采购主管",
    "待接单",
    "待到场",
    "维修中",
    "等待配件",
    "质检",
    "结算",
]


def slip(name: str, letters: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + chance.choice(letters) + name[at:],
            name[:at] + chance.choice(letters) + name[at + 1 :],
            name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        ]
    )


@pytest.mark.parametrize(
    ("known", "letters"),
    [(KEYS, "abcdefghijklmnopqrstuvwxyz_"), (NAMES, "人入单车站区到待修检结算完工照片梯")],
    ids=["keys", "names"],
)
def test_one_slip_is_understood(known: list[str], letters: str) -> None:
    """After one letter left out, put in, mistyped or swapped the name meant is found in nine of ten cases and more."""
    chance = random.Random(20)
    slips = [
        (name, wrong)
        for name in known
        for _ in range(20)
        if (wrong := slip(name, letters, chance)) and wrong not in known
    ]
    right = sum(closest(wrong, known) == name for name, wrong in slips)
    assert len(slips) > 200
    assert right / len(slips) >= 0.93


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("requird", ["required", "require"], "required"),
        ("Title", ["title"], "title"),
        ("FORM", ["from", "form"], "form"),
        ("fomr", ["from", "form"], "form"),
        ("困入", ["困人", "冒烟"], "困人"),
        ("xyzzy", ["title", "form"], None),
        ("", ["a"], None),
        ("a", [], None),
        ("title", ["title"], None),
        ("x" * 1000, ["x" * 999], None),
    ],
)
def test_the_nearest_name_is_meant(name: str, known: list[str], meant: str | None) -> None:
    """Case and order of letters count little; what is far from everything is nothing."""
    assert closest(name, known) == meant


def test_the_help_names_the_few_there_are() -> None:
    """Where nothing is near, up to eight known names are told, and none of many."""
    assert did_you_mean("titel", ["title", "form"]) == 'did you mean "title"?'
    assert did_you_mean("xyzzy", ["form", "app"]) == "known here: app, form"
    assert did_you_mean("xyzzy", [f"name{i}" for i in range(9)]) == ""
    assert did_you_mean("xyzzy", []) == ""

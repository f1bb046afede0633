"""What outside systems answer in a story, and what it means for the story when they are asked and have nothing to say."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.connect.connector import Connector
from flowkit.connect.failure import Reply
from flowkit.connect.operation import Request
from flowkit.testing.caller import ScenarioCaller
from flowkit.testing.report import Report
from flowkit.testing.scenarios import play
from tests.unit.testing.buying import buying

ASK = "{submit: job, by: employee:wang, with: {lines: [{part: A}]}, expect: {called: [erp.stock]}}"


def played(folder: Path, given: str, *steps: str) -> Report:
    lines = "".join(f"  - {step}\n" for step in (ASK, *steps))
    return play(buying(folder, f"scenario: s\ngiven: {{now: 2026-03-02 09:00, replies: {given}}}\nsteps:\n{lines}"))


def told(report: Report) -> list[tuple[int, str, str]]:
    return [(f.step, f.what, f.found) for p in report.played for f in p.failures]


@pytest.mark.parametrize(
    ("reply", "ends"),
    [
        ("{quantity: 9}", "{node: review, stock.quantity: 9}"),
        ("{refused: 账户冻结}", "{node: review}"),
        ("{raw: {quantity: 9.5, place: 甲库}}", "{node: review, stock.quantity: 9.5, stock.place: 甲库}"),
        ("{raw: {quantity: many}}", "{node: checking}"),
        ("{failed: 404}", "{node: review}"),
        ("{failed: timeout}", "{node: checking}"),
    ],
)
def test_a_reply_says_what_a_system_would(tmp_path: Path, reply: str, ends: str) -> None:
    """Values, refusals, raw JSON and failures come to what the operation's own rules make of them."""
    assert told(played(tmp_path, f"{{erp.stock: {reply}}}", f"{{wait: 1s, case: request, expect: {ends}}}")) == []


def test_raw_json_is_judged_by_ok_and_returns(tmp_path: Path) -> None:
    """A 200 that says no is a no in the system's own words; a yes gives what `returns` reads out of it."""
    raw = (
        "{erp.stock: {quantity: 1}, supplier.order: [{raw: {code: 7, text: 停产}}, {raw: {code: 0, data: {no: SO-1}}}]}"
    )
    ask = ASK.replace("[erp.stock]", "[supplier.order, erp.stock]")
    steps = [
        "{wait: 1s, case: request, expect: {node: review, called: []}}",
        "{act: approve, by: employee:bao, expect: {node: ordered, placed.order: SO-1, called: [supplier.order]}}",
    ]
    story = f"scenario: s\ngiven: {{replies: {raw}}}\nsteps:\n" + "".join(f"  - {s}\n" for s in (ask, *steps))
    assert told(play(buying(tmp_path, story))) == []


def test_what_fails_is_asked_again_in_time(tmp_path: Path) -> None:
    """A failure that may pass takes the next answer of the list after the operation's own waits; it counts as one call."""
    steps = [
        "{wait: 9s, case: request, expect: {node: checking}}",
        "{wait: 1s, expect: {node: checking}}",
        "{wait: 20s, expect: {node: review, stock.quantity: 9, called: []}}",
    ]
    replies = "{erp.stock: [{failed: 500}, {failed: unreachable}, {quantity: 9}]}"
    assert told(played(tmp_path, replies, *steps)) == []
    # In one long wait each try has its own time, too.
    assert told(played(tmp_path, replies, "{wait: 31s, case: request, expect: {stock.quantity: 9}}")) == []


def test_the_last_answer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three requests at once take the answers in their order, whoever is quicker; what is left over is taken again."""
    answered = ScenarioCaller.perform

    def perform(caller: ScenarioCaller, connector: Connector, request: Request) -> Reply:
        time.sleep(0.05 if request.path.endswith("A") else 0)
        return answered(caller, connector, request)

    monkeypatch.setattr(ScenarioCaller, "perform", perform)
    story = """\
scenario: s
given: {replies: {erp.stock: [{quantity: 9}, {quantity: 5}]}}
steps:
  - submit: job
    by: employee:wang
    with: {lines: [{part: A}, {part: B}, {part: C}]}
    expect: {children: {request: [{stock.quantity: 9}, {stock.quantity: 5}, {stock.quantity: 5}]}}
"""
    assert told(play(buying(tmp_path, story))) == []


def test_a_slow_answer_comes_in_its_own_time(tmp_path: Path) -> None:
    """It arrives after as long as was said; beyond `within` it is late, changes nothing and stands in the history."""
    steps = [
        "{wait: 2m, case: request, expect: {node: checking}}",
        "{wait: 1m, expect: {node: review, stock.quantity: 9}}",
    ]
    assert told(played(tmp_path, "{erp.stock: {slow: 3m, quantity: 9}}", *steps)) == []
    late = ["{wait: 5m, case: request, expect: {node: review}}", "{wait: 9m, expect: {stock.quantity: null}}"]
    for reply in ("{slow: 6m, quantity: 9}", "{slow: 6m}", "{slow: 6m, failed: 404}"):
        assert told(played(tmp_path, f"{{erp.stock: {reply}}}", *late)) == []


def test_a_step_changes_what_is_answered(tmp_path: Path) -> None:
    """`replies` of a step holds from that step on; what it does not name stays as it was."""
    steps = [
        "{act: approve, by: employee:bao, case: request, replies: {supplier.order: {refused: 停产}}, expect: {node: review}}",
        "{act: approve, by: employee:bao, replies: {supplier.order: {order: SO-2}}, expect: {placed.order: SO-2}}",
    ]
    assert told(played(tmp_path, "{erp.stock: {quantity: 9}}", *steps)) == []


def test_a_system_with_nothing_to_say_fails_the_story(tmp_path: Path) -> None:
    """Asked without an answer given, it fails as a refusal does and the step fails, unless the step expects the call."""
    silent = ASK.replace(", expect: {called: [erp.stock]}", "")
    story = f"scenario: s\nsteps:\n  - {silent}\n  - {{wait: 1s, case: request, expect: {{node: review}}}}\n"
    assert told(play(buying(tmp_path, story))) == [
        (1, "", "问了 erp.stock, 场景里没有给出它的答复: replies: {erp.stock: …}")
    ]
    assert told(played(tmp_path, "{}", "{wait: 1s, case: request, expect: {node: review}}")) == []


def test_every_call_is_expected_or_missed(tmp_path: Path) -> None:
    """`called` names all that was asked since the step before, as often as it was asked."""
    report = played(tmp_path, "{erp.stock: {quantity: 9}}", "{wait: 1s, expect: {called: [erp.stock]}}")
    assert told(report) == [(2, "called", "(空)")]


def test_an_answer_that_only_playing_can_judge_is_told(tmp_path: Path) -> None:
    """A value worked out by an expression that does not fit fails the step in which it is answered."""
    ((step, _, found),) = told(played(tmp_path, '{erp.stock: {quantity: "=now"}}'))
    assert step == 1
    assert found.startswith("给出的 erp.stock 的答复不合适: quantity: 应为数字")


def test_an_event_arrives_about_the_last_call(tmp_path: Path) -> None:
    """`receive` finds the key that the case asked under; a case that asked nothing is sent nothing."""
    steps = [
        "{receive: supplier.shipped, case: request, with: {tracking: SF1}, expect: {refused: 还没有问过供应商}}",
        "{act: approve, by: employee:bao, replies: {supplier.order: {order: SO}}, expect: {node: ordered}}",
        "{receive: supplier.shipped, with: {tracking: SF1}, expect: {outcome: done, tracking: SF1}}",
    ]
    assert told(played(tmp_path, "{erp.stock: {quantity: 9}}", *steps)) == []


def test_an_event_finds_its_case_as_a_real_one_does(tmp_path: Path) -> None:
    """One that names a field is for the one case that holds that value; for a case without it there is nobody."""
    steps = [
        "{act: approve, by: employee:bao, case: request, replies: {supplier.order: {order: SO}}}",
        "{receive: supplier.recalled, with: {reason: 缺陷}, expect: {refused: 没有工单, node: ordered}}",
        "{act: numbered, by: employee:bao, with: {no: P1}}",
        "{receive: supplier.recalled, with: {reason: 缺陷}, expect: {outcome: rejected}}",
    ]
    assert told(played(tmp_path, "{erp.stock: {quantity: 9}}", *steps)) == []


def test_an_event_that_comes_again_counts_once(tmp_path: Path) -> None:
    """With the same `key` it is the same event."""
    steps = [
        "{act: approve, by: employee:bao, case: request, replies: {supplier.order: {order: SO}}}",
        "{receive: supplier.shipped, key: e1, with: {tracking: SF1}, expect: {outcome: done}}",
        "{receive: supplier.shipped, key: e1, with: {tracking: SF1}, expect: {outcome: done}}",
        "{receive: supplier.shipped, key: e1, with: {tracking: SF2}, expect: {refused: 已用于另一个}}",
    ]
    assert told(played(tmp_path, "{erp.stock: {quantity: 9}}", *steps)) == []


def test_a_try_that_waits_long_holds_up_no_later_call(tmp_path: Path) -> None:
    """When people have gone on and ask again, the old call, still waiting for its next try, does not stand in the way."""
    buying(tmp_path)
    text = (tmp_path / "app.yaml").read_text(encoding="utf-8")
    text = text.replace('get: "/stock/{{ part }}", ', 'get: "/stock/{{ part }}", retry: {after: 1h}, ')
    text = text.replace("refuse: {to: refused}}", "refuse: {to: refused}, again: {to: checking}}")
    story = f"""\
---
scenario: s
given: {{replies: {{erp.stock: {{failed: 503}}}}}}
steps:
  - {ASK}
  - {{wait: 6m, case: request, expect: {{node: review}}}}
  - {{act: again, by: employee:bao, replies: {{erp.stock: {{quantity: 7}}}}, expect: {{node: review, stock.quantity: 7}}}}
"""
    (tmp_path / "app.yaml").write_text(text + story, encoding="utf-8")
    assert told(play(load_app(tmp_path))) == []

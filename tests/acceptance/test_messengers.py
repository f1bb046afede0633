"""Messages of a whole app through a messenger's stand-in: told in YAML, carried out by the kit, judged by the body."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit import FlowKit, VirtualClock, load_app
from flowkit.errors import DefinitionError
from flowkit.testing.peer_process import PeerProcess
from tests.shop import NINE

TOKEN, SECRET = "tok3n-of-the-test", "SEChush-hush"
APP = """
app: 维修
catcher: 老板
roles: {师傅: {title: 师傅}, 老板: {title: 老板}}
staff: {entity: 员工, roles: 角色, reach: {钉钉: 手机, 待办: 工号, 短信: 手机}}
channels:
  钉钉: {preset: dingtalk_robot, webhook: "${env:DING}", secret: "${env:DING_SECRET}"}
  待办: {preset: dingtalk_todo, account: tok3n-of-the-test, secret: "${env:DING_SECRET}", base: "${env:DING_BASE}"}
  短信:
    preset: aliyun_sms
    key: ${env:SMS_KEY}
    secret: ${env:DING_SECRET}
    base: ${env:SMS_BASE}
    sign: 老王修车
    templates: {没人接: {code: SMS_1, text: "工单${number}还没人接"}}
---
entity: 员工
key: 工号
fields: {工号: text, 手机: phone, 角色: role}
rows: [{工号: zhang, 手机: "13800000001", 角色: 师傅}, {工号: boss, 手机: "13800000002", 角色: 老板}]
---
workflow: 工单
number: "{{ sequence(3) }}"
from: {故障: text}
nodes:
  待接单:
    owner: 师傅
    actions: {接单: {to: 处理中}}
    timeouts: [{after: 10m, notify: 没人接}, {after: 1h, escalate: 老板}]
  处理中:
    owner: =待接单.owner
    actions: {完工: {to: 完成}}
    timeouts: [{after: 1d, escalate: 老板}]
  完成: {end: done}
---
notification: 没人接
to: 老板
channels: [钉钉, 短信]
text: 工单 {{ case.number }} 还没人接
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.yaml").write_text(APP, encoding="utf-8")
    return tmp_path / "app"


@pytest.fixture
def peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, PeerProcess]]:
    options = ("--token-env", "T", "--secret-env", "S")
    told: Any = {"environment": {"T": TOKEN, "S": SECRET}}
    with (
        PeerProcess(tmp_path / "dingtalk.jsonl", *options, what="dingtalk", **told) as dingtalk,
        PeerProcess(tmp_path / "aliyun.jsonl", *options, what="aliyun", **told) as aliyun,
    ):
        environment = {
            "DING": f"{dingtalk.url}/robot/send?access_token={TOKEN}",
            "DING_SECRET": SECRET,
            "DING_BASE": dingtalk.url,
            "SMS_KEY": TOKEN,
            "SMS_BASE": aliyun.url,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield {"dingtalk": dingtalk, "aliyun": aliyun}


def texts(peer: PeerProcess, kind: str) -> list[Any]:
    return [entry for entry in peer.taken() if entry["kind"] == kind]


def test_a_case_is_told_throttled_refused_and_finished(
    app: Path, peers: dict[str, PeerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task is told in the group and put into the to-dos; who is throttled comes later; a to-do ends with its step."""
    dingtalk, aliyun, clock = peers["dingtalk"], peers["aliyun"], VirtualClock(NINE)
    with FlowKit(load_app(app), "sqlite://", clock=clock) as kit:
        dingtalk.faults("/robot:throttle*1")
        case = kit.submit("工单", {"故障": "异响"}, by="员工:boss")
        lines = kit.advance().lines
        assert any("限流" in line for line in lines)
        # Nobody has approved words for a task, so that it does not go out as a text message; and that is said.
        assert any("[短信]: 这个通道不带这种消息" in line for line in lines)
        assert texts(dingtalk, "robot") == []
        (todo,) = texts(dingtalk, "todo")
        assert (todo["person"], todo["subject"]) == ("union-zhang", f"待办: 工单 {case.number}：待接单")
        assert [effect.target for effect in kit.outbox("standing")] == ["员工:zhang [待办]"]

        clock.move(timedelta(minutes=10))
        kit.advance()
        told = texts(dingtalk, "robot")
        assert sorted((each["at_whom"]["atMobiles"][0], "还没人接" in each["text"]) for each in told) == [
            ("13800000001", False),
            ("13800000002", True),
        ]
        (sms,) = texts(aliyun, "sms")
        assert (sms["to"], sms["values"]) == ("13800000002", {"number": case.number})

        kit.act(case.id, "接单", by="员工:zhang")
        kit.advance()
        (done,) = texts(dingtalk, "done")
        assert done["todo"] == todo["no"]
        assert len(texts(dingtalk, "todo")) == 2
        kit.act(case.id, "完工", by="员工:zhang")
        assert any("已办结" in line for line in kit.advance().lines)
        assert len(texts(dingtalk, "done")) == 2
        assert kit.outbox("standing") == kit.outbox("dead") == kit.outbox("pending") == []


def test_what_is_refused_is_listed_and_sent_again_when_it_is_mended(
    app: Path, peers: dict[str, PeerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group's secret is wrong: given up at once in the messenger's words; set right and sent again, it arrives once."""
    dingtalk, clock = peers["dingtalk"], VirtualClock(NINE)
    monkeypatch.setenv("DING_SECRET", "SECanother")
    with FlowKit(load_app(app), "sqlite://", clock=clock) as kit:
        kit.submit("工单", {"故障": "异响"}, by="员工:boss")
        kit.advance()
        dead = {effect.target: effect.error for effect in kit.outbox("dead")}
        assert "310000:sign not match" in dead["员工:zhang [钉钉]"]
        assert "不认应用的 AppKey 或 AppSecret" in dead["员工:zhang [待办]"]
        assert TOKEN not in str(dead)
        monkeypatch.setenv("DING_SECRET", SECRET)
        assert kit.resend() == 2
        kit.advance()
        assert (len(texts(dingtalk, "robot")), len(texts(dingtalk, "todo"))) == (1, 1)
        assert kit.outbox("dead") == []


def test_more_than_the_group_takes_waits_without_failing(app: Path, peers: dict[str, PeerProcess]) -> None:
    """Of 25 at once 20 go and five wait, untried: the group's limit gives up nothing."""
    dingtalk = peers["dingtalk"]
    with FlowKit(load_app(app), "sqlite://", clock=VirtualClock(NINE)) as kit:
        for _ in range(25):
            kit.submit("工单", {"故障": "异响"}, by="员工:boss")
        for _ in range(10):
            kit.advance()
        assert len(texts(dingtalk, "robot")) == 20
        waiting = kit.outbox("pending")
        assert len(waiting) == 5
        assert {effect.attempts for effect in waiting} == {0}
        assert "排队等候" in waiting[0].error


def test_what_arrived_without_an_answer_arrives_once_and_ends(app: Path, peers: dict[str, PeerProcess]) -> None:
    """The answers are cut off: the text message is found among the receipts, the to-do is not made twice and ends all the same."""
    dingtalk, aliyun, clock = peers["dingtalk"], peers["aliyun"], VirtualClock(NINE)
    with FlowKit(load_app(app), "sqlite://", clock=clock) as kit:
        dingtalk.faults("/v1.0/todo:cut*1")
        aliyun.faults("cut*1")
        case = kit.submit("工单", {"故障": "异响"}, by="员工:boss")
        kit.advance()
        assert (len(texts(dingtalk, "todo")), kit.outbox("standing")) == (1, [])
        clock.move(timedelta(seconds=1))
        # Before it is tried again the step is over: what may stand there is found out, and ended.
        kit.act(case.id, "接单", by="员工:zhang")
        clock.move(timedelta(minutes=9, seconds=59))
        for _ in range(3):
            kit.advance()
        todos, done = texts(dingtalk, "todo"), texts(dingtalk, "done")
        assert len({todo["source"] for todo in todos}) == len(todos) == 2
        assert [each["todo"] for each in done] == [todos[0]["no"]]
        assert texts(aliyun, "sms") == []

        kit.submit("工单", {"故障": "漏水"}, by="员工:boss")
        clock.move(timedelta(minutes=10))
        kit.advance()
        assert len(texts(aliyun, "sms")) == 1
        clock.move(timedelta(minutes=1))
        assert any("先前的一次已经送到" in line for line in kit.advance().lines)
        assert len(texts(aliyun, "sms")) == 1


def test_a_secret_in_the_file_does_not_load(app: Path) -> None:
    """The address of a robot is a secret like its key."""
    written = APP.replace('"${env:DING}"', f'"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"')
    (app / "app.yaml").write_text(
        written.replace('secret: "${env:DING_SECRET}"}', "secret: SECabc}", 1), encoding="utf-8"
    )
    with pytest.raises(DefinitionError) as caught:
        load_app(app)
    assert [d.code for d in caught.value.diagnostics if d.severity == "error"] == ["literal-secret"] * 2
    assert TOKEN not in str(caught.value)
    assert "SECabc" not in str(caught.value)


@pytest.mark.parametrize("base", ["https://example.com", "http://dysmsapi.aliyuncs.com", "http://10.0.0.5"])
def test_a_base_elsewhere_does_not_load(app: Path, base: str) -> None:
    """Requests are signed for the vendor; nobody else is sent them, but a stand-in on this machine."""
    (app / "app.yaml").write_text(APP.replace("${env:SMS_BASE}", base), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_app(app)
    assert [d.code for d in caught.value.diagnostics] == ["bad-url"]

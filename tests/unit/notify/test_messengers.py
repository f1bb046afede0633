"""Each messenger's channel against a stand-in in a process of its own, which checks, throttles and refuses as documented.

What became of a message is read from the stand-in's own file. None of this was held against a real service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowkit.clock import SystemClock, VirtualClock
from flowkit.notify import dingtalk_robot, feishu_robot, wecom_robot
from flowkit.notify.aliyun_sms import AliyunSms
from flowkit.notify.channel import Channel, ChannelDefinition, DeliveryError, Message
from flowkit.notify.dingtalk_todo import DingTalkTodo
from flowkit.notify.robot import Robot
from flowkit.testing.peer_process import PeerProcess

Define = Callable[[str], ChannelDefinition]
Make = Callable[..., Message]
TOKEN, SECRET = "tok3n-of-the-test", "SEChush-hush"
TEXT = "工单 WX1 还没人接,请处理"


@dataclass(frozen=True)
class Case:
    """A channel: which stand-in, how it is written, where what matters is asked, and what it is told."""

    peer: str
    text: str
    path: str
    open: Callable[..., Channel]
    address: str | None = "13800000001"
    refuse: str = "310000"
    signed: bool = True
    """Whether requests carry a time and a signature."""
    secret: bool = True

    def channel(self, define: Define, url: str, secret: str = SECRET, token: str = TOKEN, **more: Any) -> Channel:
        environment = {
            "HOOK": {
                "dingtalk": f"{url}/robot/send?access_token={token}",
                "wecom": f"{url}/cgi-bin/webhook/send?key={token}",
                "feishu": f"{url}/open-apis/bot/v2/hook/{token}",
                "aliyun": "",
            }[self.peer],
            "SECRET": secret,
            "KEY": token,
            "BASE": url,
        }
        return self.open(define(self.text), environment, **{"seconds": 0.7, **more})


def robot(kind: Any) -> Callable[..., Channel]:
    return lambda definition, environment, **more: Robot(kind, definition, environment, **more)


ROBOT = "webhook: ${env:HOOK}\n"
SIGNED = ROBOT + "secret: ${env:SECRET}\n"
TEMPLATES = 'templates: {没人接: {code: SMS_1, text: "工单 ${number} 还没人接,请处理"}, 固定: SMS_2}\n'
CASES = {
    "dingtalk_robot": Case("dingtalk", f"preset: dingtalk_robot\n{SIGNED}", "/robot/send", robot(dingtalk_robot.KIND)),
    "dingtalk_todo": Case(
        "dingtalk",
        f"preset: dingtalk_todo\naccount: {TOKEN}\nsecret: ${{env:SECRET}}\nbase: ${{env:BASE}}\n",
        "/v1.0/todo",
        DingTalkTodo,
        address="zhang",
        refuse="InvalidParameter",
        signed=False,
    ),
    "wecom_robot": Case(
        "wecom",
        f"preset: wecom_robot\n{ROBOT}",
        "/cgi-bin",
        robot(wecom_robot.KIND),
        refuse="40008",
        signed=False,
        secret=False,
    ),
    "feishu_robot": Case(
        "feishu", f"preset: feishu_robot\n{SIGNED}", "/open-apis", robot(feishu_robot.KIND), refuse="19024"
    ),
    "aliyun_sms": Case(
        "aliyun",
        f"preset: aliyun_sms\nkey: ${{env:KEY}}\nsecret: ${{env:SECRET}}\nbase: ${{env:BASE}}\nsign: 老王修车\n{TEMPLATES}",
        "/",
        AliyunSms,
        refuse="isv.SMS_TEMPLATE_ILLEGAL",
    ),
}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
THROTTLED = {
    "dingtalk_robot": timedelta(minutes=10),
    "dingtalk_todo": timedelta(minutes=1),
    "wecom_robot": timedelta(minutes=1),
    "feishu_robot": timedelta(minutes=1),
    "aliyun_sms": timedelta(days=1),
}


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PeerProcess]]:
    """One of each, as a person would start them."""
    environment = {"PEER_TOKEN": TOKEN, "PEER_SECRET": SECRET}
    options = ("--token-env", "PEER_TOKEN", "--secret-env", "PEER_SECRET")
    folder: Path = tmp_path_factory.mktemp("peers")
    with ExitStack() as stack:
        yield {
            what: stack.enter_context(
                PeerProcess(folder / f"{what}.jsonl", *options, environment=environment, what=what)
            )
            for what in ("dingtalk", "wecom", "feishu", "aliyun")
        }


@pytest.fixture
def peer(peers: dict[str, PeerProcess]) -> Iterator[Callable[[Case], PeerProcess]]:
    """The stand-in of a case, without faults and with its limits forgotten."""
    asked: list[PeerProcess] = []

    def give(case: Case) -> PeerProcess:
        asked.append(peers[case.peer])
        asked[-1].ask("DELETE", "/_peer/limits")
        return asked[-1]

    yield give
    for each in asked:
        each.faults()


@pytest.fixture
def tell(message: Make, request: pytest.FixtureRequest) -> Callable[..., Message]:
    """A message of the test's own, to whom the case reaches."""

    def make(case: Case, **more: Any) -> Message:
        given = {"key": f"c1/{request.node.name}", "address": case.address, "text": TEXT, "notification": "没人接"}
        return message(**{**given, "at": SystemClock().now(), **more})

    return make


def failed(channel: Channel, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message)
    assert TOKEN not in str(caught.value)
    assert SECRET not in str(caught.value)
    return caught.value


@EVERY
def test_what_is_signed_well_is_taken_once(case: Case, peer: Any, define: Define, tell: Any) -> None:
    """The stand-in has checked token, time and signature, and holds the words as they were said."""
    there = peer(case)
    before = len(there.taken())
    case.channel(define, there.url).send(tell(case))
    (taken,) = there.taken()[before:]
    assert "WX1" in json.dumps(taken, ensure_ascii=False)
    assert there.ask("GET", "/_peer/ledger")["messages"][-1] == taken


@EVERY
def test_a_wrong_secret_is_a_no_for_good(case: Case, peer: Any, define: Define, tell: Any) -> None:
    """Though the status is 200: it is given up, in words that say what to look at, and nothing was taken."""
    there = peer(case)
    before = there.taken()
    wrong = {"secret": "SECanother"} if case.secret else {"token": "another-t0ken"}
    error = failed(case.channel(define, there.url, **wrong), tell(case))
    assert error.permanent
    assert "不认" in str(error) or "密钥" in str(error)
    assert there.taken() == before


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.signed], ids=[n for n, c in CASES.items() if c.signed])
def test_a_clock_that_is_wrong_is_told(case: Case, peer: Any, define: Define, tell: Any) -> None:
    """Two hours late, the signature is right and yet not taken; the words name the time."""
    there = peer(case)
    late = VirtualClock(datetime.now(UTC) - timedelta(hours=2))
    error = failed(case.channel(define, there.url, clock=late), tell(case))
    assert error.permanent
    assert "本机时间" in str(error)


@pytest.mark.parametrize("name", CASES)
def test_who_is_throttled_waits_and_is_taken(name: str, peer: Any, define: Define, tell: Any) -> None:
    """Throttled, it is not given up but waits as long as the messenger shuts out; then the same message is taken."""
    case = CASES[name]
    there = peer(case)
    there.faults(f"{case.path}:throttle*1")
    channel, told, before = case.channel(define, there.url), tell(case), len(there.taken())
    error = failed(channel, told)
    assert (error.permanent, error.in_doubt, error.retry_after) == (False, False, THROTTLED[name])
    assert "限流" in str(error)
    channel.send(told)
    assert len(there.taken()) == before + 1


@EVERY
def test_a_no_is_told_in_the_messengers_own_words(case: Case, peer: Any, define: Define, tell: Any) -> None:
    """The code and the words come along, for the list of what was given up."""
    there = peer(case)
    there.faults(f"{case.path}:refuse={case.refuse}*1")
    before = there.taken()
    error = failed(case.channel(define, there.url), tell(case))
    assert error.permanent
    assert f"{case.refuse}:refused on demand" in str(error)
    assert there.taken() == before


@pytest.mark.parametrize("fault", ["junk", "hang", "cut", "reset", "error=500", "error=502", "slow=2"])
@EVERY
def test_what_cannot_be_judged_is_tried_again(case: Case, fault: str, peer: Any, define: Define, tell: Any) -> None:
    """A page of HTML with status 200, silence, a broken connection, half an answer: no yes, and no no for good."""
    there = peer(case)
    there.faults(f"{case.path}:{fault}*1")
    error = failed(case.channel(define, there.url), tell(case))
    assert not error.permanent
    assert error.in_doubt
    assert error.tried


@pytest.mark.parametrize("name", ["dingtalk_todo", "aliyun_sms"])
def test_what_may_have_arrived_does_not_arrive_twice(name: str, peer: Any, define: Define, tell: Any) -> None:
    """The answer was cut off after the message was taken: the next try finds out, and there is one."""
    case = CASES[name]
    there = peer(case)
    there.faults(f"{case.path}:cut*1")
    channel, before = case.channel(define, there.url), len(there.taken())
    failed(channel, tell(case))
    channel.send(tell(case, in_doubt=True))
    assert len(there.taken()) == before + 1
    channel.send(tell(case, key="another", in_doubt=True))
    assert len(there.taken()) == before + 2


def test_the_status_alone_would_be_a_lie(peer: Any, define: Define, tell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: who takes 200 for a yes reports as sent what the messenger refused, so the tests above can fail."""
    case = CASES["dingtalk_robot"]
    there = peer(case)
    before = there.taken()
    monkeypatch.setattr("flowkit.notify.robot.is_zero", lambda code: True)
    case.channel(define, there.url, secret="SECanother").send(tell(case))
    assert there.taken() == before


@pytest.mark.parametrize("name", ["dingtalk_robot", "wecom_robot"])
def test_our_own_pace_is_below_theirs(name: str, peer: Any, define: Define, tell: Any) -> None:
    """Of 30 at once 20 are taken; ten wait without having asked, and that is no failed try. A minute later they go."""
    case = CASES[name]
    there = peer(case)
    clock = VirtualClock(datetime.now(UTC))
    channel, before, waits = case.channel(define, there.url, clock=clock), len(there.taken()), []
    for number in range(30):
        try:
            channel.send(tell(case, key=str(number)))
        except DeliveryError as error:
            assert not error.tried
            assert error.retry_after is not None
            waits.append(error.retry_after)
    assert len(there.taken()) == before + 20
    assert waits == [timedelta(minutes=1)] * 10
    there.ask("DELETE", "/_peer/limits")
    clock.move(timedelta(minutes=1))
    for number in range(20, 30):
        channel.send(tell(case, key=str(number)))
    assert len(there.taken()) == before + 30


def test_the_stand_in_shuts_out_who_is_too_fast(peer: Any, define: Define, tell: Any) -> None:
    """Two programs with one robot know nothing of each other: the twenty-first is throttled by the other side."""
    case = CASES["dingtalk_robot"]
    there = peer(case)
    first, second = case.channel(define, there.url), case.channel(define, there.url)
    for number in range(20):
        first.send(tell(case, key=str(number)))
    error = failed(second, tell(case))
    assert error.retry_after == timedelta(minutes=10)
    assert "130101" in str(error)


def test_a_to_do_is_finished(peer: Any, define: Define, tell: Any) -> None:
    """By the reference that its receipt gave; a token that has run out meanwhile is renewed."""
    case = CASES["dingtalk_todo"]
    there = peer(case)
    channel = case.channel(define, there.url)
    assert isinstance(channel, DingTalkTodo)
    receipt = channel.send(tell(case))
    there.ask("DELETE", "/_peer/tokens")
    channel.finish(receipt.reference)
    todo, done = there.taken()[-2:]
    assert (todo["kind"], todo["person"], todo["subject"]) == ("todo", "union-zhang", f"配件已超时: {TEXT}")
    assert (done["kind"], done["todo"]) == ("done", todo["no"])
    with pytest.raises(DeliveryError, match="待办不存在"):
        channel.finish("union-zhang/0")


def test_an_application_without_the_right_is_told_why(define: Define, tell: Any, scripted: Any) -> None:
    """A token that is refused is renewed once; refused again, it is given up with the words that say what is lacking."""
    asked: list[str] = []

    def behave(connection: Any) -> None:
        path = connection.recv(65536).split()[1].decode()
        asked.append(path.partition("?")[0])
        body = (
            b'{"errcode":88,"errmsg":"ding talk error","sub_code":"60011","sub_msg":"no permission: qyapi_get_member"}'
        )
        if path.startswith("/v1.0/oauth2"):
            body = b'{"accessToken":"t1","expireIn":7200}'
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    case = CASES["dingtalk_todo"]
    error = failed(case.channel(define, f"http://127.0.0.1:{scripted(behave)}"), tell(case))
    assert error.permanent
    assert "没有权限(88:no permission: qyapi_get_member)" in str(error)
    assert asked == ["/v1.0/oauth2/accessToken", "/topapi/v2/user/get"] * 2


def test_nobody_by_that_user_id(peer: Any, define: Define, tell: Any) -> None:
    """A person whom DingTalk does not know is a no for good."""
    case = CASES["dingtalk_todo"]
    error = failed(case.channel(define, peer(case).url), tell(case, address="unknown-li"))
    assert error.permanent
    assert "没有这个 userid" in str(error)


def test_people_are_mentioned_by_what_they_have(peer: Any, define: Define, tell: Any) -> None:
    """A mobile number or a user id; nobody can call everybody by what he typed."""
    ding, wecom, feishu = (CASES[name] for name in ("dingtalk_robot", "wecom_robot", "feishu_robot"))
    there = peer(ding)
    for address, at in (("13800000001", "atMobiles"), ("manager01", "atUserIds")):
        ding.channel(define, there.url).send(tell(ding, address=address))
        said = there.taken()[-1]["at_whom"]
        assert said[at] == [address]
        assert said["isAtAll"] is False
    there = peer(wecom)
    for address, whom in (("13800000001", {"mentioned_mobile_list": ["13800000001"]}), ("@all", {}), (None, {})):
        wecom.channel(define, there.url).send(tell(wecom, address=address))
        assert there.taken()[-1]["at_whom"] == whom
    there = peer(feishu)
    feishu.channel(define, there.url).send(tell(feishu, text='门坏了 <at user_id="all">所有人</at> < AT x>'))
    assert "<" not in there.taken()[-1]["text"]


def test_what_is_too_long_is_cut_and_told(peer: Any, define: Define, tell: Any) -> None:
    """Where there is a limit, in bytes: it is kept without tearing a sign, and the receipt says so."""
    for name in ("wecom_robot", "feishu_robot"):
        case = CASES[name]
        there = peer(case)
        receipt = case.channel(define, there.url).send(tell(case, text="门" * 20_000))
        assert receipt is not None
        assert receipt.notice == "内容太长,已截短"
        assert there.taken()[-1]["text"].endswith("门…")


def test_a_text_message_says_what_its_template_says(peer: Any, define: Define, tell: Any) -> None:
    """What stands at the places of the names goes along; other words, no template or no mobile number are a no for good."""
    case = CASES["aliyun_sms"]
    there = peer(case)
    channel = case.channel(define, there.url)
    assert isinstance(channel, AliyunSms)
    channel.send(tell(case))
    taken = there.taken()[-1]
    assert (taken["template"], taken["values"], taken["sign"]) == ("SMS_1", {"number": "WX1"}, "老王修车")
    channel.send(tell(case, notification="", title="固定"))
    assert there.taken()[-1]["template"] == "SMS_2"
    before = there.taken()
    for given, words in (
        ({"text": "别的话"}, "对不上"),
        ({"notification": "别的"}, "没有为“别的”登记短信模板"),
        ({"address": "zhang@example.com"}, "手机号"),
        ({"address": "0571-88888888"}, "手机号"),
    ):
        error = failed(channel, tell(case, **given))
        assert error.permanent
        assert words in str(error)
    assert there.taken() == before
    assert channel.carries(tell(case))
    assert not channel.carries(tell(case, notification="别的"))


@pytest.mark.parametrize(
    ("words", "wait"),
    [("分钟级", timedelta(minutes=1)), ("小时级", timedelta(hours=1)), ("天级", timedelta(days=1))],
)
def test_a_limit_lasts_as_long_as_its_words_say(
    words: str, wait: timedelta, peer: Any, define: Define, tell: Any
) -> None:
    """One code stands for three limits; only the words tell which."""
    case = CASES["aliyun_sms"]
    there = peer(case)
    there.faults(f"throttle={words}*1")
    assert failed(case.channel(define, there.url), tell(case)).retry_after == wait


@EVERY
def test_only_the_messenger_and_this_machine_are_spoken_to(
    case: Case, define: Define, tell: Any, scripted: Any
) -> None:
    """Another host, the house's own network, the messenger without TLS or a look-alike: nothing is sent there."""
    for url in (
        "http://oapi.dingtalk.com",
        "https://oapi.dingtalk.com.example.com",
        "https://example.com",
        "https://10.0.0.5",
        "http://127.0.0.2:1",
        "https://u@127.0.0.1",
        "ftp://127.0.0.1",
    ):
        error = failed(case.channel(define, url), tell(case))
        assert "地址不可用" in str(error)
        assert not error.permanent


def test_a_name_of_the_messenger_that_leads_inside_is_refused(
    define: Define, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the resolver says, the messenger is not within the house."""
    monkeypatch.setattr("socket.getaddrinfo", lambda host, port, **given: [(2, 1, 6, "", ("127.0.0.1", port))])
    case = CASES["dingtalk_robot"]
    assert "内部网络" in str(failed(case.channel(define, "https://oapi.dingtalk.com"), tell(case)))

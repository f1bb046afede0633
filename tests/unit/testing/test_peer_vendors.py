"""The stand-ins for messengers refuse what the documentation says is refused, by checks of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from flowkit.clock import VirtualClock
from flowkit.notify.signatures import aliyun
from flowkit.testing.peer_asked import Asked
from flowkit.testing.peer_book import Book, read_book
from flowkit.testing.peer_vendor import DEFAULT, Vendor
from flowkit.testing.peer_vendors import VENDORS
from tests.shop import NINE

SECRET = "this is secret"
MOMENT = 1700000000
"""The moment of the documentation's own examples of signatures."""


def stand_in(what: str, tmp_path: Path, secret: str = SECRET) -> tuple[Any, VirtualClock]:
    clock = VirtualClock(NINE)
    clock.set(NINE.fromtimestamp(MOMENT, NINE.tzinfo))
    return VENDORS[what](Book(tmp_path / "book.jsonl"), "token", secret, clock), clock


def ask(vendor: Vendor, path: str, content: Any, query: str = "", **headers: str) -> dict[str, Any]:
    return vendor.asked(Asked("POST", path, query, headers, json.dumps(content).encode()))[1]


DING = {"msgtype": "text", "text": {"content": "门坏了"}}


def test_dingtalk_takes_the_signature_of_the_documentation_and_no_other(tmp_path: Path) -> None:
    """One bit, one hour and one secret make the difference; what was refused stands in no book."""
    vendor, clock = stand_in("dingtalk", tmp_path)
    signed = f"access_token=token&timestamp={MOMENT}000&sign=sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0%3D"
    assert ask(vendor, "/robot/send", DING, signed) == {"errcode": 0, "errmsg": "ok"}
    for query, words in (
        ("access_token=token", "invalid timestamp"),
        (signed.replace("sSF", "tSF"), "sign not match"),
        (signed.replace("=token", "=other"), "token is not exist"),
        (signed.replace("000&", "001&"), "sign not match"),
    ):
        assert ask(vendor, "/robot/send", DING, query)["errmsg"] == words
    clock.move(timedelta(hours=1, seconds=1))
    assert ask(vendor, "/robot/send", DING, signed)["errmsg"] == "invalid timestamp"
    assert [entry["text"] for entry in vendor.book.entries()] == ["门坏了"]


def test_dingtalk_shuts_out_for_ten_minutes_who_comes_too_often(tmp_path: Path) -> None:
    """The twenty-first within a minute is refused, and so is everybody until ten minutes are over."""
    vendor, clock = stand_in("dingtalk", tmp_path, secret="")
    codes = [ask(vendor, "/robot/send", DING, "access_token=token")["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [130101]
    clock.move(timedelta(minutes=9))
    assert ask(vendor, "/robot/send", DING, "access_token=token")["errcode"] == 130101
    clock.move(timedelta(minutes=1))
    assert ask(vendor, "/robot/send", DING, "access_token=token")["errcode"] == 0


def test_dingtalk_forgets_its_tokens_after_two_hours(tmp_path: Path) -> None:
    """A token opens what it is for as long as it was said to, and nothing else does."""
    vendor, clock = stand_in("dingtalk", tmp_path)
    assert "accessToken" not in ask(vendor, "/v1.0/oauth2/accessToken", {"appKey": "token", "appSecret": "x"})
    token = ask(vendor, "/v1.0/oauth2/accessToken", {"appKey": "token", "appSecret": SECRET})["accessToken"]
    user = {"userid": "zhang"}
    assert ask(vendor, "/topapi/v2/user/get", user, f"access_token={token}")["result"]["unionid"] == "union-zhang"
    clock.move(timedelta(hours=2))
    assert ask(vendor, "/topapi/v2/user/get", user, f"access_token={token}")["errcode"] == 88
    assert ask(vendor, "/v1.0/todo/users/u/tasks", {}, **{"x-acs-dingtalk-access-token": token})["code"] == (
        "InvalidAuthentication"
    )


def test_feishu_takes_the_signature_of_the_documentation_and_no_other(tmp_path: Path) -> None:
    """It stands in the body, with seconds; five in a second and a hundred in a minute are taken."""
    vendor, clock = stand_in("feishu", tmp_path)
    said = {"msg_type": "text", "content": {"text": "门坏了"}}
    signed = {"timestamp": str(MOMENT), "sign": "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=", **said}
    path = "/open-apis/bot/v2/hook/token"
    assert ask(vendor, path, said)["code"] == 19021
    assert ask(vendor, path, {**signed, "timestamp": str(MOMENT + 1)})["code"] == 19021
    assert ask(vendor, "/open-apis/bot/v2/hook/other", signed)["code"] == 19001
    assert [ask(vendor, path, signed)["code"] for _ in range(6)] == [0] * 5 + [11232]
    taken = 5
    for _ in range(30):
        clock.move(timedelta(seconds=1))
        taken += sum(ask(vendor, path, signed)["code"] == 0 for _ in range(5))
    assert taken == 100
    clock.move(timedelta(minutes=1))
    assert ask(vendor, path, {**signed, "msg_type": "poem"})["code"] == 9499
    clock.move(timedelta(hours=1))
    assert ask(vendor, path, signed)["code"] == 19021


def test_wecom_knows_its_key_and_its_limits(tmp_path: Path) -> None:
    """Twenty in a minute, 2048 bytes, and nothing without the key; always with status 200."""
    vendor, clock = stand_in("wecom", tmp_path)
    said = {"msgtype": "text", "text": {"content": "门坏了"}}
    assert ask(vendor, "/cgi-bin/webhook/send", said, "key=other")["errcode"] == 93000
    codes = [ask(vendor, "/cgi-bin/webhook/send", said, "key=token")["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [45009]
    clock.move(timedelta(minutes=1))
    for size, code in ((2048, 0), (2049, 40058)):
        long = {"msgtype": "text", "text": {"content": "x" * size}}
        assert ask(vendor, "/cgi-bin/webhook/send", long, "key=token")["errcode"] == code


def test_aliyun_refuses_what_was_changed_on_the_way(tmp_path: Path) -> None:
    """Signed is the whole request: another number, another action, a second time or a quarter of an hour later is refused."""
    vendor, clock = stand_in("aliyun", tmp_path)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    def request(number: str = "13800000001", nonce: str = "1", **changed: str) -> dict[str, Any]:
        query = f"PhoneNumbers={number}&SignName={quote('老王')}&TemplateCode=SMS_1"
        headers = {
            "host": "127.0.0.1",
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce,
            "x-acs-content-sha256": empty,
        }
        headers["authorization"] = aliyun("token", SECRET, query, headers, b"")
        query = query.replace("1380", changed.pop("instead", "1380"))
        return vendor.asked(Asked("POST", "/", query, {**headers, **changed}, b""))[1]

    assert request()["Code"] == "OK"
    assert request()["Code"] == "SignatureNonceUsed"
    assert request(nonce="2", instead="1390")["Code"] == "SignatureDoesNotMatch"
    assert request(nonce="3", **{"x-acs-action": "QuerySendDetails"})["Code"] == "SignatureDoesNotMatch"
    assert request(nonce="4", authorization="")["Code"] == "IncompleteSignature"
    late = (clock.now() - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert request(nonce="5", **{"x-acs-date": late})["Code"] == "InvalidTimeStamp.Expired"
    assert request(number="110", nonce="6")["Code"] == "isv.MOBILE_NUMBER_ILLEGAL"
    codes = [request(nonce=f"n{n}")["Code"] for n in range(50)]
    assert codes == ["OK"] * 49 + ["isv.BUSINESS_LIMIT_CONTROL"]


@pytest.mark.parametrize("what", VENDORS)
def test_each_says_that_it_is_not_the_real_one(what: str, tmp_path: Path) -> None:
    """Whoever asks it, or reads what it prints, learns what it is and from when its knowledge is."""
    vendor, _ = stand_in(what, tmp_path)
    assert "not the real service" in vendor.about
    assert "2026-11" in vendor.about
    assert VENDORS[what](Book(tmp_path / "book.jsonl")).token == DEFAULT


def test_a_book_drops_a_line_that_was_cut(tmp_path: Path) -> None:
    """What was not written whole was never acknowledged; what follows stands on a line of its own."""
    path = tmp_path / "book.jsonl"
    Book(path).append({"no": "1"})
    path.write_bytes(path.read_bytes() + b'{"no": "2')
    assert read_book(path) == [{"no": "1"}]
    Book(path).append({"no": "2"})
    assert read_book(path) == [{"no": "1"}, {"no": "2"}]

"""Requests out of arguments and replies out of answers, without a network."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.connect.answers import Answer, AnswerProblem
from flowkit.connect.failure import Failure
from flowkit.connect.outgoing import settle
from flowkit.connect.secret import MissingSecretError
from flowkit.connect.sign_in import Shown
from flowkit.errors import RefusedError
from tests.unit.connect.conftest import ready

ERP = ready("""
connector: erp
base: https://erp.example.com/api
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}/now", query: {at: =part, also: [a, =part]}, returns: {quantity: number}}
  note: {with: {text: text}, post: /notes, headers: {X-Note: =text}, body: {text: =text, n: 1.50, list: [=text, 2, null]}}
  find:
    with: {no: text}
    get: "/orders/{{ no }}"
    ok: status == 404 or reply.code == 0
    returns: {state: {type: text, value: reply.data.state, required: false}}
  lines:
    get: /lines
    returns:
      lines: {type: rows, of: {part: text, quantity: number}}
      total: {type: money, value: "sum(lines, row.quantity) * 1.005"}
      eta: {type: date, required: false}
""")
PERSONAL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


@given(PERSONAL)
def test_a_value_never_leaves_its_place_in_the_address(part) -> None:
    """Whatever a field holds stays one segment of the path and one parameter; only `.` and `..` are refused."""
    operation = ERP.operations["stock"]
    try:
        outgoing = settle(operation.request({"part": part}, "k"), Shown(), {})
    except RefusedError:
        assert part in {".", ".."}
        return
    path, _, query = outgoing.target.partition("?")
    segments = path.split("/")
    assert [segments[i] for i in (0, 1, 2, 4)] == ["", "api", "stock", "now"]
    assert (unquote(segments[3]), len(segments), outgoing.address.host) == (part, 5, "erp.example.com")
    assert [unquote(pair.partition("=")[2]) for pair in query.split("&")] == [part, "a", part]


@given(PERSONAL)
def test_a_value_never_becomes_a_header(text) -> None:
    """A header takes printable ASCII and nothing else; a body takes everything."""
    operation = ERP.operations["note"]
    try:
        request = operation.request({"text": text}, "k")
    except RefusedError:
        assert not (text.isascii() and text.isprintable())
        return
    assert dict(settle(request, Shown(), {}).headers)["X-Note"] == text


def test_a_body_keeps_what_the_author_typed() -> None:
    """Numbers keep their digits, texts their characters, an empty entry is null."""
    outgoing = settle(ERP.operations["note"].request({"text": 'a"b'}, "k"), Shown(), {})
    assert outgoing.body == b'{"text":"a\\"b","n":1.50,"list":["a\\"b",2,null]}'
    assert outgoing.headers["Content-Type"] == "application/json"


def test_missing_and_unknown_arguments_are_refused_together() -> None:
    """What is missing and what does not exist is named at once."""
    with pytest.raises(RefusedError) as refused:
        ERP.operations["stock"].request({"prat": "x"}, "k")
    assert [(p.field, p.code) for p in refused.value.problems] == [("prat", "unknown-field"), ("part", "required")]


def test_an_answer_is_read_by_its_fields() -> None:
    """Rows, amounts and dates come out in their stored form, to the digit, and load again."""
    lines = ERP.operations["lines"]
    reply = lines.judge(
        200, {}, b'{"lines": [{"part": 12, "quantity": "2.10"}, {"part": "B", "quantity": 1}], "more": {}}'
    )
    assert reply.values == {
        "lines": [{"part": "12", "quantity": "2.10"}, {"part": "B", "quantity": 1}],
        "total": "3.12",
    }
    assert lines.load(reply.values)["total"] == Decimal("3.12")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"eta": "2026-03-02"}', "缺少 lines"),
        (b'{"lines": "x"}', "lines 应为列表或一组数据"),
        (b'{"lines": [{"part": "A", "quantity": "many"}]}', "quantity"),
        (b'{"lines": [{"part": "A", "quantity": 1}], "eta": "soon"}', "日期"),
        (b"[]", "内容 应为一组数据"),
        (b"", "没有内容"),
        (b"\xff\xfe", "不是 UTF-8 文本"),
        (b'{"lines": 1e999999999}', "超出范围的数字"),
        (b'{"lines": ' + b"9" * 5000 + b"}", "过长的数字"),
        (b"[" * 100_000, "层次过深"),
        (b'{"lines": "\\ud800"}', ""),
    ],
)
def test_an_answer_that_breaks_its_promise_is_a_failure_with_words(body, words) -> None:
    """Nothing that comes back raises; what is wrong is said by name."""
    reply = ERP.operations["lines"].judge(200, {}, body)
    assert reply.failure is not None
    assert reply.failure.kind == "bad-reply"
    assert words in reply.error


@given(st.binary(max_size=300), st.integers(100, 999))
def test_no_answer_raises(body, status) -> None:
    """Any status with any bytes is a reply or a failure."""
    for operation in ERP.operations.values():
        reply = operation.judge(status, {"content-type": "application/json; charset=gbk"}, body)
        assert reply.ok is (reply.failure is None)


def test_ok_may_look_at_the_status() -> None:
    """An author who asks for the status decides what a 404 means; a 500 stays a failure."""
    find = ERP.operations["find"]
    assert find.judge(404, {}, b"{}").ok
    assert find.judge(200, {}, b'{"code": 0, "data": {"state": "sent"}}').values == {"state": "sent"}
    assert find.judge(200, {}, b'{"code": 7}').failure.kind == "refused"
    assert find.judge(500, {}, b'{"code": 0}').failure.kind == "status"
    assert find.judge(429, {}, b'{"code": 0}').failure.kind == "status"


def test_chinese_systems_may_answer_in_their_encoding() -> None:
    """GBK is read where the answer says so."""
    body = '{"code": 0, "data": {"state": "已发货"}}'.encode("gbk")
    reply = ERP.operations["find"].judge(200, {"content-type": "text/json;charset=GBK"}, body)
    assert reply.values == {"state": "已发货"}


def test_what_may_have_been_done_is_not_done_again() -> None:
    """Without a key, a request that may have arrived is not repeated; one that reads, or never left, is."""
    note, stock = ERP.operations["note"], ERP.operations["stock"]
    lost, unsent = Failure("timeout", "", sent=True), Failure("timeout", "")
    assert [note.may_repeat(f) for f in (lost, unsent)] == [False, True]
    assert [stock.may_repeat(f) for f in (lost, unsent)] == [True, True]
    assert note.may_repeat(Failure("status", "", 429, sent=True))
    assert not stock.may_repeat(Failure("refused", "", sent=True))
    assert not stock.may_repeat(Failure("status", "", 404, sent=True))


def test_the_schema_says_what_must_come() -> None:
    """A field by name and a field by a bare path are demanded where they stand; a computed one is not."""
    answer: Answer = ERP.operations["lines"].answer
    assert [s.get("required") for s in answer.schema["allOf"]] == [["lines"], None, None]


def test_a_secret_that_is_not_there_stops_the_request() -> None:
    """A request with a placeholder can be shown, but only leaves with its secret."""
    connector = ready("connector: a\nbase: ${env:URL}\noperations: {x: {get: /x}}\n")
    request = connector.operations["x"].request({}, "k")
    assert request.url == "***/x"
    with pytest.raises(MissingSecretError, match="URL"):
        settle(request, Shown(), {})


def test_an_answer_can_be_given_by_names() -> None:
    """Who stands in for the other side says what is returned, not the JSON it is read from; misfits are told."""
    lines = ERP.operations["lines"].answer
    assert lines.given({"lines": [{"part": "A", "quantity": "2"}], "total": "2.01"}) == {
        "lines": [{"part": "A", "quantity": 2}],
        "total": "2.01",
    }
    for values, words in (({"total": 1}, "缺少“lines”"), ({"lines": [], "total": "x"}, "total"), ({"tot": 1}, "tot")):
        with pytest.raises(AnswerProblem, match=words):
            lines.given(values)

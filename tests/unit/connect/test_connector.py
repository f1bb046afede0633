"""A connector as an author writes it: closed keys, no secret in the file, nothing that could be asked by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowkit.connect.failure import RetryPolicy
from tests.unit.connect.conftest import load, ready

PLAIN = """
connector: erp
base: https://erp.example.com
operations:
  stock: {with: {part: text}, get: "/stock/{{ part }}", returns: {quantity: number}}
"""

FULL = """
connector: supplier
title: 供应商
preset: http
base: ${env:SUPPLIER_URL}
sign_in: {session: {post: /login, body: {user: "${env:USER}"}, token: reply.data.token, send_as: {cookie: sid}}}
allow: [files.example.com, {host: "${env:SUPPLIER_URL}", private: true}]
timeout: 20s
max_size: 5000
secrets: ["${env:NEW}", "${env:OLD}"]
operations:
  order:
    title: 下单
    with: {part: text, quantity: {type: number, min: 1}, note: {type: text, required: false}}
    post: /orders
    headers: {X-Api-Key: "${env:KEY}"}
    body: {lines: [{sku: =part, qty: =quantity}], ref: =call.key, urgent: true}
    ok: reply.code == 0
    returns: {order: {type: text, value: reply.data.no}, eta: {type: date, required: false}}
    idempotent: Idempotency-Key
    retry: {times: 3, after: 5s, at_most: 1m}
events:
  shipped: {when: call.key == event.data.ref, gives: {tracking: text}}
"""


def test_everything_an_author_may_write_is_taken() -> None:
    """A connector with all there is loads in silence, and says what it was told."""
    connector = ready(FULL)
    order, shipped = connector.operations["order"], connector.events["shipped"]
    assert (connector.title, str(connector.base), connector.limits.total) == ("供应商", "***", timedelta(seconds=20))
    assert (connector.limits.size, len(connector.secrets)) == (5000, 2)
    assert (order.title, order.repeatable, order.retry) == (
        "下单",
        True,
        RetryPolicy(3, timedelta(seconds=5), timedelta(minutes=1)),
    )
    assert (order.required, dict(order.types).keys()) == ({"part", "quantity"}, {"part", "quantity", "note"})
    assert [(n, t.kind) for n, t in order.result.attributes().items()] == [("order", "text"), ("eta", "date")]
    assert (shipped.said, shipped.meant) == (("data", "ref"), ("call", "key"))


WRONG = [
    ("preset: http", "preset: kingdee", "unknown-preset"),
    ("title: 供应商", "titel: 供应商", "unknown-key"),
    ("base: ${env:SUPPLIER_URL}", "base: https://u:p4ss@erp.example.com", "literal-secret"),
    ("base: ${env:SUPPLIER_URL}", "base: https://erp.example.com/?key=p4ss", "literal-secret"),
    ("base: ${env:SUPPLIER_URL}", "base: erp.example.com", "bad-address"),
    ("base: ${env:SUPPLIER_URL}", "base: ${env:SUPPLIER_URL}/p4ss", "bad-placeholder"),
    (
        '{session: {post: /login, body: {user: "${env:USER}"}, token: reply.data.token, send_as: {cookie: sid}}}',
        "{bearer: p4ss}",
        "literal-secret",
    ),
    (
        '{session: {post: /login, body: {user: "${env:USER}"}, token: reply.data.token, send_as: {cookie: sid}}}',
        "{basic: {user: u, password: p4ss}}",
        "literal-secret",
    ),
    (
        '{session: {post: /login, body: {user: "${env:USER}"}, token: reply.data.token, send_as: {cookie: sid}}}',
        "{}",
        "missing-key",
    ),
    ('{user: "${env:USER}"}', "{password: p4ss}", "literal-secret"),
    ("send_as: {cookie: sid}", "send_as: {cookie: a, query: b}", "wrong-kind"),
    ('secrets: ["${env:NEW}", "${env:OLD}"]', "secret: whsec_p4ss", "literal-secret"),
    ('secrets: ["${env:NEW}", "${env:OLD}"]', 'secrets: ["${env:A}", "${env:B}", "${env:C}"]', "out-of-range"),
    ('secrets: ["${env:NEW}", "${env:OLD}"]\n', "", "missing-key"),
    ('{X-Api-Key: "${env:KEY}"}', "{X-Api-Key: p4ss}", "literal-secret"),
    ('{X-Api-Key: "${env:KEY}"}', "{Host: evil.example.com}", "wrong-key"),
    ('{X-Api-Key: "${env:KEY}"}', '{"X Api": a}', "bad-name"),
    ("timeout: 20s", "timeout: soon", "wrong-kind"),
    ("timeout: 20s", "timeout: 2 business hours", "wrong-kind"),
    ("max_size: 5000", "max_size: 0", "out-of-range"),
    ("{times: 3,", "{times: 1000,", "out-of-range"),
    ("post: /orders", "post: /orders\n    get: /orders", "missing-key"),
    ("post: /orders", "post: orders", "bad-path"),
    ("post: /orders", "post: //evil.example.com/orders", "bad-path"),
    ("post: /orders", "post: /orders?token=p4ss", "bad-path"),
    ("post: /orders", "post: https://u:p4ss@x.example.com/orders", "bad-path"),
    ("post: /orders", 'post: "https://{{ part }}/orders"', "bad-path"),
    ("post: /orders", 'post: "/orders/{part}"', "bad-path"),
    ("post: /orders", 'post: "/orders/{{ prat }}"', "unknown-name"),
    ("ok: reply.code == 0", "ok: repyl.code == 0", "unknown-name"),
    ("sku: =part", "sku: =prat", "unknown-name"),
    ("idempotent: Idempotency-Key", "idempotent: reference", "unknown-name"),
    ("idempotent: Idempotency-Key", "idempotent: urgent", "not-the-key"),
    ("eta: {type: date, required: false}", "eta: {type: date, visible: true}", "wrong-key"),
    ("{part: text,", "{part: {type: reference, entity: part},", "wrong-type"),
    ("call.key == event.data.ref", "event.ref", "not-indexable"),
    ("call.key == event.data.ref", "call.key == event.ref and true", "not-indexable"),
    ("call.key == event.data.ref", "event.a == event.b", "not-indexable"),
]


@pytest.mark.parametrize(("right", "wrong", "code"), WRONG, ids=[f"{code} {wrong[:30]}" for _, wrong, code in WRONG])
def test_each_mistake_is_named_and_no_secret_repeated(right, wrong, code) -> None:
    """A wrong connector is an error of its kind, and a literal secret in it is not said again."""
    assert right in FULL
    _, found = load(FULL.replace(right, wrong, 1))
    assert code in [d.code for d in found], [(d.code, d.message) for d in found]
    assert "p4ss" not in "".join(d.message + d.help for d in found)


def test_a_host_must_be_allowed_where_it_is_named() -> None:
    """A whole address on a host that is neither the base's nor allowed is found when the app is loaded."""
    away = PLAIN + "  away: {get: https://other.example.com/x}\n"
    assert [(d.code, d.place.line) for d in load(away)[1]] == [("unknown-host", 6)]
    assert not load(away.replace("base:", "allow: [other.example.com]\nbase:"))[1]


def test_plain_http_is_for_the_house_alone() -> None:
    """An address without TLS is found when the app is loaded, where no entry of `allow` says that it is inside."""
    inside = PLAIN.replace("base: https:", "base: http:")
    assert [(d.code, d.place.line) for d in load(inside)[1]] == [("open-url", 3)]
    host = "erp.example.com"
    assert [d.code for d in load(inside.replace("base:", f"allow: [{host}]\nbase:"))[1]] == ["open-url"]
    assert not load(inside.replace("base:", f"allow: [{{host: {host}, private: true}}]\nbase:"))[1]
    assert not load(inside.replace("base:", 'allow: ["${env:HOST}"]\nbase:'))[1]
    other = PLAIN.replace("base:", "allow: [other.example.com]\nbase:") + "  away: {get: http://other.example.com/x}\n"
    assert [(d.code, d.place.line) for d in load(other)[1]] == [("open-url", 7)]


def test_a_missing_comma_is_no_operation() -> None:
    """What is no map of keys is told so."""
    _, found = load("connector: erp\nbase: https://x.example.com\noperations: {stock: /stock}\n")
    assert [d.code for d in found] == ["wrong-kind"]

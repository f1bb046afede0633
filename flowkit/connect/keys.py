"""The keys of a connector and of what stands in it, once, as tables. Knows no values and reads no file."""

from __future__ import annotations

from flowkit.source.keys import Key

KEYS = (
    Key("title", "words", "what people see instead of the name", example="供应商"),
    Key("base", "text", "where the system is reached", required=True, example="${env:ERP_URL}"),
    Key("preset", "name", "which kind of system it is (http)", example="http"),
    Key("sign_in", "mapping", "how it knows us", example='{bearer: "${env:SUPPLIER_TOKEN}"}'),
    Key("allow", "sequence", "further hosts that may be called", example='[{host: "${env:ERP_URL}", private: true}]'),
    Key("timeout", "any", "how long an answer may take in all", example="30s"),
    Key("max_size", "integer", "how many bytes an answer may have (1048576)", example="200000"),
    Key("operations", "mapping", "what it does for us", example="{stock: {with: {part: text}, get: /stock}}"),
    Key("secret", "text", "what its events are signed with", example="${env:SUPPLIER_SECRET}"),
    Key("secrets", "sequence", "two secrets while one replaces the other", example='["${env:NEW}", "${env:OLD}"]'),
    Key("events", "mapping", "what it tells us", example="{shipped: {when: event.ref == call.key}}"),
)
TIMEOUT_KEYS = (
    Key("connect", "duration", "how long finding and reaching it may take (5s)", example="5s"),
    Key("read", "duration", "how long it may be silent (15s)", example="15s"),
    Key("total", "duration", "how long all of it may take (30s)", example="30s"),
)
ALLOW_KEYS = (
    Key("host", "text", "a host, or an address whose host is meant", required=True, example="erp.example.com"),
    Key("private", "boolean", "whether it is this machine or in the house's own network", example="true"),
)
_REQUEST_KEYS = (
    Key("get", "text", "a path that is read; values between double braces", example="/stock/{{ part }}"),
    Key("post", "text", "a path that is posted to", example="/orders"),
    Key("put", "text", "a path whose content is replaced", example="/orders/{{ call.key }}"),
    Key("patch", "text", "a path whose content is changed", example="/orders/{{ call.key }}"),
    Key("delete", "text", "a path whose content is taken away", example="/orders/{{ call.key }}"),
    Key("query", "mapping", "parameters behind the path", example="{part: =part}"),
    Key("headers", "mapping", "headers of the request", example='{X-Api-Key: "${env:ERP_KEY}"}'),
    Key(
        "body",
        "any",
        "JSON that is sent; constants, =expressions, placeholders",
        example="{sku: =part, qty: =quantity}",
    ),
    Key("ok", "expression", "whether the answer is a yes; sees reply and status", example="reply.code == 0"),
    Key("message", "expression", "where the answer says why it is a no", example="reply.message"),
)
OPERATION_KEYS = (
    Key("title", "words", "what people see instead of the name", example="下单"),
    Key("with", "mapping", "the fields it takes", example="{part: text, quantity: number}"),
    *_REQUEST_KEYS,
    Key(
        "returns",
        "mapping",
        "the fields it gives, by name or by value",
        example="{order: {type: text, value: reply.no}}",
    ),
    Key("idempotent", "name", "the field or header that carries call.key", example="ref"),
    Key("retry", "mapping", "how often it is tried again", example="{times: 5, after: 10s}"),
)
RETRY_KEYS = (
    Key("times", "integer", "how many tries in all (5)", example="5"),
    Key("after", "duration", "how long after the first; then twice as long each time (10s)", example="10s"),
    Key("at_most", "duration", "the longest wait between two tries (1h)", example="1h"),
)
SIGN_IN_KEYS = (
    Key("bearer", "text", "a token that stands in the header Authorization", example="${env:ERP_TOKEN}"),
    Key("basic", "mapping", "a name and a password", example='{user: flowkit, password: "${env:ERP_PASSWORD}"}'),
    Key("session", "mapping", "a login that gives a token", example="{post: /login, token: reply.token}"),
)
BASIC_KEYS = (
    Key("user", "text", "the name", required=True, example="flowkit"),
    Key("password", "text", "the password", required=True, example="${env:ERP_PASSWORD}"),
)
SESSION_KEYS = (
    *_REQUEST_KEYS,
    Key("token", "expression", "where the answer holds the token", required=True, example="reply.token"),
    Key(
        "send_as", "any", "how the token is sent: bearer, {header: …}, {query: …}, {cookie: …}", example="{cookie: sid}"
    ),
    Key("expired", "expression", "which answer, beside a 401, says that it is over", example="reply.errcode == 42001"),
)
SEND_AS_KEYS = (
    Key("header", "name", "the header that holds the token", example="x-access-token"),
    Key("query", "name", "the parameter that holds the token", example="access_token"),
    Key("cookie", "name", "the cookie that holds the token", example="kdservice-sessionid"),
)
EVENT_KEYS = (
    Key("title", "words", "what people see instead of the name", example="已发货"),
    Key("when", "expression", "which case it is for: one equality", required=True, example="event.ref == call.key"),
    Key("gives", "mapping", "the fields it brings", example="{tracking: text}"),
)
METHODS = ("get", "post", "put", "patch", "delete")
PRESETS = ("http",)
"""The presets that this version can speak with."""

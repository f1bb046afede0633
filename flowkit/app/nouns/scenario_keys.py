"""The keys of a scenario and of what stands in it, each declared once. Knows words, not what they do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from flowkit.source.keys import Key

StepKind = Literal["submit", "act", "wait", "at", "signal", "receive", "substitute"]

SCENARIO_KEYS = (
    Key("scenario", "name", "the story in a few words", required=True, example="困人报修走 VIP 通道"),
    Key("given", "mapping", "the moment at which it begins and what is known then"),
    Key(
        "examples",
        "sequence",
        "a table: the story is played once for each row, in which `=example.COLUMN` is what stands in that column",
        example="[{fault: 困人, band: vip}, {fault: 异响, band: normal}]",
    ),
    Key("steps", "sequence", "what happens, in order, and what is expected after each", required=True),
)
GIVEN_KEYS = (
    Key(
        "now",
        "text",
        "when the story begins, in the app's zone; else Monday 2026-01-05 09:00",
        example="2026-03-02 09:00",
    ),
    Key("rows", "mapping", "records by entity, laid over the entity's own rows by key"),
    Key("replies", "mapping", "what outside systems answer, by operation", example="{erp.stock: {quantity: 2}}"),
)
STEP_KEYS = (
    Key("submit", "name", "begin a case of this workflow", example="repair_order"),
    Key("act", "name", "take this action, or this operation: `claim`, `hand_over` …", example="accept"),
    Key("wait", "duration", "let time pass; whatever falls due meanwhile happens at its own time", example="15m"),
    Key("at", "text", "let time pass until this moment", example="2026-03-02 18:00"),
    Key("signal", "name", "something arrives from outside", example="parts_arrived"),
    Key(
        "receive",
        "name",
        "an event of a connector arrives, about what the case last asked it; `with` is what the event gives",
        example="supplier.shipped",
    ),
    Key("substitute", "text", "this person stands in for `by` from now on, up to `until`", example="employee:wang"),
    Key("until", "text", "beside `substitute`: for how long, or up to which moment", example="3d"),
    Key("workflows", "names", "beside `substitute`: only in these; else in all", example="[quote]"),
    Key("by", "text", "who does it: ENTITY:KEY, or an =expression that gives a person", example="employee:zhang"),
    Key("with", "mapping", "what is filled in", example="{reason: 没有备件}"),
    Key("applicant", "text", "for whom it is submitted, if not for `by`", example="customer:li"),
    Key("key", "text", "the idempotency key that the command carries", example="k1"),
    Key("as", "name", "a name for the case that this step begins", example="first"),
    Key(
        "case",
        "text",
        "the case this and the following steps are about: a name given with `as`, a child by its workflow "
        "(`parts_request` the only open one, `parts_request.2` the second), or a case number; else the latest",
        example="parts_request",
    ),
    Key(
        "replies",
        "mapping",
        "what outside systems answer from now on, by operation",
        example="{erp.stock: {failed: 500}}",
    ),
    Key("expect", "mapping", "what must be true after the step"),
)
VERBS: tuple[StepKind, ...] = ("submit", "act", "wait", "at", "signal", "receive", "substitute")
BESIDE: Mapping[StepKind, frozenset[str]] = MappingProxyType(
    {
        "submit": frozenset({"by", "with", "applicant", "key", "as", "replies", "expect"}),
        "act": frozenset({"by", "with", "key", "case", "replies", "expect"}),
        "wait": frozenset({"case", "replies", "expect"}),
        "at": frozenset({"case", "replies", "expect"}),
        "signal": frozenset({"by", "with", "key", "case", "replies", "expect"}),
        "receive": frozenset({"with", "key", "case", "replies", "expect"}),
        "substitute": frozenset({"by", "until", "workflows", "expect"}),
    }
)

REPLY_KEYS = (
    Key("refused", "text", "it says no, in these words", example="库存账户已冻结"),
    Key(
        "failed",
        "name",
        "there is no answer: `timeout`, `unreachable`, or an HTTP status; asked again as the operation's `retry` says",
        example="timeout",
    ),
    Key("raw", "any", "the JSON it answers with, judged by the operation's `ok` and `returns`", example="{code: 0}"),
    Key("slow", "duration", "beside any of these, or alone: how long it takes over it", example="7m"),
)
"""What may stand for a reply besides the values that the operation `returns`, by name."""

FAILURES = ("timeout", "unreachable")

EXPECT_KEYS = (
    Key("node", "setting", "the node where the case is: its name or title", example="assigned"),
    Key(
        "owner", "any", "who must act: ENTITY:KEY, a role, or a list of them; null is nobody", example="employee:zhang"
    ),
    Key("outcome", "setting", "done, rejected, cancelled; null while it is open", example="done"),
    Key("stage", "any", "the stages the case is in: all of them, in any order", example="[whole, open]"),
    Key("refused", "text", "words that the refusal of this step contains; nothing has changed then", example="距电梯"),
    Key(
        "sent",
        "any",
        "the notifications sent since the step before, of all cases: every one as often as sent, in any order",
        example="[vip_alert, {notification: please_sign, to: customer:gov}]",
    ),
    Key(
        "called",
        "any",
        "the operations asked since the step before: every one as often as asked, in any order; tries are not counted",
        example="[erp.stock]",
    ),
    Key("printed", "any", "the pages printed since the step before, in any order", example="[settlement_sheet]"),
    Key(
        "actions", "any", "the actions open to the present owner: all of them, in any order", example="[accept, refuse]"
    ),
    Key(
        "operations",
        "any",
        "operations open to the present owner, by name or title: these among others",
        example="[hand_over, 评论]",
    ),
    Key("incident", "setting", "words of the open incident; true for any, null for none", example="empty"),
    Key("due", "setting", "when the next deadline is: a duration from now, a moment, or null", example="15m"),
    Key("seen_by", "any", "people who see the case: ENTITY:KEY, or a list of them", example="[employee:chen]"),
    Key("not_seen_by", "any", "people for whom there is no such case", example="[employee:sun, customer:P02]"),
    Key(
        "children",
        "mapping",
        "what the case began last, by workflow: how many, or what is expected of each in order",
        example="{parts_request: [{outcome: done}, {node: review}]}",
    ),
    Key("record", "mapping", "fields of records, by ENTITY:KEY", example='{"elevator:E001": {history.count: 1}}'),
)
"""What may be expected by name. Any other key is a dotted path to a value of the case, such as `urgency.total`."""

SENT_KEYS = (
    Key("notification", "name", "which notification", required=True, example="please_sign"),
    Key("to", "any", "who got it, copies among them: ENTITY:KEY or a list of all of them", example="customer:gov"),
    Key("text", "text", "words that its text contains; *** is what is personal", example="请签字"),
)
"""What may stand for the name of a notification that was sent."""

OF_THE_CASE = frozenset(key.name for key in EXPECT_KEYS)

OF_THE_STEP = frozenset({"refused", "sent", "called", "printed", "record", "children"})
"""What is expected of a step as a whole: it cannot stand among what is expected of one child."""

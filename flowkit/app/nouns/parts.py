"""The key tables of what stands inside the nouns, and the shapes that stand in many places. Only data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowkit.app import opening_hours, settings
from flowkit.app.nouns import intake_keys, view_keys
from flowkit.app.nouns import scenario_keys as scenario
from flowkit.app.nouns.shapes import (
    FIELDS,
    FILLED,
    TYPES,
    VALUES,
    WAYS,
    WHO,
    ListOf,
    MapOf,
    Named,
    Shape,
    Table,
    Words,
    either,
)
from flowkit.connect import keys as connect
from flowkit.engine import keys as engine
from flowkit.fields.keys import FIELD_KEYS
from flowkit.fields.linking import ENTITY_OPTIONS_KEYS
from flowkit.forms.keys import CHECK_KEYS, EXIT_CHECK_KEYS
from flowkit.notify import notification
from flowkit.notify.vendors import TEMPLATE_KEYS
from flowkit.records import vocabulary
from flowkit.rules import decision, dispatch, schedule, scorecard, watch
from flowkit.source.keys import Key
from flowkit.source.likeness import LIKE_KEY
from flowkit.values.coordinates import SYSTEMS
from flowkit.values.files import KINDS


def _with_verbs(keys: Sequence[Key]) -> tuple[Key, ...]:
    """An exit may hold verbs directly, without `do`."""
    names = {k.name for k in keys}
    return (*keys, *(k for k in engine.DIRECT_KEYS if k.name not in names))


_VERBS: Mapping[str, Shape] = {
    "score": either("scalar", Named("scorecard")),
    "decide": either("scalar", Named("decision")),
    "set": VALUES,
    "add": MapOf(VALUES),
    "notify": either("scalar", Named("notification"), ListOf(either("scalar", Named("notification")))),
    "print": either("scalar", Named("print")),
    "start": Named("start"),
    "reassign": WHO,
    "escalate": WHO,
}
_EXIT: Mapping[str, Shape] = {
    "who": WHO,
    "not": WHO,
    "form": either("scalar", FIELDS),
    "checks": ListOf(Named("check of an exit")),
    "do": Named("verbs"),
    "to": WAYS,
    **_VERBS,
}

_SIGNERS = either("scalar", Named("signer"), ListOf(either("scalar", Named("signer"), ListOf(WHO))))

_REQUEST: Mapping[str, Shape] = {"query": VALUES, "headers": VALUES}
_CONNECTOR: Mapping[str, Table] = {
    "sign in": Table(
        "`sign_in` of a connector: how it knows us",
        connect.SIGN_IN_KEYS,
        {"basic": Named("name and password"), "session": Named("session")},
    ),
    "name and password": Table("`basic` of a sign in", connect.BASIC_KEYS),
    "session": Table(
        "a login that gives a token",
        connect.SESSION_KEYS,
        {**_REQUEST, "send_as": either("scalar", Named("place of the token"))},
    ),
    "place of the token": Table("where the token of a session stands in a request", connect.SEND_AS_KEYS),
    "allowed host": Table("a further host that may be called", connect.ALLOW_KEYS),
    "limits of time": Table("`timeout` of a connector, part by part", connect.TIMEOUT_KEYS),
    "operation": Table(
        "one thing that an outside system does for us",
        connect.OPERATION_KEYS,
        {**_REQUEST, "with": FIELDS, "returns": FIELDS, "retry": Named("retry")},
    ),
    "retry": Table("how often an operation is tried again", connect.RETRY_KEYS),
    "event": Table("something that an outside system tells us", connect.EVENT_KEYS, {"gives": FIELDS}),
    "days of the calendar": Table("`every` of a schedule, by days", schedule.EVERY_KEYS),
    "records with work": Table("`per` of a schedule: one for each of these", schedule.PER_KEYS),
    "what is watched": Table("`of` of a watch", watch.OF_KEYS),
}
# `=example.COLUMN` may stand for any of these.
_REPLY = either(Named("reply"), VALUES, "expression")
_EXPECTED = either(Named("expectation"), VALUES, "expression")
_SAID = either(VALUES, "expression")
_SCENARIO: Mapping[str, Table] = {
    "given": Table(
        "what is known when a scenario begins",
        scenario.GIVEN_KEYS,
        {"rows": MapOf(either(ListOf(_SAID), "expression")), "replies": Named("replies")},
    ),
    "step": Table(
        "one step of a scenario: one of the first seven, and what stands beside it",
        scenario.STEP_KEYS,
        {"with": _SAID, "replies": Named("replies"), "expect": _EXPECTED},
    ),
    "reply": Table(
        "what an operation answers in a scenario: values by the names of what it `returns`, or one of these",
        scenario.REPLY_KEYS,
        {"raw": "anything"},
    ),
    "expectation": Table(
        "what must be true after a step; any other key is a value of the case, such as `urgency.total`",
        scenario.EXPECT_KEYS,
        {
            "children": MapOf(either("scalar", ListOf(_EXPECTED))),
            "record": MapOf(_SAID),
            "sent": either("scalar", Named("sent"), ListOf(either("scalar", Named("sent")))),
        },
    ),
    "sent": Table(
        "a notification that was sent, where more is expected of it than its name",
        scenario.SENT_KEYS,
        {"to": either("scalar", ListOf("scalar"))},
    ),
}

PARTS: Mapping[str, Table] = {
    "role": Table("one role, under `roles` of the app", settings.ROLE_KEYS),
    "calendar": Table(
        "when it is open; holidays go before the week, `overrides` before both",
        opening_hours.KEYS,
        {"overrides": MapOf(either("scalar", ListOf("scalar")))},
    ),
    "units": Table("the tree of units that people and cases belong to", settings.UNITS_KEYS),
    "staff": Table(
        "the people who work here", settings.STAFF_KEYS, {"reach": MapOf("scalar"), "duty": Named("duty plan")}
    ),
    "duty plan": Table("`duty` of the staff: where shifts are found", settings.DUTY_KEYS),
    "customers": Table("outsiders", settings.CUSTOMER_KEYS, {"reach": MapOf("scalar")}),
    "option": Table("one option of a vocabulary", vocabulary.OPTION_KEYS),
    "field": Table(
        "one field of a form, an entity, a workflow or a row",
        FIELD_KEYS,
        {
            "type": TYPES,
            "of": either("scalar", Named("field"), FIELDS),
            "options": either(ListOf("scalar"), Named("records to choose from")),
            "accept": either(Words(KINDS), ListOf(Words(KINDS))),
            "coordinates": Words(SYSTEMS),
        },
    ),
    "records to choose from": Table("`options` of a field that points to records", ENTITY_OPTIONS_KEYS),
    "check": Table("one check of a form", CHECK_KEYS),
    "check of an exit": Table("one check of an exit", EXIT_CHECK_KEYS),
    "factor": Table("one factor of a scorecard", scorecard.FACTOR_KEYS),
    "band": Table("what a total means", scorecard.BAND_KEYS, {"set": VALUES}),
    "result": Table("one column that a decision answers", decision.RESULT_KEYS),
    "requirement": Table("what a candidate must meet", dispatch.REQUIRE_KEYS),
    "preference": Table("what makes one candidate better than another", dispatch.PREFER_KEYS),
    "node": Table(
        "one place of a workflow: a route (`next`), a task (`owner`, `actions`), an approval, a wait (`events`, "
        "`timeouts`), a call, a run or an end",
        (*engine.NODE_KEYS, LIKE_KEY),
        {
            "do": Named("verbs"),
            "next": WAYS,
            "owner": WHO,
            "not": WHO,
            "actions": MapOf(Named("exit")),
            "events": MapOf(Named("exit")),
            "timeouts": ListOf(Named("timeout")),
            "run": Named("run"),
            "with": FILLED,
            "failed": Named("exit"),
            "approval": Named("approval"),
            "approved": Named("exit"),
            "rejected": Named("exit"),
            "returned": Named("exit"),
            "clock": Words(("paused",)),
            "end": Words(engine.OUTCOMES),
        },
    ),
    "approval": Table(
        "who must sign at a node, by which rule, and what they may do besides",
        engine.APPROVAL_KEYS,
        {
            "by": _SIGNERS,
            "sign": either(Words(engine.SIGNS), Named("vote")),
            "otherwise": WHO,
            "self": Words(engine.OWN),
            "repeated": Words(engine.REPEATED),
            "allow": either(Words(engine.ALLOWED), ListOf(Words(engine.ALLOWED))),
        },
    ),
    "signer": Table(
        "an entry of `by` that says more than who",
        engine.SIGNER_KEYS,
        {"who": WHO, "dispatch": either("scalar", Named("dispatch")), "everyone": "scalar", "not": WHO},
    ),
    "vote": Table("`sign` by shares", engine.VOTE_KEYS),
    "stage": Table(
        "a named set of nodes, with exits and deadlines that hold as long as the case is in it",
        engine.STAGE_KEYS,
        {
            "nodes": either("scalar", ListOf("scalar"), Named("nodes but these")),
            "actions": MapOf(Named("exit")),
            "events": MapOf(Named("exit")),
            "timeouts": ListOf(Named("timeout")),
        },
    ),
    "nodes but these": Table("`nodes` of a stage, said by what is left out", engine.STAGE_NODES_KEYS),
    "run": Table(
        "children that a node waits for",
        engine.RUN_KEYS,
        {
            "with": FILLED,
            "back": VALUES,
            "join": either(Words(engine.JOINS), "scalar"),
            "children": Words(("cancel", "keep")),
        },
    ),
    "start": Table("another case that is begun while this one goes on", engine.START_KEYS, {"with": FILLED}),
    "exit": Table(
        "one action or event; what it does may stand in it directly or under `do`", _with_verbs(engine.EXIT_KEYS), _EXIT
    ),
    "timeout": Table("one deadline: an exit that time takes", _with_verbs(engine.TIMEOUT_KEYS), _EXIT),
    "way": Table("one way on", engine.ROUTE_KEYS),
    "verb": Table("one thing that is done, under `do`", engine.VERB_KEYS, _VERBS),
    "who in words": Table(
        "a *who* that says one of `dispatch`, `everyone` and `role`, and whom that leaves out",
        engine.WHO_KEYS,
        {"dispatch": either("scalar", Named("dispatch")), "not": WHO},
    ),
    "template": Table("an approved template of a text message, and its words", TEMPLATE_KEYS),
    "opens": Table("`opens` of an intake", intake_keys.OPENS_KEYS, {"with": FILLED}),
    "applicant of an intake": Table("`applicant` of an intake", intake_keys.APPLICANT_KEYS),
    "board of a view": Table("`board` of a view: lanes side by side", view_keys.BOARD_KEYS),
    "card of a view": Table(
        "`card` of a view: what people read of a case",
        view_keys.CARD_KEYS,
        {
            "lines": either("scalar", "languages", ListOf(either("scalar", "languages"))),
            "flag": either("scalar", "languages"),
        },
    ),
    "channel step": Table("a channel that is taken only when those before it failed", notification.STEP_KEYS),
    **_CONNECTOR,
    **_SCENARIO,
}
"""What stands inside the nouns."""

SHAPES: Mapping[str, Shape] = {
    "who": either("scalar", Named("who in words"), ListOf(WHO)),
    "replies": MapOf(either(_REPLY, ListOf(_REPLY))),
    "ways": either("scalar", Named("way"), ListOf(Named("way"))),
    "verbs": either(Named("verb"), ListOf(Named("verb"))),
    "field or type": either(TYPES, Named("field")),
}
"""Shapes that have no keys of their own and stand in many places."""

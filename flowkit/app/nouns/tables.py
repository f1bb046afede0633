"""Every noun with its key tables, in one place: what the reference and the JSON Schemas are made of.

Only data. A key's own line says what kind of value it takes; `inside` says which other table that value follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowkit.app import settings
from flowkit.app.nouns import intake_keys, parts, view_keys
from flowkit.app.nouns import scenario_keys as scenario
from flowkit.app.nouns.shapes import FIELDS, ROWS, TYPES, VALUES, WHO, ListOf, MapOf, Named, Table, Words, either
from flowkit.connect import keys as connect
from flowkit.engine import keys as engine
from flowkit.forms.keys import FORM_KEYS
from flowkit.notify import notification, presets, vendors
from flowkit.prints import page
from flowkit.records import entity, mapping, vocabulary
from flowkit.rules import decision, dispatch, schedule, scorecard, watch
from flowkit.source.keys import Key
from flowkit.source.likeness import LIKE_KEY
from flowkit.values.coordinates import SYSTEMS

__all__ = ["NOUNS", "PARTS", "SHAPES", "document_keys"]

PARTS, SHAPES = parts.PARTS, parts.SHAPES

NOUNS: Mapping[str, Table] = {
    "app": Table(
        "the business as a whole: its title, zone, roles, people, channels",
        settings.KEYS,
        {
            "texts": either("scalar", ListOf("languages")),
            "calendar": either(Named("calendar"), MapOf("anything")),
            "coordinates": Words(SYSTEMS),
            "roles": MapOf(either("scalar", Named("role"))),
            "units": Named("units"),
            "staff": Named("staff"),
            "customers": Named("customers"),
            "channels": MapOf(Named("channel")),
        },
    ),
    "vocabulary": Table(
        "a controlled list: many spellings become one",
        vocabulary.KEYS,
        {"options": either(ListOf("scalar"), MapOf(either("null", Named("option"))))},
    ),
    "entity": Table(
        "a kind of record that outlives cases: device, customer, employee",
        entity.KEYS,
        {"fields": FIELDS, "rows": ROWS},
    ),
    "form": Table(
        "what is asked, when it is required, what is checked",
        FORM_KEYS,
        {"fields": FIELDS, "checks": ListOf(Named("check"))},
    ),
    "scorecard": Table(
        "factors with points, and what their sum means",
        scorecard.KEYS,
        {"factors": ListOf(Named("factor")), "bands": ListOf(Named("band"))},
    ),
    "decision": Table(
        "a decision table: the first row that fits gives the answer",
        decision.KEYS,
        {
            "hit": Words(decision.HITS),
            "columns": MapOf("expression"),
            "result": MapOf(either(TYPES, Named("result"))),
            "rows": ROWS,
        },
    ),
    "dispatch": Table(
        "who is asked: what he must meet, what makes one better, who catches what fits nobody",
        dispatch.KEYS,
        {"require": ListOf(Named("requirement")), "prefer": ListOf(Named("preference")), "otherwise": WHO},
    ),
    "workflow": Table(
        "the places a case can be at, who acts there, and how it goes on",
        engine.WORKFLOW_KEYS,
        {
            "from": either("scalar", FIELDS),
            "fields": FIELDS,
            "nodes": MapOf(Named("node")),
            "stages": MapOf(Named("stage")),
        },
    ),
    "notification": Table(
        "a message: its words, whom it is for, the channels it takes",
        notification.KEYS,
        {
            "to": WHO,
            "cc": WHO,
            "channels": either("scalar", Named("channel step"), ListOf(either("scalar", Named("channel step")))),
        },
    ),
    "channel": Table(
        "a way for messages to leave; also written under `channels` of the app",
        presets.KEYS,
        {
            "preset": Words(tuple(presets.PRESETS)),
            "security": Words(tuple(presets.SECURITY)),
            "ids": Words(vendors.IDS),
            "templates": MapOf(either("scalar", Named("template"))),
        },
    ),
    "mapping": Table(
        "which field fills which; with `workflow`, `at` and `by` it reads a file of recorded tickets",
        mapping.KEYS,
        {"fields": VALUES, "back": VALUES, "records": MapOf(VALUES)},
    ),
    "connector": Table(
        "an outside system: how it is reached, what it does for us, what it tells us",
        connect.KEYS,
        {
            "preset": Words(connect.PRESETS),
            "sign_in": Named("sign in"),
            "allow": ListOf(either("scalar", Named("allowed host"))),
            "timeout": either("scalar", Named("limits of time")),
            "operations": MapOf(Named("operation")),
            "secrets": ListOf("scalar"),
            "events": MapOf(Named("event")),
        },
    ),
    "print": Table("a page that is filed with its hash, as PDF where that can be made", page.KEYS),
    "watch": Table("a pattern over many cases", watch.KEYS, {"of": Named("what is watched"), "do": Named("verbs")}),
    "schedule": Table(
        "work that comes by the calendar, once or for each record of a kind",
        schedule.KEYS,
        {
            "every": either("scalar", Named("days of the calendar")),
            "per": Named("records with work"),
            "start": Named("start"),
            "missed": Words(schedule.MISSED),
        },
    ),
    "view": Table(
        "a list or a board of cases, for some roles; live",
        view_keys.KEYS,
        {"board": Named("board of a view"), "card": Named("card of a view"), "order": Words(view_keys.ORDERS)},
    ),
    "intake": Table(
        "a door into the app: a code on each device, a public form, a desk; live",
        intake_keys.KEYS,
        {"opens": Named("opens"), "applicant": Named("applicant of an intake")},
    ),
    "scenario": Table(
        "a story with expectations: the test that an author writes",
        tuple(k for k in scenario.SCENARIO_KEYS if k.name != "scenario"),
        {"given": Named("given"), "examples": ListOf(VALUES), "steps": ListOf(Named("step"))},
    ),
}
"""Each noun that an author can write, by the first key of its document."""


def document_keys(noun: str) -> Sequence[Key]:
    """The keys of a document of that noun. There is one `app`, and a scenario is like no other."""
    keys = NOUNS[noun].keys
    return keys if noun in {"app", "scenario"} else (*keys, LIKE_KEY)

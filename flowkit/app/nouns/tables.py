"""Every noun with its key tables, in one place: what the reference and the JSON Schemas are made of.

Only data. A key's own line says what kind of value it takes; `inside` says which other table that value follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flowkit.app import settings
from flowkit.app.nouns import scenario_keys as scenario
from flowkit.engine import keys as engine
from flowkit.fields.keys import FIELD_KEYS
from flowkit.fields.linking import ENTITY_OPTIONS_KEYS
from flowkit.forms.keys import CHECK_KEYS, FORM_KEYS
from flowkit.notify import notification, presets
from flowkit.records import entity, mapping, vocabulary
from flowkit.rules import decision, dispatch, scorecard
from flowkit.source.keys import Key
from flowkit.values.coordinates import SYSTEMS
from flowkit.values.files import KINDS
from flowkit.values.types import VALUE_TYPES


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a table, or a shape of SHAPES, says."""

    name: str


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map of names, each with such a value."""

    of: Shape


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of such values."""

    of: Shape


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    shapes: tuple[Shape, ...]


Shape = Literal["scalar", "expression", "null", "anything"] | Words | Named | MapOf | ListOf | Either


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one thing that an author writes; `help` says what it is, in one line."""

    help: str
    keys: Sequence[Key]
    inside: Mapping[str, Shape] = field(default_factory=dict)


def _either(*shapes: Shape) -> Either:
    return Either(shapes)


def _with_verbs(keys: Sequence[Key]) -> tuple[Key, ...]:
    """An exit may hold verbs directly, without `do`."""
    names = {k.name for k in keys}
    return (*keys, *(k for k in engine.VERB_KEYS if k.name not in names))


_TYPES = Words(tuple(VALUE_TYPES))
_VALUES: Shape = MapOf("anything")
_FIELDS = MapOf(Named("field or type"))
_ROWS = _either("scalar", ListOf(MapOf("anything")))
_WHO = Named("who")
_WAYS = Named("ways")
_VERBS: Mapping[str, Shape] = {
    "score": _either("scalar", Named("scorecard")),
    "decide": _either("scalar", Named("decision")),
    "set": _VALUES,
    "add": MapOf(_VALUES),
    "notify": _either("scalar", Named("notification"), ListOf(_either("scalar", Named("notification")))),
    "reassign": _WHO,
    "escalate": _WHO,
}
_EXIT: Mapping[str, Shape] = {
    "who": _WHO,
    "not": _WHO,
    "form": _either("scalar", _FIELDS),
    "checks": ListOf(Named("check")),
    "do": Named("verbs"),
    "to": _WAYS,
    **_VERBS,
}

NOUNS: Mapping[str, Table] = {
    "app": Table(
        "the business as a whole: its title, zone, roles, people, channels",
        settings.KEYS,
        {
            "coordinates": Words(SYSTEMS),
            "roles": MapOf(_either("scalar", Named("role"))),
            "staff": Named("staff"),
            "customers": Named("customers"),
            "channels": MapOf(Named("channel")),
        },
    ),
    "vocabulary": Table(
        "a controlled list: many spellings become one",
        vocabulary.KEYS,
        {"options": _either(ListOf("scalar"), MapOf(_either("null", Named("option"))))},
    ),
    "entity": Table(
        "a kind of record that outlives cases: device, customer, employee",
        entity.KEYS,
        {"fields": _FIELDS, "rows": _ROWS},
    ),
    "form": Table(
        "what is asked, when it is required, what is checked",
        FORM_KEYS,
        {"fields": _FIELDS, "checks": ListOf(Named("check"))},
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
            "result": MapOf(_either(_TYPES, Named("result"))),
            "rows": _ROWS,
        },
    ),
    "dispatch": Table(
        "who is asked: what he must meet, what makes one better, who catches what fits nobody",
        dispatch.KEYS,
        {"require": ListOf(Named("requirement")), "prefer": ListOf(Named("preference")), "otherwise": _WHO},
    ),
    "workflow": Table(
        "the places a case can be at, who acts there, and how it goes on",
        engine.WORKFLOW_KEYS,
        {"from": _either("scalar", _FIELDS), "fields": _FIELDS, "nodes": MapOf(Named("node"))},
    ),
    "notification": Table(
        "a message: its words, whom it is for, the channels it takes",
        notification.KEYS,
        {
            "to": _WHO,
            "cc": _WHO,
            "channels": _either("scalar", Named("channel step"), ListOf(_either("scalar", Named("channel step")))),
        },
    ),
    "channel": Table(
        "a way for messages to leave; also written under `channels` of the app",
        presets.KEYS,
        {
            "preset": Words(tuple(presets.PRESETS)),
            "security": Words(tuple(presets.SECURITY)),
            "templates": MapOf("scalar"),
        },
    ),
    "mapping": Table(
        "which field fills which; with `workflow`, `at` and `by` it reads a file of recorded tickets",
        mapping.KEYS,
        {"fields": _VALUES, "back": _VALUES, "records": MapOf(_VALUES)},
    ),
    "scenario": Table(
        "a story with expectations: the test that an author writes",
        tuple(k for k in scenario.SCENARIO_KEYS if k.name != "scenario"),
        {"given": Named("given"), "steps": ListOf(Named("step"))},
    ),
}
"""Each noun that an author can write, by the first key of its document."""

PARTS: Mapping[str, Table] = {
    "role": Table("one role, under `roles` of the app", settings.ROLE_KEYS),
    "staff": Table("the people who work here", settings.STAFF_KEYS, {"reach": MapOf("scalar")}),
    "customers": Table("outsiders", settings.CUSTOMER_KEYS, {"reach": MapOf("scalar")}),
    "option": Table("one option of a vocabulary", vocabulary.OPTION_KEYS),
    "field": Table(
        "one field of a form, an entity, a workflow or a row",
        FIELD_KEYS,
        {
            "type": _TYPES,
            "of": _either("scalar", Named("field"), _FIELDS),
            "options": _either(ListOf("scalar"), Named("records to choose from")),
            "accept": _either(Words(KINDS), ListOf(Words(KINDS))),
            "coordinates": Words(SYSTEMS),
        },
    ),
    "records to choose from": Table("`options` of a field that points to records", ENTITY_OPTIONS_KEYS),
    "check": Table("one check of a form or of an exit", CHECK_KEYS),
    "factor": Table("one factor of a scorecard", scorecard.FACTOR_KEYS),
    "band": Table("what a total means", scorecard.BAND_KEYS, {"set": _VALUES}),
    "result": Table("one column that a decision answers", decision.RESULT_KEYS),
    "requirement": Table("what a candidate must meet", dispatch.REQUIRE_KEYS),
    "preference": Table("what makes one candidate better than another", dispatch.PREFER_KEYS),
    "node": Table(
        "one place of a workflow: a route (`next`), a task (`owner`, `actions`), a wait (`events`, `timeouts`) or an end",
        engine.NODE_KEYS,
        {
            "do": Named("verbs"),
            "next": _WAYS,
            "owner": _WHO,
            "not": _WHO,
            "actions": MapOf(Named("exit")),
            "events": MapOf(Named("exit")),
            "timeouts": ListOf(Named("timeout")),
            "end": Words(engine.OUTCOMES),
        },
    ),
    "exit": Table(
        "one action or event; what it does may stand in it directly or under `do`", _with_verbs(engine.EXIT_KEYS), _EXIT
    ),
    "timeout": Table("one deadline: an exit that time takes", _with_verbs(engine.TIMEOUT_KEYS), _EXIT),
    "way": Table("one way on", engine.ROUTE_KEYS),
    "verb": Table("one thing that is done, under `do`", engine.VERB_KEYS, _VERBS),
    "chosen by dispatch": Table(
        "a *who* that is found by a dispatch",
        engine.DISPATCH_WHO_KEYS,
        {"dispatch": _either("scalar", Named("dispatch"))},
    ),
    "channel step": Table("a channel that is taken only when those before it failed", notification.STEP_KEYS),
    "given": Table("what is known when a scenario begins", scenario.GIVEN_KEYS, {"rows": MapOf(ListOf(_VALUES))}),
    "step": Table("one step of a scenario", scenario.STEP_KEYS, {"with": _VALUES, "expect": _VALUES}),
}
"""What stands inside the nouns."""

SHAPES: Mapping[str, Shape] = {
    "who": _either("scalar", Named("chosen by dispatch"), ListOf(_WHO)),
    "ways": _either("scalar", Named("way"), ListOf(Named("way"))),
    "verbs": _either(Named("verb"), ListOf(Named("verb"))),
    "field or type": _either(_TYPES, Named("field")),
}
"""Shapes that have no keys of their own and stand in many places."""

"""How a scenario is read, and what is said about one that cannot be played."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from flowkit.app.nouns.scenario import Scenario
from flowkit.app.nouns.scenario_examples import Telling, tellings
from flowkit.app.nouns.scenario_keys import BESIDE, EXPECT_KEYS, OF_THE_CASE, STEP_KEYS, VERBS
from flowkit.app.nouns.scenario_names import AppNames, WorkflowNames, check_scenario
from flowkit.connect import connector
from flowkit.diagnostics import Findings
from flowkit.source.reading import read
from flowkit.values.types import Settings

SUPPLIER = """\
connector: supplier
base: https://supplier.example.com
secret: ${env:SECRET}
operations:
  stock: {get: /stock, returns: {quantity: number, place: {type: text, required: false}}}
  order: {post: /orders, returns: {no: {type: text, value: reply.data.no}}}
events: {shipped: {when: event.ref == call.key, gives: {tracking: text}}}
"""


def supplier() -> connector.Connector:
    findings = Findings()
    (document,) = read(SUPPLIER, "supplier.yaml", findings)
    parsed = connector.parse(document.node, findings, "supplier")
    assert parsed is not None
    return connector.link(parsed, findings, Settings(ZoneInfo("UTC"), None))


CONNECTOR = supplier()
NAMES = AppNames(
    workflows={
        "repair": WorkflowNames(
            nodes={"assigned", "待接单", "travelling"},
            actions={"accept", "arrive"},
            signals={"supplier.shipped"},
            stages={"whole", "全程"},
            children={"parts_request"},
            values={"urgency", "elevator", "arrive"},
        ),
        "parts_request": WorkflowNames(nodes={"checking"}, values={"part"}),
    },
    notifications={"vip_alert", "please_accept"},
    fields={"employee": {"code", "roles"}, "elevator": {"code", "region", "history"}},
    roles={"technician", "dispatcher"},
    prints={"settlement_sheet"},
    operations={f"supplier.{name}": each.answer for name, each in CONNECTOR.operations.items()},
    events={f"supplier.{name}": each.answer for name, each in CONNECTOR.events.items()},
)

WHOLE = """\
scenario: 困人报修
given:
  now: "2026-03-02 09:00"
  rows:
    employee: [{code: zhang, roles: [technician]}]
  replies:
    supplier.stock: [{quantity: 2}, {slow: 7m, quantity: 2, place: 甲}, {refused: 冻结}, {slow: 7m}, {quantity: =example.n}]
    supplier.order: [{failed: timeout}, {failed: 500}, {raw: {data: {no: SO}}, slow: 1s}, {no: SO}]
steps:
  - submit: repair
    by: employee:zhang
    as: first
    with: {elevator: E001, position: [30.28, 120.15]}
    expect: {node: assigned, owner: employee:zhang, urgency.total: 10, sent: [vip_alert]}
  - {wait: 6m, expect: {sent: [please_accept], due: 9m}}
  - {act: accept, by: =owner, case: first, expect: {node: 待接单, actions: [arrive]}}
  - {at: "2026-03-02 12:00", expect: {owner: dispatcher}}
  - {signal: supplier.shipped, with: {tracking: "0012"}}
  - {receive: supplier.shipped, case: parts_request.2, with: {tracking: "0012"}, replies: {supplier.order: {no: X}}}
  - {wait: 1m, case: first, expect: {stage: [whole], called: [supplier.stock], printed: settlement_sheet}}
  - {wait: 1m, expect: {children: {parts_request: [{outcome: done, part: P1}, {node: checking}]}}}
  - {act: arrive, by: employee:zhang, expect: {refused: 距电梯, record: {"elevator:E001": {history.count: 1}}}}
"""


def told(text: str) -> tuple[tuple[Telling, ...], Findings]:
    findings = Findings()
    documents = read(text, "app.yaml", findings)
    found = tellings(documents[0], findings)
    for telling in found:
        check_scenario(telling.scenario, NAMES, findings)
    return found, findings


def parsed(text: str) -> tuple[Scenario | None, Findings]:
    found, findings = told(text)
    return (found[0].scenario if found else None), findings


def test_a_whole_scenario_is_read_without_a_word() -> None:
    """Every kind of step and expectation is read with its place; nothing is reported."""
    scenario, findings = parsed(WHOLE)
    assert [str(d) for d in findings] == []
    assert scenario is not None
    assert scenario.name == "困人报修"
    assert [s.kind for s in scenario.steps] == [
        *("submit", "wait", "act", "at", "signal", "receive", "wait", "wait", "act")
    ]
    assert [s.place.line for s in scenario.steps] == [10, 15, 16, 17, 18, 19, 20, 21, 22]
    assert {r.operation: [g.kind for g in r.given] for r in scenario.replies} == {
        "supplier.stock": ["values", "values", "refused", "values", "values"],
        "supplier.order": ["failed", "failed", "raw", "values"],
    }
    first, last = scenario.steps[0], scenario.steps[-1]
    assert first.values is not None
    assert first.values.as_typed() == {"elevator": "E001", "position": ["30.28", "120.15"]}
    assert [e.name for e in first.expect] == ["node", "owner", "urgency.total", "sent"]
    assert last.refusal is not None
    assert [str(e) for e in last.expect] == ["refused", "record elevator:E001 history.count"]


WRONG = [
    ("given: {now: yesterday}\nsteps: [{wait: 1m}]", "type-mismatch", 'found "yesterday"', ""),
    ("given: {rows: {elevatr: []}}\nsteps: [{wait: 1m}]", "unknown-name", 'entity "elevatr"', '"elevator"'),
    ("given: {rows: {elevator: [{kode: E1}]}}\nsteps: [{wait: 1m}]", "unknown-name", '"kode"', '"code"'),
    ("steps: []", "missing-key", "proves nothing", ""),
    ("steps: [{submitt: repair, by: employee:z}]", "unknown-key", '"submitt"', '"submit"'),
    ("steps: [{wait: 1m, at: '2026-01-01 09:00'}]", "type-mismatch", "one thing", ""),
    ("steps: [{by: employee:z}]", "missing-key", "does nothing", ""),
    ("steps: [{wait: 2 hour}]", "type-mismatch", '"2 hour"', ""),
    ("steps: [{wait: 2 business hours}]", "type-mismatch", "round the clock", ""),
    ("steps: [{submit: repair}]", "missing-key", '"by"', ""),
    ("steps: [{wait: 1m, by: employee:z}]", "unknown-key", '"by"', ""),
    ("steps: [{submit: repairs, by: employee:z}]", "unknown-name", 'workflow "repairs"', '"repair"'),
    ("steps: [{submit: repair, by: zhang}]", "type-mismatch", '"zhang"', ""),
    ("steps: [{submit: repair, by: employe:z}]", "unknown-name", 'entity "employe"', '"employee"'),
    ("steps: [{wait: 1m, expect: {refused: x}}]", "unknown-key", "never refused", ""),
    ("steps: [{wait: 1m, expect: {sent: [vip_alrt]}}]", "unknown-name", '"vip_alrt"', '"vip_alert"'),
    ("steps: [{wait: 1m, expect: {sent: {notification: vip_alrt}}}]", "unknown-name", '"vip_alrt"', '"vip_alert"'),
    ("steps: [{wait: 1m, expect: {sent: [{to: employee:z}]}}]", "missing-key", '"notification"', ""),
    ("steps: [{wait: 1m, expect: {sent: [{notification: vip_alert, to: z}]}}]", "type-mismatch", '"z"', ""),
    ("steps: [{wait: 1m, expect: {owner: technicain}}]", "unknown-name", '"technicain"', '"technician"'),
    ("steps: [{wait: 1m, expect: {record: {elevator: {code: x}}}}]", "type-mismatch", "ENTITY:KEY", ""),
    ('steps: [{wait: 1m, expect: {record: {"elevator:E1": {regoin: x}}}}]', "unknown-name", '"regoin"', '"region"'),
    ('steps: [{wait: 1m, expect: {due: "=now +"}}]', "bad-expression", "", ""),
]
GIVEN = [
    ("{suplier.stock: {quantity: 2}}", "unknown-name", 'operation "suplier.stock"', '"supplier.stock"'),
    ("{supplier.stock: {quantty: 2}}", "unknown-name", 'no field "quantty"', '"quantity"'),
    ("{supplier.stock: {quantity: many}}", "type-mismatch", "应为数字", ""),
    ("{supplier.stock: {}}", "type-mismatch", "缺少“quantity”", ""),
    ("{supplier.stock: []}", "missing-value", "answers nothing", "{}"),
    ("{supplier.stock: 2}", "wrong-kind", "found 2", "{quantity: 2}"),
    ("{supplier.stock: {failed: timout}}", "unknown-name", '"timout"', '"timeout"'),
    ("{supplier.stock: {failed: 200}}", "unknown-name", '"200"', ""),
    ("{supplier.stock: {refused: [a]}}", "wrong-kind", "in these words", "refused: "),
    ("{supplier.stock: {refused: 停产, quantity: 2}}", "unknown-key", '"quantity" says nothing beside', "slow"),
    ("{supplier.stock: {slow: 7, quantity: 2}}", "type-mismatch", 'found "7"', "slow: 7m"),
]
SUBMITTED = [
    ("{act: acept, by: employee:z}", "unknown-name", 'action "acept"', '"accept"'),
    ("{signal: supplier.shiped}", "unknown-name", 'event "supplier.shiped"', '"supplier.shipped"'),
    ("{wait: 1m, expect: {node: asigned}}", "unknown-name", 'node "asigned"', '"assigned"'),
    ("{wait: 1m, expect: {ownr: technician}}", "unknown-name", '"ownr"', '"owner"'),
    ("{wait: 1m, expect: {urgncy.total: 1}}", "unknown-name", '"urgncy"', '"urgency"'),
    ("{act: accept, by: employee:z, case: frst}", "unknown-name", '"frst"', '"first"'),
    ("{wait: 1m, case: part_request.2}", "unknown-name", '"part_request.2"', '"parts_request"'),
    ("{wait: 1m, expect: {stage: whol}}", "unknown-name", 'stage "whol"', '"whole"'),
    ("{wait: 1m, expect: {called: [supplier.stok]}}", "unknown-name", '"supplier.stok"', '"supplier.stock"'),
    ("{wait: 1m, expect: {printed: setlement_sheet}}", "unknown-name", "print", '"settlement_sheet"'),
    ("{wait: 1m, expect: {children: {parts_requst: 1}}}", "unknown-name", "child", '"parts_request"'),
    ("{wait: 1m, expect: {children: {parts_request: [{node: cheking}]}}}", "unknown-name", "node", '"checking"'),
    ("{wait: 1m, expect: {children: {parts_request: [{sent: [vip_alert]}]}}}", "unknown-key", "one child", "`case`"),
    ("{wait: 1m, expect: {children: {parts_request: many}}}", "type-mismatch", '"many"', "parts_request: 2"),
    ("{wait: 1m, expect: {children: 2}}", "type-mismatch", "by their workflow", ""),
    ("{wait: 1m, case: parts_request, expect: {node: asigned}}", "unknown-name", 'node "asigned"', ""),
    ("{receive: supplier.shiped}", "unknown-name", 'event "supplier.shiped"', '"supplier.shipped"'),
    ("{receive: supplier.shipped, with: {traking: X}}", "unknown-name", '"traking"', '"tracking"'),
    ("{receive: supplier.shipped}", "type-mismatch", "缺少“tracking”", ""),
    ("{receive: supplier.shipped, by: employee:z, with: {tracking: X}}", "unknown-key", '"by" says nothing', ""),
    ("{wait: 1m, replies: {supplier.stok: {}}}", "unknown-name", '"supplier.stok"', '"supplier.stock"'),
]


@pytest.mark.parametrize(("text", "code", "words", "help"), WRONG)
def test_a_mistake_is_told_with_a_way_out(text: str, code: str, words: str, help: str) -> None:
    """Unknown keys and names, misfits and contradictions are findings where they stand, not failures of a play."""
    _, findings = parsed(f"scenario: s\n{text}\n")
    assert [(d.code, words in d.message, help in d.help) for d in findings] == [(code, True, True)]


@pytest.mark.parametrize(("step", "code", "words", "help"), SUBMITTED)
def test_names_are_those_of_the_workflow_at_hand(step: str, code: str, words: str, help: str) -> None:
    """After a submit, actions, nodes, events and values are looked for in its workflow."""
    text = f"scenario: s\nsteps:\n  - {{submit: repair, by: employee:z, as: first}}\n  - {step}\n"
    _, findings = parsed(text)
    assert [(d.code, d.place.line, words in d.message, help in d.help) for d in findings] == [(code, 4, True, True)]


@pytest.mark.parametrize(("replies", "code", "words", "help"), GIVEN)
def test_what_a_system_cannot_say_is_told(replies: str, code: str, words: str, help: str) -> None:
    """Operations and fields that there are not, values that do not fit, failures that are none."""
    _, findings = parsed(f"scenario: s\ngiven: {{replies: {replies}}}\nsteps: [{{wait: 1m}}]\n")
    assert [(d.code, d.place.line, words in d.message, help in d.help) for d in findings] == [(code, 2, True, True)]


TABLE = """\
scenario: s
examples:
  - {workflow: repair, fault: 困人, node: assigned, wait: 1m}
  - {workflow: repair, node: travelling, wait: 2m}
steps:
  - {submit: =example.workflow, by: employee:z, with: {fault_type: =example.fault}}
  - {wait: =example.wait, expect: {node: =example.node, urgency.total: "=example.fault == '困人' ? 5 : 0"}}
"""


def test_a_table_makes_a_story_for_each_row() -> None:
    """The row's own nodes stand in the steps, of whatever sort; what a row does not say is empty."""
    found, findings = told(TABLE)
    assert [str(d) for d in findings] == []
    assert [(t.name, t.example) for t in found] == [
        (
            "s #1 (repair, 困人, assigned, 1m)",
            {"workflow": "repair", "fault": "困人", "node": "assigned", "wait": "1m"},
        ),
        ("s #2 (repair, travelling, 2m)", {"workflow": "repair", "node": "travelling", "wait": "2m"}),
    ]
    one, two = (t.scenario.steps for t in found)
    assert (one[0].subject.typed, one[1].subject.typed, two[1].subject.typed) == ("repair", "1m", "2m")
    assert one[0].values is not None
    assert two[0].values is not None
    assert (one[0].values.as_typed(), two[0].values.as_typed()) == ({"fault_type": "困人"}, {"fault_type": None})


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "words", "help"),
    [
        ("node: travelling", "node: traveling", "unknown-name", 4, '"traveling"', '"travelling"'),
        ("wait: 2m", "wait: 2 minuts", "type-mismatch", 4, '"2 minuts"', ""),
        ("{node: =example.node,", "{node: =example.nod,", "unknown-name", 7, 'column "nod"', '"node"'),
        ("=example.fault == '困人'", "=example.fualt == '困人'", "unknown-name", 7, 'column "fualt"', '"fault"'),
        ("  - {workflow: repair, node: travelling, wait: 2m}", "  - travelling", "wrong-kind", 4, "a row", ""),
    ],
)
def test_a_mistake_in_a_table_is_told_where_it_stands(
    old: str, new: str, code: str, line: int, words: str, help: str
) -> None:
    """A wrong cell at the cell, once however often it is used; a wrong column where it is asked for."""
    assert old in TABLE
    _, findings = told(TABLE.replace(old, new))
    assert [(d.code, d.place.line, words in d.message, help in d.help) for d in findings] == [(code, line, True, True)]


def test_an_empty_table_is_a_mistake() -> None:
    """A story that would never be played is told."""
    found, findings = told("scenario: s\nexamples: []\nsteps: [{wait: 1m}]\n")
    assert found == ()
    assert [d.code for d in findings] == ["missing-value"]


def test_the_tables_of_keys_agree() -> None:
    """Each verb is a key of a step, what stands beside one is too, and every expectation has its judge or is a path."""
    keys = {key.name for key in STEP_KEYS}
    assert BESIDE.keys() == set(VERBS)
    assert set(VERBS) | frozenset().union(*BESIDE.values()) == keys
    assert {key.name for key in EXPECT_KEYS} == OF_THE_CASE

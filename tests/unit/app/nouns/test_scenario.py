"""How a scenario is read, and what is said about one that cannot be played."""

from __future__ import annotations

import pytest

from flowkit.app.nouns.scenario import Scenario, parse_scenario
from flowkit.app.nouns.scenario_names import AppNames, WorkflowNames, check_scenario
from flowkit.diagnostics import Findings
from flowkit.source.reading import read

NAMES = AppNames(
    workflows={
        "repair": WorkflowNames(
            nodes={"assigned", "待接单", "travelling"},
            actions={"accept", "arrive"},
            signals={"supplier.shipped"},
            values={"urgency", "elevator", "arrive"},
        )
    },
    notifications={"vip_alert", "please_accept"},
    fields={"employee": {"code", "roles"}, "elevator": {"code", "region", "history"}},
    roles={"technician", "dispatcher"},
)

WHOLE = """\
scenario: 困人报修
given:
  now: "2026-03-02 09:00"
  rows:
    employee: [{code: zhang, roles: [technician]}]
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
  - {act: arrive, by: employee:zhang, expect: {refused: 距电梯, record: {"elevator:E001": {history.count: 1}}}}
"""


def parsed(text: str) -> tuple[Scenario | None, Findings]:
    findings = Findings()
    documents = read(text, "app.yaml", findings)
    scenario = parse_scenario(documents[0], findings)
    if scenario is not None:
        check_scenario(scenario, NAMES, findings)
    return scenario, findings


def test_a_whole_scenario_is_read_without_a_word() -> None:
    """Every kind of step and expectation is read with its place; nothing is reported."""
    scenario, findings = parsed(WHOLE)
    assert [str(d) for d in findings] == []
    assert scenario is not None
    assert scenario.name == "困人报修"
    assert [s.kind for s in scenario.steps] == ["submit", "wait", "act", "at", "signal", "act"]
    assert [s.place.line for s in scenario.steps] == [7, 12, 13, 14, 15, 16]
    first, last = scenario.steps[0], scenario.steps[-1]
    assert first.values is not None
    assert first.values.as_typed() == {"elevator": "E001", "position": ["30.28", "120.15"]}
    assert [e.name for e in first.expect] == ["node", "owner", "urgency.total", "sent"]
    assert last.refusal is not None
    assert [str(e) for e in last.expect] == ["refused", "record elevator:E001 history.count"]


WRONG = [
    ("given: {now: yesterday}\nsteps: [{wait: 1m}]", "type-mismatch", 'found "yesterday"', ""),
    ("given: {replies: {}}\nsteps: [{wait: 1m}]", "not-yet", "`replies` yet", ""),
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
    ("steps: [{wait: 1m, expect: {owner: technicain}}]", "unknown-name", '"technicain"', '"technician"'),
    ("steps: [{wait: 1m, expect: {record: {elevator: {code: x}}}}]", "type-mismatch", "ENTITY:KEY", ""),
    ('steps: [{wait: 1m, expect: {record: {"elevator:E1": {regoin: x}}}}]', "unknown-name", '"regoin"', '"region"'),
    ('steps: [{wait: 1m, expect: {due: "=now +"}}]', "bad-expression", "", ""),
]
SUBMITTED = [
    ("{act: acept, by: employee:z}", "unknown-name", 'action "acept"', '"accept"'),
    ("{signal: supplier.shiped}", "unknown-name", 'event "supplier.shiped"', '"supplier.shipped"'),
    ("{wait: 1m, expect: {node: asigned}}", "unknown-name", 'node "asigned"', '"assigned"'),
    ("{wait: 1m, expect: {ownr: technician}}", "unknown-name", '"ownr"', '"owner"'),
    ("{wait: 1m, expect: {urgncy.total: 1}}", "unknown-name", '"urgncy"', '"urgency"'),
    ("{act: accept, by: employee:z, case: frst}", "unknown-name", '"frst"', '"first"'),
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

"""The keys of a workflow and of what stands in it, each declared once: closed keys, schemas and the reference come from here."""

from __future__ import annotations

from dataclasses import replace

from flowkit.source.keys import Key

WORKFLOW_KEYS = (
    Key("title", "words", "what people see instead of the name", example="维修工单"),
    Key("from", "any", "the form a case begins with, by name or written out", example="repair_report"),
    Key("unit", "setting", "the unit a case belongs to", example="=elevator.region"),
    Key(
        "who",
        "names",
        "the roles whose people may begin one, `customers` for outsiders; without it everybody who is known; [] for nobody: only "
        "other cases and schedules begin one",
        example="[dispatcher, customers]",
    ),
    Key(
        "number",
        "template",
        "the number people read; without it the case's own id",
        example="WX{{ date }}-{{ sequence(4) }}",
    ),
    Key("fields", "mapping", "fields of the workflow's own", example="{flag: text}"),
    Key("nodes", "mapping", "the places a case can be at; the first is where it begins", required=True),
    Key(
        "stages",
        "mapping",
        "named sets of nodes with clocks and exits of their own",
        example="{whole: {nodes: all, timeouts: [{after: 24h, escalate: manager}]}}",
    ),
)
STAGE_KEYS = (
    Key("title", "words", "what people see instead of the name", example="全程"),
    Key(
        "nodes",
        "any",
        "its nodes: `all`, a list, or {not: […]}",
        required=True,
        example="{not: [settlement, archived]}",
    ),
    Key("actions", "mapping", "what can be done at each of them", example="{cancel: {who: applicant, to: cancelled}}"),
    Key("events", "mapping", "what is listened to at each of them", example="{recalled: {to: cancelled}}"),
    Key(
        "timeouts",
        "sequence",
        "deadlines that run from entering the set until it is left",
        example="[{after: 24h, escalate: manager}]",
    ),
)
STAGE_NODES_KEYS = (Key("not", "names", "all nodes but these", required=True, example="[settlement, archived]"),)
NODE_KEYS = (
    Key("title", "words", "what people see instead of the name", example="待接单"),
    Key(
        "progress",
        "words",
        "what customers read while a case is here; where one node has it, nodes without it are no step of theirs",
        example="维修员在路上",
    ),
    Key("do", "any", "what happens on entering, in order", example="[{score: urgency}]"),
    Key(
        "next",
        "any",
        "a route: the first way whose `when` holds is taken",
        example="[{when: urgency.total >= 7, to: vip}, {to: assigned}]",
    ),
    Key("owner", "any", "who must act (who)", example="{dispatch: repair_crew}"),
    Key("not", "any", "who is not to be asked here (who)", example="=assigned.owner"),
    Key("actions", "mapping", "what the owner can do", example="{accept: {title: 接单, to: travelling}}"),
    Key("events", "mapping", "what is waited for from outside", example="{delivered: {to: arrived}}"),
    Key("timeouts", "sequence", "deadlines, and what happens then", example="[{after: 30m, reassign: ROLE}]"),
    Key(
        "run",
        "mapping",
        "children it waits for",
        example="{workflow: parts_request, each: part_list.lines, with: {part: =row.part}}",
    ),
    Key("call", "name", "an operation of an outside system that is waited for", example="erp.stock"),
    Key(
        "with", "any", "beside `call`: what goes along, written out, or a mapping's name", example="{part: =part.code}"
    ),
    Key("within", "setting", "beside `call`: how long its answer is waited for", example="5m"),
    Key("save", "name", "beside `call`: the name under which the answer stands", example="stock"),
    Key("failed", "mapping", "beside `call`: the way when it fails or does not answer (exit)", example="{to: review}"),
    Key(
        "approval",
        "mapping",
        "people must sign here: who, and by which rule",
        example="{by: [head_nurse, {everyone: board}], sign: all, otherwise: equipment_head}",
    ),
    Key("approved", "mapping", "beside `approval`: the way when it is approved (exit)", example="{to: bought}"),
    Key("rejected", "mapping", "beside `approval`: the way when it is rejected (exit)", example="{to: refused}"),
    Key(
        "returned",
        "mapping",
        "beside `approval`: the way back (exit); without `to` the person chooses among the nodes gone through",
        example="{to: drafting}",
    ),
    Key("clock", "name", "`paused`: the clocks of the stages stand still here", example="paused"),
    Key("end", "name", "the case ends here: done, rejected or cancelled", example="done"),
)
EXIT_KEYS = (
    Key("title", "words", "what people see instead of the name", example="接单"),
    Key("who", "any", "who may use it instead of the owner (who)", example="applicant"),
    Key("not", "any", "beside `who`: not these; alone: not to be asked at the next node", example="owner"),
    Key("when", "expression", "when it is offered", example="打卡.done"),
    Key("form", "any", "what is filled in, by name or written out", example="{reason: text}"),
    Key(
        "checks",
        "sequence",
        "what must hold, with the words when it does not",
        example="[{require: arrive.distance <= 200, message: 太远}]",
    ),
    Key("edit", "names", "earlier fields that may be corrected", example="[fault_type]"),
    Key("do", "any", "what happens, in order", example="[{notify: on_the_way}]"),
    Key(
        "to", "any", "where it leads: a node, or a list of {when, to}; without it the case stays", example="travelling"
    ),
)
DIRECT_KEYS = (
    Key("score", "any", "evaluate a scorecard", example="urgency"),
    Key("decide", "any", "evaluate a decision table", example="response"),
    Key("set", "mapping", "set fields of the case", example="{flag: red}"),
    Key("record", "setting", "change a record, with set or add", example="=elevator"),
    Key("add", "mapping", "beside `record`: a row for one of its fields", example="{history: {at: =now}}"),
    Key("each", "expression", "do it once for each row", example="part_list.lines"),
    Key("notify", "any", "send a notification, by name or written out", example="vip_alert"),
    Key("print", "any", "file a page, by name or written out", example="settlement_sheet"),
    Key(
        "start",
        "mapping",
        "begin another case and go on",
        example="{workflow: service_visit, with: {elevator: =elevator}}",
    ),
    Key("reassign", "any", "the owner changes (who)", example="ROLE"),
    Key("escalate", "any", "these may act too, and are told (who)", example="service_manager"),
)
"""What may also stand in an exit directly, which has a `when` of its own."""
VERB_KEYS = (
    Key("when", "expression", "do it only if this holds; with `each`, for which rows", example="not empty(vehicle)"),
    *DIRECT_KEYS,
)
TIMEOUT_KEYS = (
    *EXIT_KEYS,
    Key("after", "setting", "how long after entering; it keeps up with the fields it reads", example="30m"),
    Key("at", "setting", "at which moment; it keeps up with the fields it reads", example="=postpone.until"),
    Key("repeat", "integer", "how many times more; of several missed at once one is sent", example="3"),
    Key("every", "setting", "how long between repetitions; without it as long as `after`", example="1d"),
    Key("urgent", "boolean", "whether a reminder comes in quiet hours too", example="true"),
)
ROUTE_KEYS = (
    Key("when", "expression", "when this way is taken; without it always", example="urgency.total >= 7"),
    Key("to", "name", "the node it leads to", required=True, example="vip"),
)
RUN_KEYS = (
    Key("workflow", "name", "what is begun", required=True, example="parts_request"),
    Key("each", "expression", "one for each of these rows; without it one", example="part_list.lines"),
    Key("when", "expression", "for which rows", example="row.result <> 'done'"),
    Key(
        "with",
        "any",
        "what the child's fields are filled with: written out, or a mapping's name",
        example="{part: =row.part}",
    ),
    Key("applicant", "any", "for whom it is begun (who, one person); without it who acted", example="applicant"),
    Key(
        "back",
        "mapping",
        "what an ended child fills: columns of its row or, without `each`, fields of the case",
        example="{result: =outcome}",
    ),
    Key("join", "scalar", "all (default), any, in_turn, or how many must have ended", example="all"),
    Key("children", "name", "what leaving does to those still open: cancel (default) or keep", example="keep"),
)
START_KEYS = (
    Key("workflow", "name", "what is begun", required=True, example="service_visit"),
    Key(
        "with",
        "any",
        "what its fields are filled with: written out, or a mapping's name",
        example="{elevator: =elevator}",
    ),
    Key("applicant", "any", "for whom it is begun (who, one person); without it who acted", example="applicant"),
)
APPROVAL_KEYS = (
    Key(
        "by",
        "any",
        "who signs (who), one signature an entry: a role is one, {everyone: ROLE} one of each of its people",
        required=True,
        example="[head_nurse, {everyone: board}]",
    ),
    Key("sign", "any", "the rule: all (default), any, in_turn, or {vote: 0.6}", example="in_turn"),
    Key("otherwise", "any", "who signs what nobody was found for (who)", example="equipment_head"),
    Key(
        "self",
        "name",
        "the applicant is to sign: manager (default: his manager instead), skip or allow",
        example="skip",
    ),
    Key("repeated", "name", "who has approved before: ask (default) or carry, he is not asked again", example="carry"),
    Key(
        "allow",
        "names",
        "what those who sign may do besides: hand_over, delegate, add, take_back, urge; without it all",
        example="[hand_over, delegate]",
    ),
)
VOTE_KEYS = (
    Key("vote", "scalar", "the least share of approvals among all who are asked", required=True, example="0.6"),
)
SIGNS = ("all", "any", "in_turn")
OWN = ("manager", "skip", "allow")
REPEATED = ("ask", "carry")
ALLOWED = ("hand_over", "delegate", "add", "take_back", "urge")
"""What `allow` of an approval may name."""
JOINS = ("all", "any", "in_turn")
WHO_KEYS = (
    Key("dispatch", "any", "a dispatch, by name or written out", example="repair_crew"),
    Key("everyone", "name", "each of the people of a role, one by one: of `by` one signature each", example="board"),
    Key("role", "name", "the people of a role, as a pool", example="inspector"),
    Key("not", "any", "whom that leaves out (who)", example="applicant"),
)
SIGNER_KEYS = (
    Key("who", "any", "one signature of these (who)", example="finance"),
    *(
        replace(key, kind="any", help=f"{key.help}; or an =expression") if key.name == "everyone" else key
        for key in WHO_KEYS
    ),
    Key("when", "expression", "for which cases it is asked for; without it all", example="amount > 2000"),
)

LATER = {
    "workflow": ("duplicate",),
    "exit": ("recognise",),
    "verb": ("recognise", "expect", "save", "call"),
}
"""Keys of the language that this version answers with "does not know it yet"."""

OUTCOMES = ("done", "rejected", "cancelled")

"""Whatever is done to an approval in whatever order, nobody is lost and nothing passes unsigned; and each check can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flowkit.app.app import App
from flowkit.engine import acting
from flowkit.engine import apply as folding
from flowkit.engine.acting import acting_for
from flowkit.engine.approval import asking, changes, deciding, mine, passing, rules
from flowkit.engine.approval.rules import Rule
from flowkit.engine.approval.sheet import ANSWERED, UNANSWERED, Seat, Sheet
from flowkit.engine.case import stopped, tasks
from flowkit.engine.definition import Approval
from flowkit.engine.facts import Facts
from flowkit.engine.operations import adding, claiming, signing
from flowkit.engine.operations.table import OPERATIONS
from flowkit.engine.operations.taking_back import TAKE_BACK
from flowkit.engine.substitutes import Substitutes, Substitution
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import RefusedError
from tests.acceptance.approvals.script import PEOPLE, actor, app_with
from tests.unit.engine.shop import START, Business

OFTEN = ("同意", "转办", "委派", "加签", "加签", "减签", "认领")
ANY = ("同意", "拒绝", "退回", "转办", "委派", "加签", "减签", "拿回", "认领", "释放", "提交", "办完", "重审")
ASKED, LAST = st.integers(0, 5), st.just(-1)
"""One of those who are asked, by his place among them; whoever did something last."""
WHOM = st.sampled_from(PEOPLE)
"""Anybody; 回 is whoever has given it away before, 末 the last of those who are to sign."""
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(OFTEN), ASKED, WHOM, st.integers(0, 3)),
        st.tuples(st.sampled_from(OFTEN), ASKED, WHOM, st.integers(0, 3)),
        st.tuples(st.sampled_from(ANY), st.one_of(ASKED, st.sampled_from(PEOPLE)), WHOM, st.integers(0, 3)),
        st.tuples(st.sampled_from(("拿回", "减签", "重审", "提交")), LAST, WHOM, st.just(0)),
        st.tuples(st.sampled_from(("退回", "拒绝")), ASKED, WHOM, st.integers(0, 3)),
        st.tuples(st.just("减签"), st.just("老板"), st.one_of(st.just("末"), WHOM), st.just(0)),
        st.tuples(st.sampled_from(("转办", "委派")), ASKED, st.just("回"), st.just(0)),
        st.tuples(st.sampled_from(("送回", "提交")), st.just("陈"), WHOM, st.just(0)),
        st.tuples(st.just("移交"), st.just("老板"), WHOM, st.integers(0, 3)),
        st.tuples(st.just("过"), st.none(), st.just(""), st.integers(1, 60)),
    ),
    min_size=5,
    max_size=30,
)
APPROVALS = st.fixed_dictionaries(
    {
        "by": st.lists(st.integers(0, 8), min_size=1, max_size=4),
        "rule": st.one_of(
            st.sampled_from([Rule("all"), Rule("any"), Rule("in_turn")]),
            st.sampled_from([Fraction(1, 2), Fraction(3, 5), Fraction(2, 3), Fraction(1)]).map(
                lambda s: Rule("vote", s)
            ),
        ),
        "own": st.sampled_from(["manager", "skip", "allow"]),
        "carry": st.booleans(),
        "allow": st.sets(st.sampled_from(["hand_over", "delegate", "add", "take_back", "urge"]), min_size=3).map(
            frozenset
        ),
    }
)
STANDING_IN = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=2)
WHERES = ("before", "after", "beside")
NODES = ("起草", "部门", "审批", "办理")


WORKFLOW = """
起草: {actions: {提交: {edit: [金额, 自选], to: 部门}, 送回: {to: back}}}
部门:
  approval: {by: 甲, otherwise: 老板}
  approved: {to: 审批}
  rejected: {to: 未通过}
  returned: {to: 起草}
  timeouts: [{after: 10d, escalate: 老板}]
审批:
  approval:
    by: [甲, 乙, 丙, 采购, {everyone: 采购}, =applicant, manager, {who: 乙, when: 金额 > 2000}, 空岗]
    otherwise: 老板
  returned: {}
  timeouts: [{after: 20h, escalate: 戊}, {after: 40h, reassign: [丁, 员工组]}, {after: 10d, to: 未通过}]
办理: {actions: {办完: {to: 完成}, 重审: {to: 审批}}}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return app_with(yaml.safe_load(WORKFLOW), tmp_path_factory.mktemp("any"))


@dataclass
class Told:
    """What an observer who keeps his own books knows of the present visit."""

    node: str = ""
    answers: int = 0
    moved: tuple[str, Any, tuple[str, ...]] | None = None
    signed: set[str] = field(default_factory=set)
    first: dict[int, str] = field(default_factory=dict)
    """By seat, who was the first to delegate it."""


class Office(Business):
    """One case, played step by step; after each step all that must hold is looked at."""

    def __init__(self, app: App, wanted: Mapping[str, Any], standing_in: list[tuple[str, str]]) -> None:
        super().__init__(app, "申请单")
        nodes = self.workflow.nodes
        approval = nodes["审批"].approval
        assert approval is not None
        self.approval: Approval = replace(
            approval, **{**wanted, "by": tuple(approval.by[n % len(approval.by)] for n in wanted["by"])}
        )
        node = replace(nodes["审批"], approval=self.approval)
        machine = self.workflow.machine
        self.workflow = replace(self.workflow, nodes={**nodes, "审批": node})
        # The ways on are the same: what takes longest to build is built once.
        self.workflow.__dict__["machine"] = machine
        pairs = [(actor(a), actor(b)) for a, b in standing_in if a != b]
        day = timedelta(days=1000)
        self.substitutes = Substitutes.of(
            Substitution(str(n), a, b, START - day, START + day) for n, (a, b) in enumerate(pairs)
        )
        self.records = {("record", e, k): row for e, rows in app.rows.items() for k, row in rows.items()}
        self.staff = replace(app.people(app.rows), substitutes=self.substitutes)
        self.told = Told(node="起草")
        self.submit(actor("陈"), 金额="100", 科目="差旅")
        self.step("提交", "陈", "", 0)
        self.step("同意", "甲", "", 0)

    def facts(self, got: dict[Any, Any]) -> Facts:
        return Facts(self.staff, got)

    @property
    def world(self) -> World:
        return World(self.workflow, self.case, self.facts(self.records), self.now)

    # --- steps ---------------------------------------------------------------------------------------------------

    def step(self, verb: str, who: int | str | None, whom: str, number: int) -> None:
        if verb == "过":
            before = len(self.events)
            self.wait(timedelta(hours=number))
            if any(event.kind == "entered" for event in self.events[before:]):
                self.told.moved = None
            for event in self.events[before:]:
                self._delegations(event, None)
                self._count(event)
            return self.look()
        asked = people(self.case.owner, self.world)
        seats = self.case.sheet.seats if self.case.sheet is not None else ()
        if whom == "回":
            whom = next((person for seat in seats for person in seat.passed), actor("丁")).partition(":")[2]
        if whom == "末":
            left = [p for seat in seats if seat.state in UNANSWERED for p in people(seat.holders, self.world)]
            whom = (left or [actor("丁")])[-1].partition(":")[2]
        if who == -1:
            by = next(event.by for event in reversed(self.events) if event.by != "system:timer")
        else:
            by = actor(who) if isinstance(who, str) else asked[(who or 0) % len(asked)] if asked else actor("老板")
        action, values = self._action(verb, whom, number)
        count, sheet, owner = len(self.events), self.case.sheet, self.case.owner
        case = self.case
        try:
            self.act(action, by, **values)
        except RefusedError:
            assert self.case is case
            assert len(self.events) == count
            return None
        self._keep_books(self.events[count:], by, sheet, owner)
        return self.look()

    def _action(self, verb: str, whom: str, number: int) -> tuple[str, dict[str, Any]]:
        match verb:
            case "转办" | "委派":
                return verb, {"to": actor(whom)}
            case "加签":
                return verb, {"who": [actor(whom)], "where": WHERES[number % 3]}
            case "移交":
                held = self.case.owner or (actor("丁"),)
                return verb, {"from": held[number % len(held)], "to": actor(whom), "reason": "调岗"}
            case "减签":
                return verb, {"who": actor(whom)}
            case "退回":
                return verb, {"to": NODES[number % 4]} if self.case.node == "审批" else {}
        return verb, {}

    def _keep_books(self, events: list[Any], by: str, sheet: Sheet | None, owner: tuple[str, ...]) -> None:
        """What a command has done, as an observer writes it down."""
        told, data = self.told, {event.kind: event.data for event in events}
        if "taken_back" in data:
            assert told.moved is not None, "something was taken back, and nobody had moved"
            who, before, owned = told.moved
            assert who == by, "somebody takes back what another did"
            assert self.case.sheet == before, "it is not as it was before the move that was taken back"
            assert set(self.case.owner) == set(owned) or before is None
        moves = {"acted", "signed", "advised", "handed_over", "delegated", "concluded"} & data.keys()
        if "replaced" not in data:
            told.moved = (by, sheet, owner) if moves and not {"signers_added", "signer_removed"} & data.keys() else None
        for event in events:
            self._delegations(event, sheet)
            self._count(event)
        for kind in ("handed_over", "delegated"):
            if kind in data:
                assert self.case.owner.count(data[kind]["to"]) == 1, "it was given to somebody who is not asked"

    def _delegations(self, event: Any, sheet: Sheet | None) -> None:
        """Whoever it was delegated to does not sign, and it goes back to the first who delegated it."""
        first, seats = self.told.first, event.data.get("seats", ())
        match event.kind:
            case "delegated":
                for seat in seats:
                    first.setdefault(seat["id"], event.data["from"])
            case "advised":
                for seat in seats:
                    assert first.pop(seat["id"]) == event.data["to"], "it does not return to the first who delegated it"
            case "signed":
                answered = [seat["id"] for seat in seats if seat["state"] in ANSWERED]
                assert not first.keys() & set(answered), "a delegate has signed"
            case "asked" | "reassigned":
                first.clear()
            case "replaced":
                of, to = event.data["from"], event.data["to"]
                first.update({id_: to if who == of else who for id_, who in first.items()})
                for seat in seats:
                    if not seat.get("back_to"):
                        first.pop(seat["id"], None)
            case "taken_back":
                first.clear()
                first.update({seat.id: seat.back_to for seat in self.case.sheet or () if seat.back_to})

    def _count(self, event: Any) -> None:
        told, data = self.told, event.data
        match event.kind:
            case "entered":
                told.node = data["node"]
            case "asked":
                told.answers = sum(seat["state"] in ANSWERED for seat in data["sheet"])
            case "signed":
                told.answers += sum(seat["state"] in ANSWERED for seat in data["seats"])
                if data["answer"] == "approved":
                    told.signed.add(data.get("for", event.by))
            case "carried":
                told.answers += 1
                assert data["who"] in told.signed, "an approval is carried that nobody has given"
            case "taken_back" if data["here"]:
                told.answers = sum(seat["state"] in ANSWERED for seat in data["sheet"])
            case "concluded" if data["outcome"] == "returned":
                told.signed.clear()
            case "concluded":
                self._fair(data)

    def _fair(self, data: Mapping[str, Any]) -> None:
        """Whether the outcome is that of the sign rule, counted once more."""
        yes, no, asked = data["approvals"], data["rejections"], data["asked"]
        approval = self.workflow.nodes[self.told.node].approval
        assert approval is not None
        assert yes + no == self.told.answers, "answers are counted that nobody gave"
        approved, rule = data["outcome"] == "approved", approval.rule
        assert yes > 0 or not approved, "it is approved, and nobody has signed"
        if rule.kind == "vote":
            assert approved == (Fraction(yes, asked) >= rule.share), "the vote is miscounted"
        elif rule.kind == "any":
            assert approved == (no == 0), "one has rejected, and it is approved; or the other way round"
        else:
            assert approved == (yes == asked and no == 0), "not everybody has approved, or somebody rejected"

    # --- what must hold --------------------------------------------------------------------------------------------

    def look(self) -> None:
        case, world = self.case, self.world
        signs = [task for task in tasks(case) if task.kind == "sign"]
        if case.sheet is None or case.ended or stopped(case):
            assert case.sheet is not None or not signs
            assert not case.ended or not signs, "it has ended, and somebody is asked"
            return
        sheet = case.sheet
        own = self.workflow.nodes[case.node].approval
        assert own is not None, "people are asked where nothing is to be signed"
        assert sheet.open, "it is not decided, and nobody is asked"
        assert not rules.verdict(sheet, own.rule), "it is decided, and people are asked all the same"
        asked = {holder for seat in sheet.open for holder in seat.holders}
        assert sorted(task.holder for task in signs) == sorted(asked), "not the tasks it asks for"
        given = sum(seat.state in ANSWERED for seat in sheet)
        assert given == self.told.answers, "an answer was lost, or is counted twice"
        for seat in sheet.open:
            self._may_be_signed(seat, world)
        for seat in sheet:
            assert len({*seat.passed}) == len(seat.passed), "it goes round in a ring"
            assert own.own == "allow" or actor("陈") not in (seat.by, seat.behalf), "the applicant has signed"

    def _may_be_signed(self, seat: Seat, world: World) -> None:
        able = [p for p in people(seat.holders, world) if acting_for(p, seat.holders, world)]
        assert able, "nobody may sign what is asked for"
        for person in able:
            found = mine.mine(world, person)
            assert not isinstance(found, RefusedError), f"{person} is asked and may not answer: {found}"
        if seat.back_to:
            assert seat.back_to in seat.passed, "what was delegated has nobody to return to"


def live(
    app: App, approval: Mapping[str, Any], standing_in: list[tuple[str, str]], steps: list[tuple[Any, ...]]
) -> None:
    """One life of a case, and then its end: whoever is asked approves until it is decided."""
    office = Office(app, approval, standing_in)
    for each in steps:
        office.step(*each)
    for _ in range(60):
        if office.case.sheet is None or office.case.ended or stopped(office.case):
            assert office.history_folds(), "the history does not tell of the case"
            return
        before = office.case.sequence
        office.step("同意", 0, "", 0)
        assert office.case.sequence > before, "who is asked first may not answer"
    raise AssertionError("it comes to no end, although everybody who is asked approves")


USUAL = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
UNTIL_FOUND = settings(USUAL, max_examples=3000, database=None, derandomize=True, phases=[Phase.generate])


@USUAL
@given(approval=APPROVALS, standing_in=STANDING_IN, steps=STEPS)
def test_nobody_is_lost_and_nothing_passes_unsigned(app: App, approval: Any, standing_in: Any, steps: Any) -> None:
    """250 approvals of any kind, each with up to 30 operations by anybody: all holds that `Office` looks at."""
    live(app, approval, standing_in, steps)


@pytest.mark.long
@settings(USUAL, max_examples=10_000)
@given(approval=APPROVALS, standing_in=STANDING_IN, steps=STEPS)
def test_for_longer(app: App, approval: Any, standing_in: Any, steps: Any) -> None:
    """10,000 of them."""
    live(app, approval, standing_in, steps)


# --- each check can fail -----------------------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch


def turns_forgotten(patch: Patch) -> None:
    def answered(sheet: Sheet, ids: Any, answer: Any, by: str, at: str, opinion: str = "", behalf: str = "") -> Sheet:
        return sheet.with_seats(replace(sheet[id_], state=answer, by=by, at=at, behalf=behalf) for id_ in ids)

    patch.setattr(signing, "answered", answered)


def all_done_passes(patch: Patch) -> None:
    """What a public engine did: nobody is waited for any more, so it passes, whatever they answered."""

    def careless(sheet: Sheet, rule: Rule) -> str:
        return "" if any(seat.state in UNANSWERED for seat in sheet) else "approved"

    patch.setattr(deciding, "verdict", careless)


def rejections_overheard(patch: Patch) -> None:
    def deaf(sheet: Sheet, rule: Rule) -> str:
        if rule.kind == "all" and sheet.number("approved") and not any(seat.state in UNANSWERED for seat in sheet):
            return "approved"
        return "" if rule.kind == "all" and sheet.number("approved") else rules.verdict(sheet, rule)

    patch.setattr(deciding, "verdict", deaf)


def votes_rounded(patch: Patch) -> None:
    def rounded(sheet: Sheet, rule: Rule) -> str:
        wanted = max(1, int(rule.share * len(sheet.live)))
        enough = rule.kind == "vote" and sheet.number("approved") >= wanted
        return "approved" if enough else rules.verdict(sheet, rule)

    patch.setattr(deciding, "verdict", rounded)


def delegates_sign(patch: Patch) -> None:
    def given(world: World, by: str) -> mine.Mine:
        found = mine.given(world, by)
        return replace(found, seat=replace(found.seat, back_to=""))

    patch.setattr(signing, "given", given)


def delegations_return_to_the_last(patch: Patch) -> None:
    def passed(sheet: Sheet, ids: Any, by: str, to: str, *, back: bool) -> Sheet:
        new = changes.passed(sheet, ids, by, to, back=back)
        return new.with_seats(replace(new[id_], back_to=by) for id_ in ids) if back else new

    patch.setattr(passing, "passed", passed)


def rings_allowed(patch: Patch) -> None:
    def cannot(world: World, here: mine.Mine, to: str, by: str) -> RefusedError | None:
        refused = mine.cannot_receive(world, here, to, by)
        return None if refused is not None and refused.code == "ring" else refused

    patch.setattr(passing, "cannot_receive", cannot)


def applicants_sign(patch: Patch) -> None:
    for module in (acting, asking, mine):
        patch.setattr(module, "barred", lambda actor, world: False)
    patch.setattr(asking._Asking, "_without", property(lambda self: self.left_out))


def the_removed_waited_for(patch: Patch) -> None:
    patch.setattr(adding, "removed", lambda sheet, id_: sheet.changed(id_, state="removed"))


def removals_not_judged(patch: Patch) -> None:
    patch.setattr(adding, "_go_on", lambda draft, before: None)


def sheets_survive_leaving(patch: Patch) -> None:
    real = folding.on_the_way
    patch.setattr(folding, "on_the_way", lambda case, node, data: {**real(case, node, data), "sheet": case.sheet})


def old_signatures_valid(patch: Patch) -> None:
    real = folding.on_the_way
    patch.setattr(folding, "on_the_way", lambda case, node, data: {**real(case, node, data), "signed": case.signed})


def hand_overs_not_folded(patch: Patch) -> None:
    patch.setattr(folding, "_FOLDS", {**folding._FOLDS, "handed_over": lambda case, event, data: {}})


def taken_back_by_half(patch: Patch) -> None:
    real = folding.last_move

    def half(case: Any, event: Any, changed: Any) -> Any:
        last, sheet = real(case, event, changed), changed.get("sheet")
        return {**last, "sheet": sheet.as_json()} if last and sheet and event.kind == "signed" else last

    patch.setattr(folding, "last_move", half)


def anybody_takes_back(patch: Patch) -> None:
    def cannot(world: World, actor: str) -> RefusedError | None:
        return TAKE_BACK.refusal(world, world.case.last["by"] if world.case.last is not None else actor)

    patch.setitem(OPERATIONS, "take_back", replace(TAKE_BACK, refusal=cannot))  # type: ignore[arg-type]


def claims_count(patch: Patch) -> None:
    def claimed(sheet: Sheet, ids: Any, by: str) -> Sheet:
        return sheet.with_seats(replace(sheet[id_], state="approved", by=by) for id_ in ids)

    patch.setattr(claiming, "claimed", claimed)


def one_of_a_pool_told(patch: Patch) -> None:
    owner = property(lambda self: tuple(dict.fromkeys(seat.holders[0] for seat in self.open)))
    patch.setattr(Sheet, "owner", owner)


def forgetful_rows(patch: Patch) -> None:
    real = Sheet.as_json
    patch.setattr(Sheet, "as_json", lambda self: [{**seat, "passed": []} for seat in real(self)])


BUGS: Mapping[str, tuple[Callable[[Patch], None], str]] = {
    "nobody's turn comes": (turns_forgotten, "nobody is asked"),
    "all done is approved": (
        all_done_passes,
        "nobody has signed|miscounted|not everybody|one has rejected|it is decided",
    ),
    "a rejection is overheard": (rejections_overheard, "not everybody|it is decided"),
    "a vote is rounded down": (votes_rounded, "miscounted|it is decided"),
    "a delegate signs": (delegates_sign, "delegate has signed"),
    "a delegation returns to the last": (delegations_return_to_the_last, "first who delegated"),
    "rings are allowed": (rings_allowed, "in a ring"),
    "the applicant signs": (applicants_sign, "the applicant"),
    "who was removed is waited for": (the_removed_waited_for, "nobody is asked"),
    "a removal is not judged": (removals_not_judged, "it is decided|nobody is asked"),
    "a sheet survives the node": (sheets_survive_leaving, "asked where nothing is to be signed"),
    "signatures survive a return": (old_signatures_valid, "nobody has given"),
    "a hand-over is not folded": (hand_overs_not_folded, "who is not asked"),
    "what is taken back stays": (taken_back_by_half, "not as it was before|lost, or is counted twice"),
    "anybody takes back": (anybody_takes_back, "what another did"),
    "a claim is a signature": (claims_count, "lost, or is counted twice|nobody is asked|it is decided"),
    "one of a pool is told": (one_of_a_pool_told, "not the tasks"),
    "a row forgets through whose hands it went": (forgetful_rows, "the history does not tell|not as it was before"),
}
"What each bug does, and a pattern of what must be said of it."


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(app: App, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bug in place the lives fail, and say what is wrong."""
    plant, said = BUGS[bug]
    plant(monkeypatch)

    @UNTIL_FOUND
    @given(approval=APPROVALS, standing_in=STANDING_IN, steps=STEPS)
    def lives(approval: Any, standing_in: Any, steps: Any) -> None:
        live(app, approval, standing_in, steps)

    with pytest.raises(AssertionError, match=said):
        lives()

"""Link two cases, take a link away, and join a duplicate to the case that goes on.

One transaction changes one case: the other is told by a signal and writes down its own side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowkit.engine.acting import acting_for, told
from flowkit.engine.case import Case
from flowkit.engine.children import call_off_all
from flowkit.engine.draft import Draft
from flowkit.engine.facts import Need
from flowkit.engine.operations.following import LANE
from flowkit.engine.operations.operation import Operation, Values, may, operation_form
from flowkit.engine.seeing import is_staff, may_see, unseen
from flowkit.engine.telling import tell, this_case
from flowkit.engine.view import World
from flowkit.engine.who import people
from flowkit.errors import Problem, RefusedError, invalid

MOST = 100
"""How many other cases a case may be linked to."""

MOST_ALIKE = 10
"""How many cases of one number are looked at to find the one that somebody may see."""

RELATED, INTO, FROM = "related", "into", "from"


def other_case(named: str, world: World, actor: str) -> Case:
    """The case of that number or id. Raises RefusedError; one that he may not see is to him as if it were not there."""
    ids = world.facts["named", named.strip()]
    if len(ids) > MOST_ALIKE:
        raise _unfit("ambiguous", f"有许多工单都是 {named},请填编号 id")
    lacking = [("whole", id_) for id_ in ids if ("whole", id_) not in world.facts.got]
    if lacking:
        raise Need(*lacking)
    found: list[Case] = [world.facts["whole", id_] for id_ in ids]
    seen = [case for case in found if may_see(actor, World(world.workflow, case, world.facts, world.now))]
    if not seen:
        raise _unfit("unknown-case", f"没有这个工单: {named}")
    if len(seen) > 1:
        raise _unfit("ambiguous", f"有几个工单都是 {named},请填编号 id: {'、'.join(case.id for case in seen)}")
    return seen[0]


def _unfit(code: str, message: str) -> RefusedError:
    return invalid(Problem("to", code, message, "工单"))


def _cannot_link(world: World, actor: str) -> RefusedError | None:
    return None if is_staff(actor, world) and may_see(actor, world) else unseen()


def _link(draft: Draft, values: Values) -> None:
    case, other = draft.case, other_case(values["to"], draft.world(), draft.by)
    if other.id == case.id:
        raise _unfit("self", "不能关联自己")
    if other.id in case.collaboration.links:
        raise _unfit("linked", f"已经关联了 {other.number}")
    if len(case.collaboration.links) >= MOST:
        raise _unfit("too-many", f"已关联 {MOST} 个工单,不能再加")
    draft.add("linked", **_told(other), how=RELATED, here=True)


def _told(case: Case) -> dict[str, Any]:
    return {"case": case.id, "number": case.number, "workflow": case.workflow}


def _cannot_unlink(world: World, actor: str) -> RefusedError | None:
    links = world.case.collaboration.links.values()
    if not any(link["how"] == RELATED for link in links):
        return RefusedError("not-linked", "没有可以取消的关联")
    return _cannot_link(world, actor)


def _unlink(draft: Draft, values: Values) -> None:
    named = values["to"].strip()
    links = draft.case.collaboration.links.items()
    found = [id_ for id_, link in links if link["how"] == RELATED and named in (id_, link["number"])]
    if not found:
        raise _unfit("not-linked", f"没有关联 {named}")
    for id_ in found:
        number = draft.case.collaboration.links[id_]["number"]
        draft.add("unlinked", case=id_, number=number, here=True)


def _cannot_join(world: World, actor: str) -> RefusedError | None:
    if (refused := _cannot_link(world, actor)) is not None:
        return refused
    if _joining_for(world, actor) is not None or may("join", actor, world):
        return None
    return RefusedError("not-yours", "并案由工单的负责人来做", details={"owner": list(world.case.owner)})


def _joining_for(world: World, actor: str) -> str | None:
    """In whose name that actor joins the case: his own, or that of an owner for whom he stands in."""
    return acting_for(actor, (*world.case.owner, *world.case.helpers), world)


def _join(draft: Draft, values: Values) -> None:
    case, other = draft.case, other_case(values["to"], draft.world(), draft.by)
    if other.id == case.id:
        raise _unfit("self", "不能并入自己")
    if other.workflow != case.workflow:
        raise _unfit("other-workflow", f"{other.number} 不是同一种工单,不能并案")
    if other.ended:
        raise _unfit("ended", f"{other.number} 已结束,不能并入")
    if any(child.id == other.id for child in case.children):
        raise _unfit("child", f"{other.number} 是这个工单的下级,不能并入")
    person = _joining_for(draft.world(), draft.by) or draft.by
    draft.add("linked", **_told(other), how=INTO, here=True, **told(draft.by, person))
    call_off_all(draft)
    draft.add("ended", outcome="cancelled")
    waiting = [a for a in (case.applicant, *case.collaboration.followers) if not a.startswith("system:")]
    text = f"{this_case(draft)} 与 {other.number} 是同一件事,已并入 {other.number},以后的进展照样通知您"
    tell(draft, waiting, "并案", [text], lane=LANE)


def related(draft: Draft, data: Mapping[str, Any], case_id: str) -> None:
    """Another case was linked to this one, unlinked from it or joined to it: write down this side of it."""
    case, there = draft.case, draft.case.collaboration.links.get(data["case"])
    side = {name: data[name] for name in ("case", "number")}
    if data["how"] == "unlinked":
        if there is not None and there["how"] == RELATED:
            draft.add("unlinked", **side, here=False, who=data["who"])
        return
    if there is not None and there["how"] == data["how"]:
        return
    followers = list(data["followers"])
    draft.add(
        "linked", **side, workflow=data["workflow"], how=data["how"], here=False, who=data["who"], followers=followers
    )
    if data["how"] == FROM and not case.ended:
        text = [f"{data['number']} 与 {this_case(draft)} 是同一件事,已并入"]
        tell(draft, people((*case.owner, *case.helpers), draft.world()), "并案", text, visit=case.visit)


_TO = "{to: {type: text, title: 工单, required: true, max_length: 200}}"

LINK = Operation(
    "link",
    "关联",
    _cannot_link,
    _link,
    operation_form("link", _TO),
    after_end=True,
    help="This case and another one, named by number or id, point to each other. For staff who may see both.",
)
UNLINK = Operation(
    "unlink",
    "取消关联",
    _cannot_unlink,
    _unlink,
    operation_form("unlink", _TO),
    after_end=True,
    help="The link is taken away on both sides. What was joined stays joined.",
)
JOIN = Operation(
    "join",
    "并案",
    _cannot_join,
    _join,
    operation_form("join", _TO),
    grantable=True,
    help="This case is a duplicate of an open one of the same workflow, named by number or id: it ends as cancelled,"
    " its children with it; its applicant and followers are told how the other one goes on, without seeing it "
    "for that, and both point to each other. For its owner, and for those whose role `may` it.",
)

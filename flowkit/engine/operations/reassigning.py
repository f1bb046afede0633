"""Reassign: a task of one person becomes somebody else's: at the end of a shift, or when he leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flowkit.engine.acting import barred
from flowkit.engine.approval.changes import held_by, replaced
from flowkit.engine.approval.mine import sign_anyway
from flowkit.engine.approval.sheet import difference
from flowkit.engine.draft import Draft
from flowkit.engine.operations.choosing import persons
from flowkit.engine.operations.operation import Operation, Values, checked, may, operation_form
from flowkit.engine.verbs import tell_task
from flowkit.engine.view import World
from flowkit.engine.who import Found, as_roles, kept_out
from flowkit.errors import Problem, RefusedError, invalid
from flowkit.fields.definition import Setting
from flowkit.forms.form import Form

NAME = "reassign"
FORM = operation_form(
    NAME,
    """
  from: {type: text, title: 移交谁的, max_length: 200}
  to: {type: text, title: 交给, required: true, max_length: 200}
  reason: {type: text, title: 原因, required: true, max_length: 500}
""",
)


def _cannot(world: World, actor: str) -> RefusedError | None:
    if not world.case.owner and not world.case.helpers:
        return RefusedError("nobody", "这里没有人负责,没有待办可以移交")
    return None


def _asks(world: World, actor: str) -> Form:
    """Whose it is has to be said. Where it goes without saying, it stands there already."""
    givers = _givers(world, actor)
    whose = givers if len(givers) == 1 else world.case.owner
    default = Setting(whose[0]) if len(whose) == 1 else None
    asked = replace(FORM.fields["from"], required=Setting(True), default=default)
    return replace(FORM, fields={**FORM.fields, "from": asked})


def _givers(world: World, actor: str) -> tuple[str, ...]:
    """Whose task that actor may reassign here."""
    holders = tuple(dict.fromkeys((*world.case.owner, *world.case.helpers)))
    return holders if may(NAME, actor, world) else tuple(each for each in holders if each == actor)


def _from_whom(world: World, actor: str) -> Iterator[tuple[str, str]]:
    return persons(_givers(world, actor), world, actor)


def _to_whom(world: World, actor: str) -> Iterator[tuple[str, str]]:
    """Everybody who can have it, whosever it is of those who have it now; the roles first, which are few."""
    case, people = world.case, world.facts.people
    unfit = [{giver, *_signing_besides(giver, world)} for giver in _givers(world, actor)]
    out = {*kept_out(world.workflow.nodes[case.node].others, world), *set.intersection(*unfit)} if unfit else set()
    pools = (f"role:{role}" for role in world.workflow.business.roles if people.any_with_role(role, case.unit))
    yield from persons((pool for pool in pools if pool not in out), world, actor)
    staff = (each for each in people.records if each not in out and not barred(each, world))
    yield from persons(staff, world, actor)


def _signing_besides(holder: str, world: World) -> frozenset[str]:
    """Who signs anyway, at other seats than that holder's."""
    sheet = world.case.sheet
    return sign_anyway(held_by(sheet, holder), sheet, world) if sheet is not None else frozenset()


def _reassign(draft: Draft, raw: Values) -> None:
    world, case, values = draft.world(), draft.case, checked(draft, FORM, raw)
    before, to = _from(values.get("from"), world), _meant(values["to"], world)
    granted = may(NAME, draft.by, world)
    if before != draft.by and not granted:
        raise RefusedError("not-granted", "您只能移交自己的待办")
    approval = world.workflow.nodes[case.node].approval
    if not granted and approval is not None and "hand_over" not in approval.allow:
        raise RefusedError("not-allowed", "这一步不允许转办")
    if to == before:
        raise _wrong("to", "已经是他的了")
    if to in kept_out(world.workflow.nodes[case.node].others, world):
        raise _wrong("to", "这一步他应当回避")
    if barred(to, world):
        raise _wrong("to", "他是申请人,不能审批自己的申请")
    if to in _signing_besides(before, world):
        raise _wrong("to", "他本来就在审批人里")
    owner, helpers = (_replaced(held, before, to) for held in (case.owner, case.helpers))
    # What was claimed from a pool can still be given back to it.
    pool = case.pool if before in case.owner and not to.startswith("role:") else ()
    data: dict[str, Any] = {"owner": owner, "pool": list(pool), "helpers": [h for h in helpers if h not in owner]}
    roles = as_roles(Found((to,), roles=world.facts.people.roles.get(to, ())), world) if owner == [to] else {}
    sheet = case.sheet
    seats = difference(sheet, replaced(sheet, before, to)) if sheet is not None else {}
    draft.add("replaced", **data, **roles, **seats, **{"from": before, "to": to, "reason": values["reason"]})
    tell_task(draft, (to,))


def _from(typed: str | None, world: World) -> str:
    """Whose task it is that goes: as it was said, or of the only one who has it."""
    holders = (*world.case.owner, *world.case.helpers)
    if typed is None:
        if len(world.case.owner) != 1:
            raise _wrong("from", "请说明移交谁的待办", "required")
        return world.case.owner[0]
    if typed not in holders:
        raise _wrong("from", f"{typed} 在这里没有待办")
    return typed


def _meant(typed: str, world: World) -> str:
    """The person or pool that was typed: ENTITY:KEY, or a role by its name or title. Refused when there is none."""
    staff, roles = world.facts.people, world.workflow.business.roles
    if typed in staff.records:
        return typed
    name = typed.removeprefix("role:")
    role = name if name in roles else next((n for n, title in roles.items() if title == name), None)
    if role is None:
        raise _wrong("to", f"没有这个员工或岗位: {typed}")
    if not staff.any_with_role(role, world.case.unit):
        raise _wrong("to", f"这里没有{roles[role]}")
    return f"role:{role}"


def _replaced(holders: tuple[str, ...], before: str, to: str) -> list[str]:
    return list(dict.fromkeys(to if holder == before else holder for holder in holders))


def _wrong(field: str, message: str, code: str = "option") -> RefusedError:
    return invalid(Problem(field, code, message))


REASSIGN = Operation(
    NAME,
    "移交",
    _cannot,
    _reassign,
    FORM,
    granted=True,
    own=True,
    while_suspended=True,
    help="One person's task becomes another person's, or that of the people of a role, with its deadlines as they "
    "stand; `from` says whose where several have one. Whoever has it himself may do so ungranted. `flowkit "
    "reassign` does it with all that somebody has.",
    asks=_asks,
    offers={"from": _from_whom, "to": _to_whom},
)

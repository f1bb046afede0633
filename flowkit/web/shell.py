"""What stands around every page of those who are signed in: who it is, where one can go, and what was just done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from starlette.responses import Response

from flowkit.engine.operations.table import OPERATIONS
from flowkit.errors import RefusedError
from flowkit.runtime.names import Names
from flowkit.web.site import Ask
from flowkit.web.telling import Telling
from flowkit.web.wording import problem, told

MADE = 16
"From so many characters on a key was made, not given."

PHONE = 5
"How many places stand at the foot of a phone's page."


@dataclass(frozen=True, slots=True)
class Place:
    """One place to go to. `count` is told beside it when there is one."""

    path: str
    title: str
    icon: str
    count: int = 0


def telling(ask: Ask) -> Telling:
    return Telling(ask.kit.app.settings.timezone, ask.kit.clock.now(), ask.language)


def is_staff(ask: Ask) -> bool:
    return ask.actor.partition(":")[0] == ask.kit.app.staff_entity


def tools(ask: Ask) -> frozenset[str]:
    """What the person may do besides cases."""
    roles = ask.kit.roles(ask.actor) if is_staff(ask) else ()
    return frozenset({"incidents", "codes"}) if ask.kit.app.business.catcher in roles else frozenset()


def places(ask: Ask) -> list[Place]:
    """Where this person can go, the most used first."""
    text = ask.language.text
    found = [Place("/tasks", text("待我处理"), "today", ask.kit.count_tasks(ask.by))]
    called = ask.language.called
    found += [
        Place(f"/views/{view.name}", called(view.title), "board" if view.kind == "board" else "list")
        for view in ask.kit.views(ask.by)
    ]
    found += [
        Place(f"/desk/{intake.name}", called(intake.title), "phone")
        for intake in ask.kit.intakes(ask.by)
        if intake.desk
    ]
    found.append(Place("/cases", text("全部工单") if is_staff(ask) else text("我的工单"), "search"))
    if is_staff(ask) and ask.kit.app.business.schedules:
        found.append(Place("/coming", text("计划"), "today"))
    if "incidents" in tools(ask):
        found.append(Place("/incidents", text("异常"), "warn", len(ask.kit.caught(ask.by))))
    if "codes" in tools(ask) and any(intake.per for intake in ask.kit.intakes(None)):
        found.append(Place("/codes", text("二维码"), "box"))
    # A phone shows five: the last of them leads to the others.
    return [*found[: PHONE - 1], Place("/me", text("我"), "me"), *found[PHONE - 1 :]]


def people(ask: Ask, actors: set[str]) -> Names:
    """What people and pools are called to whoever asks."""
    app = ask.kit.app
    known = ask.kit.people(actors, ask.actor or None)
    return Names(people=known, roles=app.business.roles, entities=app.entities, look=ask.language.look)


def names_of(ask: Ask, case: str, by: str) -> Names:
    """What people call the things of a case, in the reader's language."""
    return replace(ask.kit.names(case, by), look=ask.language.look)


def name(names: Names, holder: str) -> str:
    """A person by name alone, a pool by its title: keys are for the command line."""
    if holder.startswith("role:"):
        role = holder.removeprefix("role:")
        return names.look(names.roles.get(role, role))
    if holder.startswith("system:"):
        return names.look("系统")
    if holder in names.people:
        return names.people[holder]
    entity, _, key = holder.partition(":")
    made = names.entities.get(entity)
    # The key of somebody who was made on first contact is chance, and nobody's name.
    return names.look(made.title) if made is not None and len(key) >= MADE else key or holder


def called(ask: Ask, names: Names, holders: Iterable[str]) -> str:
    """Several people in one line."""
    return ask.language.text("、").join(name(names, holder) for holder in holders)


def offered(ask: Ask, actions: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Actions as their author calls them, operations as the language does."""
    told, called = ask.language.told, ask.language.called
    return tuple((each, told(word) if each in OPERATIONS else called(word)) for each, word in actions)


def refused(ask: Ask, error: RefusedError) -> str:
    """What a refusal says, in one line."""
    said = [problem(ask.language, each) for each in error.problems] or [told(ask.language, error.message)]
    return ask.language.text("；").join(said)


def page(ask: Ask, template: str, status: int = 200, **context: Any) -> Response:
    """A page with everything around it."""
    cookies = ask.request.cookies
    shown: dict[str, Any] = {
        "tell": telling(ask),
        "said": unquote(cookies.get("flowkit_said", ""))[:300],
        "done": unquote(cookies.get("flowkit_done", ""))[:100],
    }
    if ask.actor:
        shown |= {"places": places(ask), "me": name(people(ask, {ask.actor}), ask.actor)}
    else:
        shown |= {"places": [], "me": ""}
    return ask.render(template, status, **{**shown, **context})


def workflow_title(ask: Ask, workflow: str) -> str:
    found = ask.kit.app.workflows.get(workflow)
    return ask.language.called(found.title) if found is not None else workflow

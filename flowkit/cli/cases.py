"""`flowkit submit`, `tasks`, `act`, `retry`, `case`, `explain`: cases, moved and looked at by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from flowkit.cli.inputs import read_data
from flowkit.cli.opening import (
    app_argument,
    by_option,
    case_argument,
    database_option,
    format_option,
    json_option,
    key_option,
    looker_option,
    opened,
    with_option,
)
from flowkit.cli.printing import say, say_json
from flowkit.cli.telling import Teller
from flowkit.engine.who import people
from flowkit.errors import RefusedError, StoreError
from flowkit.kit import CaseView, FlowKit


@click.command()
@app_argument
@click.argument("workflow")
@by_option
@with_option
@json_option
@key_option
@click.option("--applicant", metavar="ACTOR", help="For whom it is, where somebody else types it in.")
@database_option
@format_option
def submit(
    app: Path,
    workflow: str,
    by: str,
    pairs: tuple[str, ...],
    json_file: str | None,
    key: str | None,
    applicant: str | None,
    database: str | None,
    form: str,
) -> int:
    """Begin a case of a WORKFLOW with its form filled in."""
    data = read_data(pairs, json_file)
    with opened(app, database, must_exist=False) as kit:
        _tell_case(kit, kit.submit(workflow, data, by=by, key=key, applicant=applicant), form, by)
    return 0


@click.command()
@app_argument
@case_argument
@click.argument("action")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@by_option
@with_option
@json_option
@key_option
@click.option(
    "--visit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only while the case is still at its Nth step, as `explain` counts them; else it is refused.",
)
@database_option
@format_option
def act(
    app: Path,
    case: str,
    action: str,
    fields: tuple[str, ...],
    by: str,
    pairs: tuple[str, ...],
    json_file: str | None,
    key: str | None,
    visit: int | None,
    database: str | None,
    form: str,
) -> int:
    """Do an ACTION on a CASE, named by its number or id.

    An ACTION is one of the workflow's, or an operation, the same in every workflow: `flowkit operations` lists them with
    their fields. Fields may follow it as they follow --with:

    flowkit act APP CASE hand_over to=employee:li --by employee:zhang
    """
    data = read_data((*fields, *pairs), json_file)
    with opened(app, database) as kit:
        done = kit.act(kit.case_by_number(case, by).id, action, data, by=by, key=key, visit=visit)
        _tell_case(kit, done, form, by)
    return 0


@click.command()
@app_argument
@case_argument
@by_option
@database_option
@format_option
def retry(app: Path, case: str, by: str, database: str | None, form: str) -> int:
    """Try again what a machine gave up on in a CASE, once its cause is mended."""
    with opened(app, database) as kit:
        _tell_case(kit, kit.retry(kit.case_by_number(case, by).id, by=by), form, by)
    return 0


@click.command()
@app_argument
@by_option
@database_option
@format_option
def tasks(app: Path, by: str, database: str | None, form: str) -> int:
    """Tell what waits for a person, most urgent first."""
    with opened(app, database) as kit:
        found = kit.tasks(by=by)
        if form == "json":
            say_json(found)
        elif not found:
            say("没有待办")
        else:
            say("\n".join(Teller(kit, by).tasks(found)))
    return 0


@click.command()
@app_argument
@case_argument
@looker_option
@click.option("--history", "with_history", is_flag=True, help="Also each event since it began.")
@database_option
@format_option
def case(app: Path, case: str, by: str | None, with_history: bool, database: str | None, form: str) -> int:
    """Tell where a CASE is and whose.

    Also when it is due, what can be done with it, by ACTOR or else by its owner, and what it holds.
    """
    with opened(app, database) as kit:
        view = kit.case_by_number(case, by)
        shown = kit.case(view.id, by) if by else _with_actions(kit, view)
        _tell_case(kit, shown, form, by, whole=True, history=with_history)
    return 0


@click.command()
@app_argument
@case_argument
@click.option("--all", "whole", is_flag=True, help="Each candidate of a dispatch, also where there were many.")
@looker_option
@database_option
@format_option
def explain(app: Path, case: str, whole: bool, by: str | None, database: str | None, form: str) -> int:
    """Tell why a CASE went where it went.

    Scores, rows that matched, who was passed over and for what, deadlines: as they were judged, not as they would be now.
    Of more than ten candidates the best are told, and how many fell to which requirement.
    """
    with opened(app, database) as kit:
        explanation = kit.explain(kit.case_by_number(case, by).id, by)
        if form == "json":
            say_json(explanation.as_json())
        else:
            say("\n".join(explanation.whole if whole else explanation.lines))
    return 0


def _with_actions(kit: FlowKit, view: CaseView) -> CaseView:
    """A case as the host sees it, with what can be done by one of those whose it is now; of a pool its first member."""
    try:
        holders = kit.look(view.id, lambda world: people(world.case.owner, world))
    except StoreError:
        return view  # Its version no longer fits the app: nobody can do anything.
    for actor in holders:
        try:
            his = kit.case(view.id, actor)
        except RefusedError:
            continue  # Who is not there any more can do nothing.
        return replace(view, actions=his.actions, operations=his.operations)
    return view


def _tell_case(
    kit: FlowKit, view: CaseView, form: str, by: str | None, *, whole: bool = False, history: bool = False
) -> None:
    if form == "json":
        say_json({"case": view, "history": kit.history(view.id, by)} if history else view)
        return
    teller = Teller(kit, by)
    parts = [teller.case(view)]
    if whole:
        parts += [teller.sums(view), teller.values(view)]
    if history:
        parts.append(teller.history(kit.history(view.id, by)))
    say("\n\n".join("\n".join(lines) for lines in parts if lines))

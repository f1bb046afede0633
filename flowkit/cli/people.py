"""`flowkit substitute`, `reassign`, `caught`: who stands in for whom, tasks that change hands, what nobody was found for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from flowkit.cli.opening import app_argument, by_option, database_option, format_option, opened
from flowkit.cli.printing import columns, moment, say, say_json
from flowkit.cli.telling import person
from flowkit.kit import FlowKit, SubstitutionView
from flowkit.runtime.names import Names
from flowkit.values.types import VALUE_TYPES, ValueProblem


@click.command()
@app_argument
@by_option
@click.option("--to", metavar="ACTOR", help="Who stands in. Without it and --end: tell who stands in for whom.")
@click.option("--for", "person", metavar="ACTOR", help="For whom, if not for oneself; a role must grant it.")
@click.option("--from", "since", metavar="MOMENT", help='Such as "2026-03-02 08:00". [default: now]')
@click.option("--until", metavar="MOMENT", help="Needed beside --to.")
@click.option("--workflow", "workflows", multiple=True, metavar="NAME", help="Only in these. [default: in all]")
@click.option("--end", metavar="ID", help="End this one now.")
@database_option
@format_option
def substitute(
    app: Path,
    by: str,
    to: str | None,
    person: str | None,
    since: str | None,
    until: str | None,
    workflows: tuple[str, ...],
    end: str | None,
    database: str | None,
    form: str,
) -> int:
    """Say who may do somebody's tasks while he is away, end it, or tell who stands in for whom.

    Whoever stands in sees these tasks in his own list and does them in the other's name. From the next act on.
    """
    if to is not None and until is None:
        raise click.UsageError('--to needs --until, such as --until "2026-03-09 18:00"')
    if to is None and (person or since or until or workflows):
        raise click.UsageError("--for, --from, --until and --workflow say more about --to")
    if to is not None and end is not None:
        raise click.UsageError("--to begins one, --end ends one: one of them")
    with opened(app, database) as kit:
        if end is not None:
            _tell(kit, [kit.end_substitution(end, by=by)], form)
        elif to is not None:
            begins = _moment(since, "--from", kit) if since is not None else kit.clock.now()
            ends = _moment(until or "", "--until", kit)
            _tell(kit, [kit.substitute(person or by, to, begins, ends, workflows or None, by=by)], form)
        else:
            _tell(kit, kit.substitutions(by=by), form)
    return 0


@click.command()
@app_argument
@click.argument("person", metavar="ACTOR")
@click.option("--to", required=True, metavar="WHO", help="Who gets them: ENTITY:KEY, or a role.")
@click.option("--reason", required=True, help="Stands in the history of each case.")
@by_option
@database_option
@format_option
def reassign(app: Path, person: str, to: str, reason: str, by: str, database: str | None, form: str) -> int:
    """Hand every open task of ACTOR to somebody else: at the end of a shift, or when he leaves.

    Each case is a command of its own; those that are refused are told, and the command then ends with 1.
    """
    with opened(app, database) as kit:
        done = kit.reassign_all(person, to, by=by, reason=reason)
        if form == "json":
            say_json(done)
        elif not done:
            say("没有待办")
        else:
            say("\n".join(columns([("工单", "结果"), *((d.number, d.refused or "已移交") for d in done)])))
    return 1 if any(d.refused for d in done) else 0


@click.command()
@app_argument
@database_option
@format_option
def caught(app: Path, database: str | None, form: str) -> int:
    """Tell what fell to the app's catcher, and why: nobody else was found, or a machine gave up."""
    with opened(app, database) as kit:
        found = kit.caught()
        if form == "json":
            say_json(found)
        elif not found:
            say("没有兜底的工单")
        else:
            names = _names(kit, [actor for each in found for actor in each.owner])
            zone = kit.app.settings.timezone
            rows = [
                (c.number, c.title, "、".join(person(o, names) for o in c.owner), moment(c.since, zone), c.reason)
                for c in found
            ]
            say("\n".join(columns([("工单", "所在", "负责人", "自", "原因"), *rows])))
    return 0


def _moment(typed: str, option: str, kit: FlowKit) -> datetime:
    try:
        read = VALUE_TYPES["datetime"].read(typed, kit.app.settings)
    except ValueProblem as problem:
        raise click.BadParameter(problem.message, param_hint=option) from None
    if not isinstance(read, datetime):
        raise click.BadParameter("空的", param_hint=option)
    return read


def _tell(kit: FlowKit, found: list[SubstitutionView], form: str) -> None:
    if form == "json":
        say_json(found)
        return
    if not found:
        say("没有代理")
        return
    names, zone = _names(kit, [a for s in found for a in (s.person, s.substitute)]), kit.app.settings.timezone
    titles = {name: workflow.title for name, workflow in kit.app.workflows.items()}
    rows = [
        (
            s.id,
            person(s.person, names),
            person(s.substitute, names),
            moment(s.since, zone),
            moment(s.until, zone),
            "全部" if s.workflows is None else "、".join(titles.get(w, w) for w in s.workflows),
        )
        for s in found
    ]
    say("\n".join(columns([("编号", "本人", "代理人", "从", "到", "流程"), *rows])))


def _names(kit: FlowKit, actors: list[str]) -> Names:
    return Names(people=kit.people(actors), roles=kit.app.business.roles)

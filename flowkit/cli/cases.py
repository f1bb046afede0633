"""`flowkit submit`, `tasks`, `act`, `case`, `explain`: cases, moved and looked at by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    opened,
    with_option,
)
from flowkit.cli.printing import columns, moment, say, say_json, value_text
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
        _tell_case(kit, kit.submit(workflow, data, by=by, key=key, applicant=applicant), form)
    return 0


@click.command()
@app_argument
@case_argument
@click.argument("action")
@by_option
@with_option
@json_option
@key_option
@database_option
@format_option
def act(
    app: Path,
    case: str,
    action: str,
    by: str,
    pairs: tuple[str, ...],
    json_file: str | None,
    key: str | None,
    database: str | None,
    form: str,
) -> int:
    """Do an ACTION on a CASE, named by its number or id."""
    data = read_data(pairs, json_file)
    with opened(app, database) as kit:
        _tell_case(kit, kit.act(kit.case_by_number(case).id, action, data, by=by, key=key), form)
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
            zone = kit.app.settings.timezone
            rows = [("工单", "流程", "待办", "期限", "负责人", "标记", "可做")]
            rows += [
                (
                    t.number,
                    t.workflow,
                    t.title,
                    moment(t.due, zone),
                    _people(t.owner),
                    " ".join(t.flags),
                    _actions(t.actions),
                )
                for t in found
            ]
            say("\n".join(columns(rows)))
    return 0


@click.command()
@app_argument
@case_argument
@click.option("--by", metavar="ACTOR", help="Who asks what can be done.")
@click.option("--history", "with_history", is_flag=True, help="Also each event since it began.")
@database_option
@format_option
def case(app: Path, case: str, by: str | None, with_history: bool, database: str | None, form: str) -> int:
    """Tell where a CASE is and whose.

    Also when it is due, what can be done with it, by ACTOR or else by its owner, and what it holds.
    """
    with opened(app, database) as kit:
        view = kit.case_by_number(case)
        asking = by or next((actor for actor in view.owner if not actor.startswith("role:")), None)
        _tell_case(kit, kit.case(view.id, by=asking), form, whole=True, history=with_history)
    return 0


@click.command()
@app_argument
@case_argument
@database_option
@format_option
def explain(app: Path, case: str, database: str | None, form: str) -> int:
    """Tell why a CASE went where it went.

    Scores, rows that matched, who was passed over and for what, deadlines: as they were judged, not as they would be now.
    """
    with opened(app, database) as kit:
        explanation = kit.explain(kit.case_by_number(case).id)
        if form == "json":
            say_json(explanation.as_json())
        else:
            say("\n".join(explanation.lines))
    return 0


def _tell_case(kit: FlowKit, view: CaseView, form: str, *, whole: bool = False, history: bool = False) -> None:
    if form == "json":
        events = {"history": kit.history(view.id)} if history else {}
        say_json({"case": view, **events} if events else view)
        return
    say("\n".join(columns(_summary(kit, view))))
    zone = kit.app.settings.timezone
    if whole and view.values:
        say()
        say("\n".join(columns([("  " + name, value_text(value, zone)) for name, value in _flat(view.values)])))
    if history:
        say()
        rows = [("序号", "时间", "事件", "谁", "内容")]
        rows += [
            (str(e.sequence), moment(e.at, zone), e.kind, e.by, value_text(e.data, zone)) for e in kit.history(view.id)
        ]
        say("\n".join(columns(rows)))


def _summary(kit: FlowKit, view: CaseView) -> list[tuple[str, str]]:
    zone = kit.app.settings.timezone
    rows = [
        ("工单", f"{view.number}  ({view.id})"),
        ("流程", view.workflow),
        ("结果" if view.outcome else "所在", f"{view.node_title}  {view.outcome or ''}".rstrip()),
        ("负责人", _people(view.owner)),
        ("申请人", view.applicant),
        ("开始", moment(view.created, zone)),
        ("期限", moment(view.due, zone)),
        ("可做", _actions(view.actions)),
        ("异常", view.incident or ""),
    ]
    return [row for row in rows if row[1]]


def _people(owner: Sequence[str]) -> str:
    return "、".join(owner)


def _actions(actions: Sequence[tuple[str, str]]) -> str:
    return " · ".join(name if name == title else f"{name} {title}" for name, title in actions)


def _flat(values: Mapping[str, object], before: str = "") -> list[tuple[str, object]]:
    """Nested values (the forms of actions, cards) as dotted names, as expressions name them."""
    flat: list[tuple[str, object]] = []
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            flat += _flat(value, f"{before}{name}.")
        else:
            flat.append((before + name, value))
    return flat

"""`flowkit operations`: what can be done with any case besides the actions of its workflow."""

from __future__ import annotations

import click

from flowkit.app.operations_page import is_required, open_when, type_of
from flowkit.cli.opening import format_option
from flowkit.cli.printing import columns, say, say_json
from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.table import OPERATIONS
from flowkit.fields.definition import Field


@click.command()
@format_option
def operations(form: str) -> int:
    """Tell every operation: what `act` does besides a workflow's own actions, and the fields each one takes."""
    if form == "json":
        say_json([_as_json(operation) for operation in OPERATIONS.values()])
    else:
        say("\n".join(columns(_row(operation) for operation in OPERATIONS.values())))
    return 0


def _row(operation: Operation) -> tuple[str, str, str]:
    return operation.name, operation.title, "  ".join(map(_field, _fields(operation)))


def _field(field: Field) -> str:
    """A field as it is typed; in brackets what may be left out."""
    shown = f"{field.name}={field.title}"
    return shown if is_required(field) else f"[{shown}]"


def _fields(operation: Operation) -> list[Field]:
    return list(operation.form.fields.values()) if operation.form is not None else []


def _as_json(operation: Operation) -> dict[str, object]:
    fields = [
        {"name": f.name, "title": f.title, "type": type_of(f), "required": is_required(f)} for f in _fields(operation)
    ]
    said = {"name": operation.name, "title": operation.title, "help": operation.help}
    return {**said, "open": open_when(operation), "fields": fields}

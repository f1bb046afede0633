"""The reference page of the operations: what people do with a case besides its actions, told from the table itself."""

from __future__ import annotations

from collections.abc import Iterator

from flowkit.engine.operations.operation import Operation
from flowkit.engine.operations.table import OPERATIONS
from flowkit.fields.definition import Field

_HEAD = """\
# Operations

{made}

What people do with a case besides the actions of its workflow: the same in every workflow, in no YAML, taken like an action,
by name or title (`flowkit act`, `kit.act`, `{{act: …}}` in a scenario). An action of the same name goes first. Whoever may not see a
case may do nothing with it.
"""


def operations_page(made: str) -> str:
    """Every operation with what it asks for; `made` says what made the page."""
    return _HEAD.format(made=made) + "".join(f"\n{line}" for o in OPERATIONS.values() for line in _section(o)) + "\n"


def _section(operation: Operation) -> Iterator[str]:
    yield from (f"## {operation.name} {operation.title}", "", operation.help, "")
    yield f"*{open_when(operation)}*"
    if operation.form is not None:
        yield from ("", "| field | title | type | required |", "| --- | --- | --- | --- |")
        for field in operation.form.fields.values():
            yield f"| `{field.name}` | {field.title} | {type_of(field)} | {'yes' if is_required(field) else ''} |"
    yield ""


def open_when(operation: Operation) -> str:
    """Who may do it, and in which states of a case."""
    who = f"For those whose role may `{operation.name}`, and the catcher's people" if operation.granted else ""
    when = {
        (False, False): "while the case is open",
        (False, True): "while the case is open, also while it is suspended",
        (True, False): "while the case is open, and after its end",
        (True, True): "always",
    }[operation.after_end, operation.while_suspended]
    return f"{who}; {when}." if who else f"{when[0].upper()}{when[1:]}."


def type_of(field: Field) -> str:
    return f"list of {field.item.type.name}" if field.item is not None else field.type.name


def is_required(field: Field) -> bool:
    return field.required is not None and field.required.constant is True

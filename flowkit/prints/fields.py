"""The page of a print that names none: the fields of a case with their titles, one below the other, lists as tables.

Knows names and their types. It writes a template like one that an author could have written, and evaluates nothing.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type


def page_of(title: str, names: Sequence[str], scope: Scope) -> str:
    """The template of a page that shows the values of `names`; those that `scope` does not know are left out."""
    known = [(name, type) for name in names if (type := scope.lookup(name)) is not None]
    parts = [f"<h1>{_literal(title)}</h1>"]
    if _has_number(scope):
        parts.append("<p>{{ case.number }}</p>")
    parts += ["<table>", *(_row(name, type) for name, type in known), "</table>"]
    return "\n".join(parts)


def _has_number(scope: Scope) -> bool:
    case = scope.lookup("case")
    attributes = case.attributes() if case is not None else None
    return attributes is not None and "number" in attributes


def _row(name: str, type: Type) -> str:
    head = f"<tr><th>{_literal(type.title or name)}</th><td>"
    columns = _columns(type)
    if columns is None:
        return f"{head}{{{{ {name} }}}}</td></tr>"
    return "".join((head, *_table(name, columns), "</td></tr>"))


def _columns(type: Type) -> Mapping[str, Type] | None:
    """The columns of a list of rows; None for every other value."""
    if type.kind != "list" or type.item is None or type.item.kind != "record":
        return None
    return type.item.attributes() or None


def _table(name: str, columns: Mapping[str, Type]) -> Iterator[str]:
    yield "<table><tr>"
    yield from (f"<th>{_literal(type.title or column)}</th>" for column, type in columns.items())
    yield f"</tr>{{% for row in {name} %}}<tr>"
    yield from (f"<td>{{{{ row.{column} }}}}</td>" for column in columns)
    yield "</tr>{% endfor %}</table>"


def _literal(text: str) -> str:
    """Text that is neither markup nor the beginning of an expression."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")

"""What is wrong with fields wherever they stand, and can be told only where the app's settings are known."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.app.settings import AppDefinition
from flowkit.diagnostics import Findings
from flowkit.fields.definition import OUTSIDERS, FieldDefinition
from flowkit.source.keys import names_of


def check_fields(fields: Mapping[str, FieldDefinition], app: AppDefinition, findings: Findings) -> None:
    """Report points of which nobody says in which system they are, and roles from which something is hidden in vain."""
    for each in fields.values():
        inner = {**(each.columns or {}), **({each.name: each.item} if each.item is not None else {})}
        check_fields(inner, app, findings)
        # It would be refused each time that somebody sends one.
        if each.type == "location" and not app.located and "coordinates" not in each.nodes:
            message = f'nobody says in which coordinate system "{each.name}" is'
            help = "write coordinates: gcj02 (what phones in China send) in the app, or at the field"
            findings.error("missing-key", each.place, message, help)
        # What is hidden from a role that is not there would be hidden from nobody.
        for node in names_of(each.nodes["hidden_from"], Findings()) if "hidden_from" in each.nodes else ():
            message = f'no role "{node.typed}" to hide "{each.name}" from'
            findings.knows(node.typed, (*app.roles, OUTSIDERS), node.place, message)

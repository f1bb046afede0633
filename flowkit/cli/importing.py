"""`flowkit import`: records of an entity from a CSV file into the database."""

from __future__ import annotations

from pathlib import Path

import click

from flowkit.cli.inputs import read_text
from flowkit.cli.opening import app_argument, database_option, opened, told
from flowkit.cli.printing import say
from flowkit.diagnostics import Findings
from flowkit.source.nodes import MappingNode
from flowkit.source.tables import read_csv


@click.command("import")
@app_argument
@click.argument("entity")
@click.argument("file", metavar="FILE.csv")
@database_option
def import_(app: Path, entity: str, file: str, database: str | None) -> int:
    """Bring records into the database.

    ENTITY is a kind of record: devices, staff, customers. The first row names the fields. Of a record whose key is known
    already the fields that a row fills are overwritten; the others keep what they hold. All rows are taken or none.
    """
    findings = Findings()
    rows = read_csv(read_text(file), file, findings)
    if findings.errors:
        say(told(tuple(findings), Path.cwd()), to_errors=True)
        return 1
    with opened(app, database, must_exist=False) as kit:
        taken = kit.import_records(entity, [row.as_typed() for row in rows if isinstance(row, MappingNode)])
    say(f"{entity}: {taken} records")
    return 0

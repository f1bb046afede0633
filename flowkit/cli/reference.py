"""`flowkit reference` and `flowkit schema`: what can be written, told from the tables that the code itself reads by."""

from __future__ import annotations

from pathlib import Path

import click

from flowkit.app.nouns.tables import NOUNS
from flowkit.app.reference import pages
from flowkit.app.schemas import app_schema, noun_schema
from flowkit.cli.printing import say, say_json


@click.command()
@click.option(
    "--into",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write one file a page there, and the JSON Schema beside them.",
)
def reference(folder: Path | None) -> int:
    """Tell every noun, key, field type and function, as Markdown."""
    made = pages()
    if folder is None:
        say("\n".join(text for name, text in made.items() if name.endswith(".md")))
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
        say(str(folder / name))
    return 0


@click.command()
@click.argument("noun", required=False, type=click.Choice(tuple(NOUNS)), metavar="[NOUN]")
def schema(noun: str | None) -> int:
    """Print the JSON Schema of a NOUN, or of every document, for editors and programs.

    It knows keys and sorts of values; `check` knows names, types and expressions too.
    """
    say_json(noun_schema(noun) if noun else app_schema())
    return 0

"""The rows of a table, wherever an author keeps them: inline, or in a file beside the YAML.

Knows the two spellings of `rows`. Which file a name means, and how it is read, the caller knows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from flowkit.diagnostics import Findings
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.tables import read_csv
from flowkit.version import VERSION

ReadFile = Callable[[str], str | None]
"""Gives the text of a file that the app names; None where it has already reported that there is none to be had.

May raise OSError or UnicodeDecodeError instead: then it is reported where the file is named.
"""


def beside(document_file: str, name: str) -> str:
    """The file that a document names, from where the document's own file is seen: a terminal can open it."""
    return str(PurePath(document_file).parent / name)


def read_rows(node: Node, read_file: ReadFile, findings: Findings) -> tuple[MappingNode, ...]:
    """The rows, each a mapping from column to cell with places; a file's rows have places in that file."""
    if isinstance(node, ScalarNode):
        table = _read_table(node, read_file, findings)
        return tuple(row for row in table if isinstance(row, MappingNode)) if table is not None else ()
    if not isinstance(node, SequenceNode):
        advice = "write rows: FILE.csv, or rows: and under it one `- {column: cell}` for each"
        findings.error("type-mismatch", node.place, "expected rows, or the name of a .csv file", advice)
        return ()
    rows = []
    for row in node:
        if isinstance(row, MappingNode):
            rows.append(row)
        else:
            findings.error("type-mismatch", row.place, "expected a row", "write it as `- {column: cell}`")
    return tuple(rows)


def _read_table(node: ScalarNode, read_file: ReadFile, findings: Findings) -> SequenceNode | None:
    name = node.typed
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in {"xlsx", "xls", "ods"}:
        message = f"flowkit {VERSION} does not read `.{ending}` yet"
        findings.error("unknown-file-type", node.place, message, "save the sheet as .csv (UTF-8)")
        return None
    if ending != "csv":
        advice = "write rows: FILE.csv, or rows: and under it one `- {column: cell}` for each"
        findings.error(
            "type-mismatch", node.place, f'expected rows, or the name of a .csv file, found "{name}"', advice
        )
        return None
    try:
        text = read_file(name)
    except UnicodeDecodeError:
        findings.error("bad-encoding", node.place, f'"{name}" is not UTF-8 text', "save it as CSV UTF-8")
        return None
    except OSError as error:
        findings.error("missing-file", node.place, f'cannot read "{name}": {error.strerror or error}')
        return None
    return read_csv(text, beside(node.place.file, name), findings) if text is not None else None

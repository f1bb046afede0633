"""An intake as written: its keys read, nothing looked up yet."""

from __future__ import annotations

from dataclasses import dataclass

from flowkit.app.nouns.intake_keys import APPLICANT_KEYS, KEYS, OPENS_KEYS
from flowkit.diagnostics import Findings, Place
from flowkit.source.keys import names_of, read_keys, text_of
from flowkit.source.nodes import Node, ScalarNode


@dataclass(frozen=True, slots=True)
class IntakeDefinition:
    """Names still as nodes. `roles` None: a door for everybody outside; `ask` None: all that `filled` leaves open."""

    name: str
    title: str
    workflow: ScalarNode
    filled: Node | None
    per: ScalarNode | None
    roles: tuple[ScalarNode, ...] | None
    by: ScalarNode | None
    ask: tuple[ScalarNode, ...] | None
    place: Place


def parse(node: Node, findings: Findings, name: str = "") -> IntakeDefinition | None:
    """Every mistake in the keys is reported; None when it opens nothing."""
    read = read_keys(node, "intake", KEYS, findings)
    opens = read_keys(read["opens"], "opens", OPENS_KEYS, findings) if read is not None and "opens" in read else None
    workflow = opens.get("workflow") if opens is not None else None
    if read is None or opens is None or not isinstance(workflow, ScalarNode):
        return None
    applicant = read_keys(read["applicant"], "applicant", APPLICANT_KEYS, findings) if "applicant" in read else None
    title = text_of(read["title"], findings) if "title" in read else None
    return IntakeDefinition(
        name=name,
        title=title or name,
        workflow=workflow,
        filled=opens.get("with"),
        per=_scalar(read.get("per")),
        roles=names_of(read["who"], findings) if "who" in read else None,
        by=_scalar((applicant or {}).get("by")),
        ask=names_of(read["ask"], findings) if "ask" in read else None,
        place=node.place,
    )


def _scalar(node: Node | None) -> ScalarNode | None:
    return node if isinstance(node, ScalarNode) else None

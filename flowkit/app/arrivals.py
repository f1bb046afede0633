"""Events of outside systems find their case by an index: do the cases that listen hold there what they are found by?"""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.connect.connector import Connector
from flowkit.diagnostics import Findings
from flowkit.engine.definition import Workflow
from flowkit.engine.listed import COMPARED, listed_fields
from flowkit.engine.reading import WorkflowDefinition

OF_THE_CALL = ("call", "key")
"What the case has asked the system: kept of each case, whatever its fields."


def prove(
    definition: WorkflowDefinition, workflow: Workflow, connectors: Mapping[str, Connector], findings: Findings
) -> None:
    """Report each event that a node listens for and that would never find its case."""
    listed = [n for n, f in listed_fields(workflow).items() if f.type.name in COMPARED]
    heard = [name for node in definition.nodes.values() for name in node.events]
    heard += [name for stage in definition.stages.values() for name in stage.events]
    for name in dict.fromkeys(heard):
        connector, _, event = name.partition(".")
        known = connectors[connector].events.get(event) if connector in connectors else None
        if known is None or known.meant == OF_THE_CALL or (len(known.meant) == 1 and known.meant[0] in listed):
            continue
        meant = ".".join(known.meant)
        message = f'no case of "{workflow.name}" is found by "{meant}", so that "{name}" would come to none'
        help = "compare with call.key, or with a text, choice or reference among the workflow's own `fields`"
        findings.error("not-indexable", known.definition.when.place, message, help)

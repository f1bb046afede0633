"""Whether what a scenario lets outside systems say is what they can say: operations, and the fields they return or give.

Values are read by the fields themselves wherever they can be known before the story is played.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowkit.app.nouns.scenario_replies import Replies
from flowkit.connect.answers import Answer, AnswerProblem
from flowkit.diagnostics import Findings
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode


def check_replies(replies: Iterable[Replies], operations: Mapping[str, Answer], findings: Findings) -> None:
    """Report operations that no connector has, and answers that do not hold what they return."""
    for each in replies:
        if not findings.knows(each.operation, operations, each.place, f'unknown operation "{each.operation}"'):
            continue
        answer = operations[each.operation]
        for reply in each.given:
            if reply.kind == "values" and not reply.bare and isinstance(reply.said, MappingNode):
                check_given(answer, reply.said, f'operation "{each.operation}"', findings)


def check_given(answer: Answer, values: MappingNode, what: str, findings: Findings) -> None:
    """Report fields that there are not, values that do not fit, and what is missing."""
    known = [
        findings.knows(name, answer.fields, values.keys[name], f'{what} has no field "{name}"')
        for name in values.entries
    ]
    if not all(known) or not _settled(values):
        return
    try:
        answer.given(values.as_typed())
    except AnswerProblem as problem:
        findings.error("type-mismatch", values.place, f"{what} cannot say that: {problem}")


def _settled(node: Node) -> bool:
    """Whether all of it is known before the story is played."""
    match node:
        case ScalarNode():
            return not node.typed.startswith("=")
        case SequenceNode():
            return all(_settled(item) for item in node)
        case MappingNode():
            return all(_settled(value) for _, _, value in node.items())

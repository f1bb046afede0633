"""Linking verbs: what an exit or a node does, names looked up and expressions compiled. `verbs` carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowkit.diagnostics import Findings
from flowkit.engine.assigning import additions, assignments
from flowkit.engine.instructions import (
    ROW_BY_ROW,
    DecideVerb,
    EscalateVerb,
    NotifyVerb,
    PrintVerb,
    ReassignVerb,
    RecordVerb,
    ScoreVerb,
    SetVerb,
    Verb,
)
from flowkit.engine.keys import DIRECT_KEYS, VERB_KEYS
from flowkit.engine.library import Library
from flowkit.engine.link_children import link_start
from flowkit.engine.link_who import WhoLinker, gives, refuse_none
from flowkit.engine.reading import read_known
from flowkit.rules import scorecard as scorecards
from flowkit.rules.language.expression import Expression, compile_expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import compile_template
from flowkit.rules.language.types import BOOLEAN, Type
from flowkit.source.nodes import Node, ScalarNode, SequenceNode

_RECORDS = frozenset({"record", "any"})


def link_when(entries: Mapping[str, Node], scope: Scope, findings: Findings) -> Expression | None:
    """The condition under which an exit is open, a way is taken, a verb is done; None where there is none."""
    node = entries.get("when")
    return compile_expression(node, scope, findings, BOOLEAN) if isinstance(node, ScalarNode) else None


@dataclass(frozen=True, slots=True)
class VerbLinker:
    """`settable` are the fields a case may set: the workflow's own and those of the form it began with."""

    library: Library
    who: WhoLinker
    settable: Mapping[str, Type]

    def link(self, entries: Mapping[str, Node], scope: Scope) -> tuple[Verb, ...]:
        """Verbs that stand in the exit directly, then those under `do`, in order."""
        direct = {k.name: entries[k.name] for k in DIRECT_KEYS if k.name in entries}
        found = self._verb(direct, scope) if direct else []
        do = entries.get("do")
        for item in do.items if isinstance(do, SequenceNode) else (do,) if do is not None else ():
            refuse_none(item, "something to do", "such as {notify: on_the_way}", self.library)
            read = read_known(item, "verb", VERB_KEYS, self.library.findings)
            if read and set(read) == {"when"}:
                self.library.findings.error(
                    "missing-key", item.place, "nothing is done here", "such as {when: …, notify: NAME}"
                )
            elif read:
                found += self._verb(read, scope)
        return tuple(found)

    def _verb(self, read: Mapping[str, Node], scope: Scope) -> list[Verb]:
        """What one mapping of verbs says. People change before they are told, results are there before they are used."""
        found: list[Verb] = []
        for key, kind in (("reassign", ReassignVerb), ("escalate", EscalateVerb)):
            who = self.who.link(read[key], scope) if key in read else None
            if who is not None:
                found.append(kind(who))
        if "score" in read and (card := self.library.scorecard(read["score"])) is not None:
            found.append(ScoreVerb(scorecards.link(card, scope, self.library.findings, self.settable)))
        if "decide" in read and (table := self.library.decision(read["decide"])) is not None:
            found.append(DecideVerb(self.library.link_decision(table, scope)))
        if "record" in read:
            found += self._record(read, scope)
        elif "set" in read:
            found.append(SetVerb(assignments(read["set"], scope, self.settable, self.library.findings)))
        if "print" in read and (page := self.library.page(read["print"], scope, tuple(self.settable))) is not None:
            found.append(PrintVerb(page))
        if "start" in read:
            found += self._start(read, scope)
        if "notify" in read:
            found += self._notify(read["notify"], scope)
        when = (
            None
            if all(isinstance(verb, ROW_BY_ROW) for verb in found)
            else link_when(read, scope, self.library.findings)
        )
        return [verb if when is None or isinstance(verb, ROW_BY_ROW) else replace(verb, when=when) for verb in found]

    def _each(self, read: Mapping[str, Node], scope: Scope) -> tuple[Expression | None, Scope]:
        """`each` beside a verb, and the scope in which `row` is one of its rows."""
        each = read.get("each")
        rows = compile_expression(each, scope, self.library.findings) if isinstance(each, ScalarNode) else None
        return rows, scope if rows is None else scope.child({"row": rows.type.item or Type("any")})

    def _start(self, read: Mapping[str, Node], scope: Scope) -> list[Verb]:
        rows, inner = self._each(read, scope)
        verb = link_start(read["start"], rows, inner, self.library, self.who.link)
        return [replace(verb, when=link_when(read, inner, self.library.findings))] if verb is not None else []

    def _record(self, read: Mapping[str, Node], scope: Scope) -> list[Verb]:
        rows, scope = self._each(read, scope)
        record = compile_setting(read["record"], scope, self.library.findings)
        if record is None or not gives(record, _RECORDS, "a record", read["record"], self.library):
            return []
        fields = record.type.attributes()
        if "set" not in read and "add" not in read:
            self.library.findings.error(
                "missing-key", read["record"].place, "`record` needs `set` or `add`", "write set: {field: value}"
            )
        setting = assignments(read["set"], scope, fields, self.library.findings) if "set" in read else {}
        adding = additions(read["add"], scope, fields, self.library.findings) if "add" in read else {}
        return [RecordVerb(record, setting, adding, rows, when=link_when(read, scope, self.library.findings))]

    def _notify(self, node: Node, scope: Scope) -> list[Verb]:
        """One notification or a list of them."""
        if isinstance(node, SequenceNode):
            return [verb for item in node for verb in self._notify(item, scope)]
        notice = self.library.notification(node)
        if notice is None:
            return []
        title, text = (
            compile_template(words, scope, self.library.findings) if words is not None else None
            for words in (notice.title, notice.text)
        )
        to, cc = self.who.link(notice.to, scope), self.who.link(notice.cc, scope)
        return [NotifyVerb(notice.name, to, cc, notice.channels, title, text)]

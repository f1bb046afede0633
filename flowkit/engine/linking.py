"""From a workflow as written to one that can be judged by: names resolved, expressions compiled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowkit.diagnostics import Findings
from flowkit.engine.definition import Approval, Exit, Node, Route, Stage, Timeout, Watching, Workflow
from flowkit.engine.instructions import (
    NotifyVerb,
)
from flowkit.engine.keys import OUTCOMES, ROUTE_KEYS
from flowkit.engine.library import Library
from flowkit.engine.link_approval import link_approval
from flowkit.engine.link_calls import link_call
from flowkit.engine.link_children import link_run
from flowkit.engine.link_verbs import VerbLinker, link_when
from flowkit.engine.link_who import WhoLinker, refuse_none
from flowkit.engine.machine import BACK
from flowkit.engine.naming import answer_reader, field_reader, gather
from flowkit.engine.numbering import number_scope
from flowkit.engine.reading import ExitDefinition, NodeDefinition, StageDefinition, WorkflowDefinition
from flowkit.engine.timing import check_timeout
from flowkit.fields.definition import OUTSIDERS
from flowkit.forms.checks import Check
from flowkit.forms.form import Form
from flowkit.rules import watch as watches
from flowkit.rules.language.expression import Expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import Template, compile_template
from flowkit.rules.language.types import DATETIME, DURATION, Type
from flowkit.rules.watch import WatchDefinition
from flowkit.source.keys import boolean_of, found, integer_of, names_of, read_keys, text_of
from flowkit.source.nodes import Node as SourceNode
from flowkit.source.nodes import ScalarNode, SequenceNode


def link(definition: WorkflowDefinition, version: str, library: Library) -> Workflow:
    """Link one workflow. Every mistake is reported to the library's findings; the result is only of use without errors."""
    own = library.own_fields(definition.entries.get("fields"))
    form = library.form(definition.entries["from"], definition.name) if "from" in definition.entries else None
    names = gather(definition, form, own, library)
    scope = Scope(dict(names.types))
    linked_form = library.link_form(form, scope) if form is not None else None
    linked_own = library.link_form(own, scope)
    fields = {**linked_own.fields, **(linked_form.fields if linked_form is not None else {})}
    for name, linked in fields.items():
        names.readers[name] = field_reader(name, linked)
    who = WhoLinker(library, names)
    do = VerbLinker(library, who, {name: names.types[name] for name in fields})
    linker = _Linker(definition, library, scope, linked_form, who, do)
    nodes = {name: linker.node(node) for name, node in definition.nodes.items()}
    watches = tuple(w for d in library.watches(definition.name) if (w := linker.watching(d)) is not None)
    stages = {name: linker.stage(stage) for name, stage in definition.stages.items()}
    for name, answered in linker.forms.items():
        names.readers[name] = answer_reader(name, answered.fields)
    number, unit = definition.entries.get("number"), definition.entries.get("unit")
    return Workflow(
        name=definition.name,
        title=definition.title,
        version=version,
        business=library.business,
        form=linked_form,
        own_fields=linked_own,
        fields=fields,
        number=_number(number, scope, library.findings) if number is not None else None,
        unit=compile_setting(unit, scope, library.findings) if unit is not None else None,
        nodes=nodes,
        names=names.readers,
        types=scope.names,
        stages=stages,
        watches=watches,
        heard=linker.heard,
        who=_beginners(definition.entries.get("who"), library),
    )


def _beginners(node: SourceNode | None, library: Library) -> frozenset[str] | None:
    if node is None:
        return None
    named, known = names_of(node, library.findings), (*library.business.roles, OUTSIDERS)
    return frozenset(n.typed for n in named if library.findings.knows(n.typed, known, n.place, f'no role "{n.typed}"'))


def _number(node: SourceNode, scope: Scope, findings: Findings) -> Template | None:
    """The template of what people call a case by; one that reads nothing would call all of them the same."""
    template = compile_template(node, number_scope(scope), findings)
    if template is not None and not template.reads:
        message = f"every case would have the number {found(node)}"
        findings.error("bad-value", node.place, message, 'write number: "{{ date }}-{{ sequence(3) }}"')
    return template


@dataclass(slots=True)
class _Linker:
    """Linking of one workflow's nodes; `forms` fills with the linked forms by the name of their answers, `heard` with
    how events from outside are read.
    """

    definition: WorkflowDefinition
    library: Library
    scope: Scope
    form: Form | None
    who: WhoLinker
    do: VerbLinker
    forms: dict[str, Form] = field(default_factory=dict)
    heard: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)

    @property
    def findings(self) -> Findings:
        return self.library.findings

    def node(self, node: NodeDefinition) -> Node:
        entries = node.entries
        outcome = entries.get("end")
        failed = self.exit(node.failed, self.scope) if node.failed is not None else None
        stages = [s.actions for s in self.definition.stages.values() if node.name in s.nodes]
        beside = {name for actions in (node.actions, *stages) for name in actions}
        return Node(
            name=node.name,
            title=node.title,
            kind=node.kind,
            do=self.do.link(entries, self.scope),
            next=self.routes(entries.get("next"), self.scope),
            owner=self.who.link(entries.get("owner"), self.scope),
            others=self.who.link(entries.get("not"), self.scope),
            actions={name: self.exit(e, self.scope, beside) for name, e in node.actions.items()},
            events={name: self.event(e) for name, e in node.events.items()},
            timeouts=tuple(self.timeout(e) for e in node.timeouts),
            pauses="clock" in entries,
            progress=(text_of(entries["progress"], self.findings) or "") if "progress" in entries else "",
            call=link_call(node, failed, self.scope, self.library) if node.kind == "call" else None,
            approval=self.approval(node) if "approval" in entries else None,
            run=link_run(entries["run"], self.scope, self.do.settable, self.library, self.who.link)
            if "run" in entries
            else None,
            outcome=outcome.typed if isinstance(outcome, ScalarNode) and outcome.typed in OUTCOMES else None,  # type: ignore[arg-type]
        )

    def approval(self, node: NodeDefinition) -> Approval | None:
        outcomes = {name: self.exit(e, self.scope) for name, e in node.outcomes.items()}
        return link_approval(node.entries["approval"], outcomes, self.scope, self.who.link, self.findings)

    def watching(self, definition: WatchDefinition) -> Watching | None:
        """A watch over this workflow, in its names; `reaches` is one of its nodes, or any end."""
        linked = watches.link(definition, self.scope, self.findings)
        if definition.reaches.typed == watches.ENDED:
            nodes = frozenset(n.name for n in self.definition.nodes.values() if n.kind == "end")
        else:
            place = self.place(definition.reaches)
            nodes = frozenset({place} if place else ())
        seen = {"key": Type("text"), "count": Type("number"), "title": Type("text")}
        scope = self.scope.child({"watch": Type("record", optional=False, members=lambda: seen)})
        do = self.do.link({"do": definition.does}, scope)
        return Watching(linked, nodes, do) if linked is not None else None

    def stage(self, stage: StageDefinition) -> Stage:
        return Stage(
            name=stage.name,
            title=stage.title,
            nodes=stage.nodes,
            actions={name: self.exit(e, self.scope, stage.actions) for name, e in stage.actions.items()},
            events={name: self.event(e) for name, e in stage.events.items()},
            timeouts=tuple(self.timeout(e, of_stage=True) for e in stage.timeouts),
        )

    def event(self, exit_: ExitDefinition) -> Exit:
        given = self.library.event(exit_.name, exit_.place)
        if given is not None:
            self.heard[exit_.name] = given.load
        return self.exit(exit_, self.scope.child({"event": given.type if given is not None else Type("any")}))

    def exit(self, exit_: ExitDefinition, scope: Scope, beside: Collection[str] = ()) -> Exit:
        """`beside` are the actions there are where it stands."""
        entries = exit_.entries
        without = self.who.link(entries.get("not"), scope)
        form, answer = self.answered(exit_, scope)
        return Exit(
            name=exit_.name,
            title=exit_.title,
            who=self.who.link(entries.get("who"), scope),
            without=without if "who" in entries else None,
            leave_out=without if "who" not in entries else None,
            when=link_when(entries, scope, self.findings),
            form=form,
            answer=answer,
            checks=self.checks(entries.get("checks"), scope, form, answer, set(beside) - {exit_.name}),
            edit=self.edited(entries["edit"]) if "edit" in entries else None,
            do=self.do.link(entries, scope),
            to=self.routes(entries.get("to"), scope),
        )

    def checks(
        self, node: SourceNode | None, scope: Scope, form: Form | None, answer: str, beside: Collection[str]
    ) -> tuple[Check, ...]:
        if node is None:
            return ()
        fields = form.fields if form is not None else {}
        return self.library.link_checks(self.library.checks(node), scope, tuple(fields), answer, beside)

    def answered(self, exit_: ExitDefinition, scope: Scope) -> tuple[Form | None, str]:
        node = exit_.entries.get("form")
        definition = self.library.form(node, exit_.name) if node is not None else None
        if definition is None:
            return None, ""
        linked = self.library.link_form(definition, scope)
        self.forms[definition.name] = linked
        return linked, definition.name

    def edited(self, node: SourceNode) -> Form | None:
        """A form of the earlier fields that are open again, under the rules they have."""
        known = self.form.fields if self.form is not None else {}
        chosen = []
        for name in names_of(node, self.findings):
            message = f'"{name.typed}" is no field of the form this workflow begins with'
            if self.findings.knows(name.typed, known, name.place, message):
                chosen.append(name.typed)
        if self.form is None or not chosen:
            return None
        return self.form.part(chosen)

    def timeout(self, exit_: ExitDefinition, of_stage: bool = False) -> Timeout:
        entries = exit_.entries
        repeat = integer_of(entries["repeat"], self.findings) if "repeat" in entries else 0
        linked = self.exit(exit_, self.scope)
        if not linked.to and not of_stage:
            # Nothing moves: what is said then only reminds people of this visit. A stage outlasts a visit.
            reminding = tuple(replace(v, reminder=True) if isinstance(v, NotifyVerb) else v for v in linked.do)
            linked = replace(linked, do=reminding)
        timeout = Timeout(
            exit=linked,
            after=self.setting(entries.get("after"), self.scope, DURATION),
            at=self.setting(entries.get("at"), self.scope, DATETIME),
            repeat=repeat or 0,
            every=self.setting(entries.get("every"), self.scope, DURATION),
            urgent=bool("urgent" in entries and boolean_of(entries["urgent"], self.findings)),
        )
        check_timeout(timeout, exit_.place, entries, self.library.business, self.findings)
        return timeout

    def setting(self, node: SourceNode | None, scope: Scope, expects: Type) -> Expression | None:
        return compile_setting(node, scope, self.findings, expects) if node is not None else None

    def routes(self, node: SourceNode | None, scope: Scope) -> tuple[Route, ...]:
        """`to` and `next`: one node's name, or a list of {when, to}."""
        if node is None:
            return ()
        if isinstance(node, ScalarNode):
            to = self.place(node)
            return (Route(None, to),) if to else ()
        routes = []
        refuse_none(node, "a way", "leave the key out where the case stays", self.library)
        for item in node.items if isinstance(node, SequenceNode) else (node,):
            entries = read_keys(item, "route", ROUTE_KEYS, self.findings) or {}
            target, condition = entries.get("to"), link_when(entries, scope, self.findings)
            to = self.place(target) if isinstance(target, ScalarNode) else None
            if to and ("when" not in entries or condition is not None):
                routes.append(Route(condition, to))
        return tuple(routes)

    def place(self, node: ScalarNode) -> str | None:
        nodes, name = self.definition.nodes, node.typed
        known = name == BACK or self.findings.knows(name, nodes, node.place, f'no node "{name}"')
        return name if known else None

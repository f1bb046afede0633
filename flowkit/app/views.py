"""Views linked: names looked up, conditions made ones that lists can follow, cards compiled for each workflow.

Knows what a view is made of; which cases are in it, and what of them somebody may read, others say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flowkit.app.nouns.view import ViewDefinition
from flowkit.app.nouns.view_keys import COLUMNS, ORDERS
from flowkit.app.sights import Around, condition_of
from flowkit.diagnostics import Findings
from flowkit.engine.definition import Business, Workflow
from flowkit.engine.listed import listed_bands, listed_fields
from flowkit.engine.row_condition import Among
from flowkit.engine.sight import Joined, OfActor, Unsettled
from flowkit.fields.definition import Field
from flowkit.rules.language.expression import Expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.templates import Template, compile_all, compile_template
from flowkit.rules.language.types import TEXT, Type
from flowkit.source.nodes import Node, ScalarNode

Order = Literal["due", "-created", "created"]

LANES_BY = ("node", "owner", "unit")
MOST_LINES = 2
"""How many fields stand on a card of which its author has not said what does."""


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A lane: the text that its cases hold, and what people call it. `ends`: its cases have ended."""

    key: str
    title: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """By what people narrow a view down: a column or field, and what can be chosen (text, title); empty: anything."""

    name: str
    title: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CardShape:
    """What stands on the card of a case of one workflow; `columns` are the fields a list shows."""

    title: Template | None
    lines: tuple[Template, ...]
    flag: Template | Expression | None
    columns: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkedView:
    """A view ready for use.

    roles      whom it is for; None: everybody who works here
    by         what tells lanes apart: node, owner, unit or a field; "" for a list
    lanes      None: those there are when somebody looks
    when       which cases; None: those that have not ended
    first      which of them go before all others
    sorts_by   the fields that tell where a case stands: from whom one is hidden, the view is hidden too
    """

    name: str
    title: str
    workflows: tuple[str, ...]
    roles: frozenset[str] | None
    by: str
    lanes: tuple[LaneShape, ...] | None
    when: Unsettled | None
    first: Unsettled | None
    order: Order
    filters: tuple[Filter, ...]
    columns: tuple[tuple[str, str], ...]
    cards: Mapping[str, CardShape] = field(repr=False)
    sorts_by: frozenset[str] = frozenset()

    @property
    def kind(self) -> Literal["board", "list"]:
        return "board" if self.by else "list"


def link_view(
    definition: ViewDefinition,
    workflows: Mapping[str, Workflow],
    documents: Mapping[str, object],
    business: Business,
    person: Type,
    findings: Findings,
) -> LinkedView | None:
    """`documents` are the workflows that are written, some of which may not be linked. None where nothing can be shown."""
    known = [n for n in definition.of if findings.knows(n.typed, documents, n.place, f'no workflow "{n.typed}"')]
    shown = {n.typed: workflows[n.typed] for n in known if n.typed in workflows}
    if not shown or len(known) < len(definition.of):
        return None
    return _Linker(definition, shown, business, person, findings).view()


@dataclass(frozen=True, slots=True)
class _Linker:
    definition: ViewDefinition
    workflows: Mapping[str, Workflow]
    business: Business
    person: Type
    findings: Findings

    def view(self) -> LinkedView:
        written = self.definition
        staff = self.business.entities[self.business.staff].fields if self.business.staff is not None else {}
        around = Around(self.workflows, self.business.staff, staff, self.person)
        when, first = (
            condition_of(node, around, self.findings) if node is not None else None
            for node in (written.when, written.first)
        )
        by = self._by()
        columns = self._columns() if not written.by else ()
        filters = tuple(f for node in written.filters if (f := self._filter(node)) is not None)
        sorting = {by, *(f.name for f in filters), *_compared(when), *_compared(first)}
        view = LinkedView(
            name=written.name,
            title=written.title,
            workflows=tuple(self.workflows),
            roles=self._roles(),
            by=by,
            lanes=self._lanes(by),
            when=when,
            first=first,
            order=self._order(),
            filters=filters,
            columns=columns,
            cards={name: self._card(workflow, columns) for name, workflow in self.workflows.items()},
            sorts_by=frozenset(sorting) & self.listed.keys(),
        )
        self._must_be_seen(view)
        return view

    # --- for whom ----------------------------------------------------------------------------------------------------

    def _roles(self) -> frozenset[str] | None:
        if self.definition.roles is None:
            return None
        known = self.business.roles
        named = self.definition.roles
        return frozenset(n.typed for n in named if self.findings.knows(n.typed, known, n.place, f'no role "{n.typed}"'))

    def _must_be_seen(self, view: LinkedView) -> None:
        for name in sorted(view.sorts_by):
            hidden = sorted((view.roles or frozenset()) & self.listed[name].hidden_from)
            if hidden:
                message = f'"{name}" is hidden from {", ".join(hidden)}, and where a case stands would tell it'
                self.findings.error(
                    "hidden-field", self.definition.place, message, "leave it out, or make a view apart"
                )

    # --- lanes -------------------------------------------------------------------------------------------------------

    @property
    def listed(self) -> dict[str, Field]:
        """The fields that lists hold, of all its workflows."""
        return {name: f for w in self.workflows.values() for name, f in listed_fields(w).items()}

    def _by(self) -> str:
        node = self.definition.by
        if node is None:
            return ""
        return node.typed if self._is_listed(node, LANES_BY) else ""

    def _is_listed(self, node: ScalarNode, besides: Sequence[str]) -> bool:
        bands = [name for w in self.workflows.values() for name in listed_bands(w)]
        known = (*besides, *self.listed, *bands)
        if node.typed in known:
            return True
        fields = {name for w in self.workflows.values() for name in w.fields}
        if node.typed in fields:
            message, help = (
                f'lists do not hold "{node.typed}"',
                "take a choice, a reference, or one of the workflow's own fields",
            )
            self.findings.error("type-mismatch", node.place, message, help)
            return False
        return self.findings.knows(node.typed, known, node.place, f'no field "{node.typed}"')

    def _lanes(self, by: str) -> tuple[LaneShape, ...] | None:
        written, known = self.definition.lanes, self._known_lanes(by)
        if written is None:
            return tuple(lane for lane in known.values() if not lane.ends) if known else None
        for node in written:
            if known:
                self.findings.knows(node.typed, known, node.place, f'no {by} "{node.typed}" for a lane')
        return tuple(known.get(node.typed, LaneShape(node.typed, self._called(by, node.typed))) for node in written)

    def _known_lanes(self, by: str) -> dict[str, LaneShape]:
        """Those that can be told from what is written; empty where only the cases tell."""
        if by == "node":
            nodes = [n for w in self.workflows.values() for n in w.nodes.values() if n.kind != "route"]
            return {n.name: LaneShape(n.name, n.title, n.kind == "end") for n in nodes}
        return {text: LaneShape(text, title) for text, title in self._options(by)} if by not in LANES_BY else {}

    def _called(self, by: str, key: str) -> str:
        role = key.removeprefix("role:")
        return self.business.roles.get(role, key) if by == "owner" else key

    def _options(self, name: str) -> tuple[tuple[str, str], ...]:
        """What can be chosen of a field, with what people call it."""
        if "." in name:
            cards = (w.cards[card] for w in self.workflows.values() if (card := name.partition(".")[0]) in w.cards)
            return tuple({band.name: band.title for c in cards for band in c.definition.bands}.items())
        found = self.listed.get(name)
        if found is None:
            return ()
        if found.type.name == "switch":
            return (("True", "是"), ("False", "否"))
        return tuple((option, option) for option in found.choices.options) if found.choices is not None else ()

    # --- what is asked for -------------------------------------------------------------------------------------------

    def _filter(self, node: ScalarNode) -> Filter | None:
        name = node.typed
        if not self._is_listed(node, tuple(COLUMNS)):
            return None
        if name == "node":
            return Filter(
                name, COLUMNS[name], tuple((lane.key, lane.title) for lane in self._known_lanes("node").values())
            )
        if name == "workflow":
            return Filter(name, COLUMNS[name], tuple((w.name, w.title) for w in self.workflows.values()))
        return Filter(name, self._title(name), () if name in COLUMNS else self._options(name))

    def _title(self, name: str) -> str:
        if name in COLUMNS:
            return COLUMNS[name]
        found = next((w.fields[name] for w in self.workflows.values() if name in w.fields), None)
        return found.title if found is not None else name

    def _order(self) -> Order:
        node = self.definition.order
        if node is None:
            return "due"
        self.findings.knows(node.typed, ORDERS, node.place, f'no order "{node.typed}"')
        return node.typed if node.typed in ORDERS else "due"  # type: ignore[return-value]

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _columns(self) -> tuple[tuple[str, str], ...]:
        if self.definition.columns is None:
            about = dict.fromkeys(name for w in self.workflows.values() for name in _about(w))
            several = ("workflow",) if len(self.workflows) > 1 else ()
            names = ("number", *several, *about, "node", "owner", "due")
            return tuple((name, self._title(name)) for name in names)
        fields = {name for w in self.workflows.values() for name in w.fields}
        known = (*COLUMNS, *fields)
        named = self.definition.columns
        wanted = [n.typed for n in named if self.findings.knows(n.typed, known, n.place, f'no field "{n.typed}"')]
        return tuple((name, self._title(name)) for name in wanted)

    def _card(self, workflow: Workflow, columns: tuple[tuple[str, str], ...]) -> CardShape:
        scope, written = Scope(workflow.types), self.definition
        about = _about(workflow)
        texts = {n: t for n in (*about, *(c for c, _ in columns)) if n in workflow.fields and (t := _plain(n, scope))}
        title = self._text(written.card_title, scope) if written.card_title is not None else None
        if written.card_title is None and about:
            title, about = texts[about[0]], about[1:]
        if written.lines is not None:
            lines = tuple(t for node in written.lines if (t := self._text(node, scope)) is not None)
        else:
            lines = tuple(texts[name] for name in about[:MOST_LINES]) if written.by is not None else ()
        shown = {name: texts[name] for name, _ in columns if name in texts}
        return CardShape(title, lines, self._flag(scope), shown)

    def _text(self, node: Node, scope: Scope) -> Template | None:
        return compile_template(node, scope, self.findings)

    def _flag(self, scope: Scope) -> Template | Expression | None:
        node = self.definition.flag
        if isinstance(node, ScalarNode) and node.typed.startswith("="):
            return compile_setting(node, scope, self.findings, TEXT)
        return self._text(node, scope) if node is not None else None


def _about(workflow: Workflow) -> list[str]:
    """The fields that tell cases of a workflow apart, as far as its author has not said which: those lists hold."""
    own = workflow.own_fields.fields
    return [name for name in listed_fields(workflow) if name not in own][: 1 + MOST_LINES]


def plain_card(workflow: Workflow) -> CardShape:
    """The card of a workflow of which no view says what stands on it."""
    scope = Scope(workflow.types)
    texts = [text for name in _about(workflow) if (text := _plain(name, scope)) is not None]
    return CardShape(texts[0] if texts else None, tuple(texts[1:]), None)


def _plain(name: str, scope: Scope) -> Template | None:
    """A field as it is shown where nothing else is said."""
    found = compile_all(f"{{{{ {name} }}}}", scope)
    return found if isinstance(found, Template) else None


def _compared(condition: Unsettled | None) -> Iterator[str]:
    """The columns and fields that a condition compares."""
    match condition:
        case Joined(_, parts):
            for part in parts:
                yield from _compared(part)
        case Among(name) | OfActor(name):
            yield name

"""From definitions to fields: names of other nouns resolved, expressions compiled, rings refused.

What fields need of other nouns comes in as parameters; nothing is looked up elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowkit.diagnostics import Findings, Related, shown
from flowkit.fields.choices import options_of
from flowkit.fields.compiling import Compiler
from flowkit.fields.definition import Choices, Field, FieldDefinition, Setting
from flowkit.fields.kinds import expression_type, value_type
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.source.keys import Key, boolean_of, found, integer_of, names_of, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean

EntityTypes = Callable[[str], Mapping[str, Type] | None]
"""The attributes of an entity's records as expressions see them, or None when there is no such entity."""

LONGEST_CHAIN = 30
"""How many fields may follow one another before the first that stands by itself."""

ENTITY_OPTIONS_KEYS = (
    Key("entity", "name", "whose records can be chosen", required=True, example="building"),
    Key("when", "expression", "which of them; row is the record", example="row.customer == customer"),
)


def link_fields(
    definitions: Mapping[str, FieldDefinition],
    scope: Scope,
    findings: Findings,
    vocabularies: Mapping[str, Choices],
    entity_types: EntityTypes,
    entities: Sequence[str] = (),
) -> Mapping[str, Field]:
    """The fields ready for use; their own conditions see all of them as bare names, then `scope`.

    `entities` are the names there are, for suggestions. Mistakes are reported; a field with a mistake is linked as far
    as it goes, so that what refers to it is not reported as well.
    """
    linker = _Linker(findings, vocabularies, entity_types, tuple(entities))
    return _fields({name: linker.bare(d) for name, d in definitions.items()}, scope, linker, in_row=False)


def _fields(bare: Mapping[str, Field], scope: Scope, linker: _Linker, *, in_row: bool) -> Mapping[str, Field]:
    """Fields whose own names are known, with their expressions compiled in a scope that has them all."""
    names = {name: field.expression_type for name, field in bare.items()}
    if in_row:
        names["row"] = Type("record", optional=False, members=lambda: {n: f.expression_type for n, f in bare.items()})
    compiler = Compiler(scope.child(names), linker.findings, in_row)
    linked = {name: _complete(field, compiler, linker) for name, field in bare.items()}
    _refuse_rings(linked, linker.findings)
    return linked


def _complete(bare: Field, compiler: Compiler, linker: _Linker) -> Field:
    nodes = bare.definition.nodes
    return replace(
        bare,
        of=None if bare.of is None else _fields(bare.of, compiler.scope, linker, in_row=True),
        item=None if bare.item is None else _complete(bare.item, compiler, linker),
        selectable=_selectable(bare, compiler, linker),
        required=compiler.condition(nodes.get("required")),
        visible=compiler.condition(nodes.get("visible")),
        readonly=compiler.condition(nodes.get("readonly")),
        default=compiler.default(nodes.get("default"), bare),
        value=compiler.value(nodes.get("value"), bare),
        min=compiler.limit(nodes.get("min"), bare),
        max=compiler.limit(nodes.get("max"), bare),
    )


def _selectable(bare: Field, compiler: Compiler, linker: _Linker) -> Setting | None:
    options, entity = bare.definition.nodes.get("options"), bare.entity
    if not isinstance(options, MappingNode) or entity is None:
        return None
    row = Type("record", optional=False, members=lambda: linker.entity_types(entity) or {})
    return compiler.selectable(options.get("when"), row)


@dataclass(frozen=True, slots=True)
class _Linker:
    """What is the same for all fields of one linking."""

    findings: Findings
    vocabularies: Mapping[str, Choices]
    entity_types: EntityTypes
    entities: tuple[str, ...]

    def bare(self, definition: FieldDefinition) -> Field:
        """The field with what needs no expression: other conditions need its type before they can be compiled."""
        nodes, columns = definition.nodes, definition.columns
        item = self.bare(definition.item) if definition.item is not None else None
        of = {n: self.bare(c) for n, c in columns.items()} if columns is not None else None
        choices, entity = self._chosen_from(nodes)
        options = choices.options if choices is not None else ()
        coordinates = nodes.get("coordinates")
        personal, hidden_from = self._switch(nodes, "personal"), frozenset(self._names(nodes, "hidden_from"))
        seen_as = expression_type(definition, item, of, options, entity, self.entity_types)
        return Field(
            definition.name,
            definition.title,
            value_type(definition, self._number(nodes, "max_length"), item, of),
            replace(seen_as, guarded=personal or bool(hidden_from)),
            definition,
            of,
            item,
            item.entity if item is not None else entity,
            choices,
            accept=self._names(nodes, "accept"),
            video_seconds=self._number(nodes, "video_seconds"),
            coordinates=coordinates.typed if isinstance(coordinates, ScalarNode) else None,
            personal=personal,
            hidden_from=hidden_from,
        )

    def _chosen_from(self, nodes: Mapping[str, Node]) -> tuple[Choices | None, str | None]:
        """The texts that can be chosen, or the entity whose records can."""
        vocabulary, options, own = nodes.get("vocabulary"), nodes.get("options"), nodes.get("entity")
        entity = self._entity(own)
        if isinstance(vocabulary, ScalarNode):
            return self._vocabulary(vocabulary), entity
        if isinstance(options, MappingNode):
            named = (read_keys(options, "options", ENTITY_OPTIONS_KEYS, self.findings) or {}).get("entity")
            if isinstance(own, ScalarNode) and isinstance(named, ScalarNode) and own.typed != named.typed:
                message = f"expected records of {shown(own.typed)}, found {shown(named.typed)}"
                self.findings.error("type-mismatch", named.place, message, "the field points to one entity")
                return None, entity
            return None, entity or self._entity(named)
        if isinstance(options, SequenceNode) and own is None:
            return options_of(options, self.findings), None
        if options is not None:
            wanted = "{entity: …}" if own is not None else "a list of options"
            self.findings.error("wrong-kind", options.place, f"expected {wanted}, found {found(options)}")
        return None, entity

    def _vocabulary(self, node: ScalarNode) -> Choices | None:
        choices = self.vocabularies.get(node.typed)
        if choices is None:
            help_ = did_you_mean(node.typed, self.vocabularies)
            self.findings.error("unknown-name", node.place, f"unknown vocabulary {shown(node.typed)}", help_)
        return choices

    def _entity(self, node: Node | None) -> str | None:
        if not isinstance(node, ScalarNode):
            return None
        if self.entity_types(node.typed) is None:
            help_ = did_you_mean(node.typed, self.entities)
            self.findings.error("unknown-name", node.place, f"unknown entity {shown(node.typed)}", help_)
            return None
        return node.typed

    def _number(self, nodes: Mapping[str, Node], key: str) -> int | None:
        return integer_of(nodes[key], self.findings) if key in nodes else None

    def _names(self, nodes: Mapping[str, Node], key: str) -> tuple[str, ...]:
        return tuple(n.typed for n in names_of(nodes[key], self.findings)) if key in nodes else ()

    def _switch(self, nodes: Mapping[str, Node], key: str) -> bool:
        return bool(boolean_of(nodes[key], self.findings)) if key in nodes else False


def _refuse_rings(fields: Mapping[str, Field], findings: Findings) -> None:
    """Reports fields whose values depend on each other in a ring, once a ring, and chains too long to follow."""
    depths: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...]) -> int:
        """How many fields must be settled one after another for this one."""
        if name in path:
            _report_ring(path[path.index(name) :], fields, findings)
            return 0
        if name not in depths:
            others = sorted(fields[name].followed & fields.keys())
            depths[name] = 1 + max((depth(other, (*path, name)) for other in others), default=0)
            if depths[name] == LONGEST_CHAIN + 1:
                message = f"the value depends on a chain of more than {LONGEST_CHAIN} fields"
                findings.error("too-deep", fields[name].definition.place, message)
        return depths[name]

    for name in fields:
        depth(name, ())


def _report_ring(ring: tuple[str, ...], fields: Mapping[str, Field], findings: Findings) -> None:
    first = fields[ring[0]].definition
    others = [Related(fields[n].definition.place, f'"{n}" is part of it') for n in ring[1:]]
    said = f"fields depend on each other: {' → '.join((*ring, ring[0]))}"
    said = f'the value of "{ring[0]}" depends on itself' if len(ring) == 1 else said
    findings.error("circular-fields", first.place, said, "let one of them be typed", others)

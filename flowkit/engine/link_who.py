"""Linking a *who* of rule 10: roles and dispatches looked up, expressions compiled. Whom it means now, `who` finds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowkit.engine.instructions import Who
from flowkit.engine.keys import WHO_KEYS
from flowkit.engine.library import Library
from flowkit.engine.naming import Names
from flowkit.rules import dispatch as dispatches
from flowkit.rules.language.expression import Expression, compile_setting
from flowkit.rules.language.scope import Scope
from flowkit.source.keys import found, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode

_PEOPLE = frozenset({"record", "text", "list", "any"})
"""What can be somebody: a record, ENTITY:KEY as text, several of these."""


def refuse_none(node: Node, wanted: str, help: str, library: Library) -> None:
    """An empty list or map, which says nothing where something must be said."""
    empty = isinstance(node, SequenceNode) and not node.items
    if empty or (isinstance(node, MappingNode) and not node.entries):
        library.findings.error("wrong-kind", node.place, f"expected {wanted}, found none", help)


def gives(expression: Expression, kinds: frozenset[str], wanted: str, node: Node, library: Library) -> bool:
    """Whether an expression can give what is wanted. Of constants only a text can, as in ='employee:zhang'."""
    if expression.type.kind in kinds and (not expression.constant or expression.type.kind == "text"):
        return True
    given = found(node) if expression.constant else expression.type.words
    library.findings.error(
        "type-mismatch", node.place, f"expected {wanted}, found {given}", "such as =elevator.customer"
    )
    return False


@dataclass(frozen=True, slots=True)
class WhoLinker:
    """`names` are those of the workflow, to tell a place from a value."""

    library: Library
    names: Names

    def link(self, node: Node | None, scope: Scope) -> Who | None:
        """A who in any of its spellings; None where none is written, and where a mistake in it was reported."""
        if node is None:
            return None
        if isinstance(node, SequenceNode):
            example = f"such as [{next(iter(self.library.business.roles), 'applicant')}, owner]"
            refuse_none(node, "somebody", example, self.library)
            parts = tuple(w for item in node if (w := self.link(item, scope)) is not None)
            return Who("several", parts=parts) if parts else None
        if isinstance(node, MappingNode):
            return self._in_words(node, scope)
        if node.typed.startswith("="):
            expression = compile_setting(node, scope, self.library.findings)
            if expression is None or not gives(expression, _PEOPLE, "somebody", node, self.library):
                return None
            return Who("expression", expression=expression, node=self._place(expression))
        if node.typed in ("owner", "applicant"):
            return Who("owner" if node.typed == "owner" else "applicant")
        if node.typed == "manager":
            return self._manager(node)
        role = self.library.role(node)
        return Who("role", roles=(role,)) if role is not None else None

    def _manager(self, node: ScalarNode) -> Who:
        business = self.library.business
        if business.manager is None and not business.managers:
            help = "write staff: {manager: FIELD}, or roles: {technician: {manager: ROLE}}"
            self.library.findings.error("missing-key", node.place, "the app does not say who manages whom", help)
        return Who("manager")

    def _place(self, expression: Expression) -> str:
        """The node whose owner an expression means, if it is just NODE.owner."""
        path = next(iter(expression.reads), ()) if len(expression.reads) == 1 else ()
        if len(path) != 2 or path[1] != "owner" or expression.text.lstrip("=").strip() != ".".join(path):
            return ""
        # A value of that name goes before the node.
        return path[0] if path[0] in self.names.nodes else ""

    def _in_words(self, node: MappingNode, scope: Scope) -> Who | None:
        """One that says what it is, and whom that leaves out."""
        entries = read_keys(node, "who", WHO_KEYS, self.library.findings)
        said = [key for key in ("dispatch", "everyone", "role") if key in (entries or {})]
        if entries is None or len(said) != 1:
            message = "expected one of `dispatch`, `everyone` and `role`"
            self.library.findings.error("missing-key", node.place, message, "write {everyone: ROLE}")
            return None
        kind, named = said[0], entries[said[0]]
        found: Who | None = None
        if kind == "dispatch":
            found = self._dispatched(named, scope)
        elif isinstance(named, ScalarNode) and (role := self.library.role(named)) is not None:
            found = Who("everyone" if kind == "everyone" else "role", roles=(role,))
        without = self.link(entries.get("not"), scope)
        return replace(found, without=without) if found is not None else None

    def _dispatched(self, node: Node, scope: Scope) -> Who | None:
        definition = self.library.dispatch(node)
        if definition is None:
            return None
        linked = dispatches.link(definition, scope, self.library.findings, self.library.person(staff_only=True))
        roles = tuple(r for n in definition.among if (r := self.library.role(n)) is not None)
        return Who("dispatch", roles=roles, dispatch=linked, otherwise=self.link(definition.otherwise, scope))

"""A view as written: its keys read, nothing looked up yet."""

from __future__ import annotations

from dataclasses import dataclass

from flowkit.app.nouns.view_keys import BOARD_KEYS, CARD_KEYS, KEYS
from flowkit.diagnostics import Findings, Place
from flowkit.source.keys import names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """Names still as nodes. Without `by` it is a list; `lanes` and `columns` None: all there are."""

    name: str
    title: str
    of: tuple[ScalarNode, ...]
    roles: tuple[ScalarNode, ...] | None
    when: ScalarNode | None
    first: ScalarNode | None
    by: ScalarNode | None
    lanes: tuple[ScalarNode, ...] | None
    columns: tuple[ScalarNode, ...] | None
    card_title: Node | None
    lines: tuple[Node, ...] | None
    flag: Node | None
    order: ScalarNode | None
    filters: tuple[ScalarNode, ...]
    place: Place


def parse(node: Node, findings: Findings, name: str = "") -> ViewDefinition | None:
    """Every mistake in the keys is reported; None when it has none that can be used."""
    read = read_keys(node, "view", KEYS, findings)
    if read is None:
        return None
    board = read_keys(read["board"], "board", BOARD_KEYS, findings) if "board" in read else None
    card = (read_keys(read["card"], "card", CARD_KEYS, findings) if "card" in read else None) or {}
    if board is not None and isinstance(node, MappingNode) and "columns" in read:
        message = "a board has lanes, not columns"
        findings.error("unknown-key", node.keys["columns"], message, "leave out `columns`, or `board`")
    title = text_of(read["title"], findings) if "title" in read else None
    named = {key: names_of(read[key], findings) for key in ("of", "for", "columns", "filters") if key in read}
    return ViewDefinition(
        name=name,
        title=title or name,
        of=named.get("of", ()),
        roles=named.get("for"),
        when=_scalar(read.get("when")),
        first=_scalar(read.get("first")),
        by=_scalar((board or {}).get("by")),
        lanes=names_of(board["lanes"], findings) if board is not None and "lanes" in board else None,
        columns=named.get("columns"),
        card_title=card.get("title"),
        lines=_lines(card.get("lines")),
        flag=card.get("flag"),
        order=_scalar(read.get("order")),
        filters=named.get("filters", ()),
        place=node.place,
    )


def _scalar(node: Node | None) -> ScalarNode | None:
    return node if isinstance(node, ScalarNode) else None


def _lines(node: Node | None) -> tuple[Node, ...] | None:
    if node is None:
        return None
    return tuple(node.items) if isinstance(node, SequenceNode) else (node,)

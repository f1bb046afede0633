"""Parse events into nodes with places, and everything that YAML allows but an app does not.

Iterative, so that no depth of nesting can exhaust the stack; aliases are refused as they come, so no bomb unfolds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NoReturn

import yaml

from flowkit.diagnostics import Findings, Place, Related, shown
from flowkit.source.mending import Frame, Piece, mend_bad_key, mend_line, mend_torn, mend_wide_colon
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.source.offsets import Style, offsets
from flowkit.source.scalars import quote, read_scalar
from flowkit.source.screening import Limits
from flowkit.source.stretch import Edit, Stretch
from flowkit.source.torn import header_is_text

_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_CUT = re.compile(r"[ \t]+#(?![#\s])[^\n]*")
_UNTEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SIGNED = re.compile(r"[&*][^\s,\[\]{}]*")
LIKE = 'write "like: NAME" to take everything from another document or node'


class TooMuchError(Exception):
    """The document goes past a limit; the finding is written."""


class Builder:
    """Builds one document. `edits` collects mendings that make the text worth reading once more.

    `torn` takes what was mended, `findings` all else: of a text that is read again only the former stays true.
    """

    def __init__(self, stretch: Stretch, findings: Findings, torn: Findings, limits: Limits) -> None:
        self.stretch, self.findings, self.torn, self.limits = stretch, findings, torn, limits
        self.edits: list[Edit] = []
        self.frames: list[Frame] = []
        self.root: Node | None = None

    def build(self, events: Iterable[Any]) -> None:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event))
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._alias(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                end: Any = event.end_mark
                self._close(end.index, True)
            if len(self.findings) + len(self.torn) > self.limits.mistakes:
                self._refuse_more(event.start_mark.index)

    def _refuse_more(self, index: int) -> NoReturn:
        place = self.stretch.span(index, index + 1)
        message = f"more than {self.limits.mistakes} mistakes; what stands behind this place was not read"
        self.findings.error("too-many", place, message, "mend these first")
        raise TooMuchError

    def give_up(self) -> None:
        """Closes what is open where the text broke off; these maps are not complete."""
        while self.frames:
            frame = self.frames[-1]
            if frame.mapping and len(frame.pieces) % 2:
                frame.pieces.pop()
            self._close(frame.pieces[-1].end if frame.pieces else frame.start, False)

    def _add(self, piece: Piece) -> None:
        if self.frames:
            self.frames[-1].pieces.append(piece)
        else:
            self.root = piece.node

    def _open(self, event: Any) -> None:
        start = event.start_mark.index
        if len(self.frames) >= self.limits.depth:
            place = self.stretch.span(start, start + 1)
            self.findings.error("too-deep", place, f"nested deeper than {self.limits.depth} levels")
            raise TooMuchError
        self._refuse_anchor(event)
        if event.tag is not None:
            self._refuse_tag(start, event.end_mark.index, "delete it")
        self.frames.append(Frame(isinstance(event, yaml.MappingStartEvent), bool(event.flow_style), start))

    def _close(self, end: int, complete: bool) -> None:
        frame = self.frames.pop()
        if not frame.flow or not complete:
            end = frame.pieces[-1].end if frame.pieces else frame.start
        if frame.flow and complete:
            self.edits += mend_torn(
                self.stretch, frame, self.frames, self.edits, self.torn, self.findings, self.limits.mistakes
            )
        place = self.stretch.span(frame.start, end)
        if not frame.mapping:
            self._look_at_commas(frame)
            node: Node = SequenceNode(tuple(self._whole(p) for p in frame.pieces), place)
        else:
            node = self._mapping(frame, place, complete)
        self._add(Piece(node, frame.start, end))

    def _look_at_commas(self, frame: Frame) -> None:
        """Items of a list in brackets between which the comma is a full-width one: YAML reads one text."""
        for piece in frame.pieces if frame.flow else ():
            at = piece.node.typed.find("，") if piece.plain and isinstance(piece.node, ScalarNode) else -1
            if at >= 0 and isinstance(piece.node, ScalarNode):
                parts = ", ".join(part.strip() for part in piece.node.typed.split("，"))
                advice = f"write {shown(parts, quotes=False)}; what is one text stands in quotes"
                message = "a full-width comma does not separate values: this is one text"
                self.findings.warning("wide-sign", piece.node.inner(at, at + 1), message, advice)

    # -- scalars ------------------------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> Piece:
        start, end = event.start_mark.index, event.end_mark.index
        style = _STYLES.get(event.style or "", "plain")
        self._refuse_anchor(event)
        if style in ("literal", "folded"):
            # Up to the last line with content: how much of what is blank behind it belongs here, the loaders disagree.
            content = start + len(self.stretch.text[start:end].rstrip(" \t\n"))
            following = self.stretch.text.find("\n", content, end)
            end = following if following >= 0 else end
            self._look_at_header(start, end, event.value)
        if event.tag is not None:
            whole = self.stretch.text[start:end]
            self._refuse_tag(
                start, end, f"a text that begins with ! stands in quotes: {quote(shown(whole, quotes=False))}"
            )
            return Piece(ScalarNode(whole, whole, self.stretch.span(start, end), True), start, end)
        if event.anchor is not None:
            start += len(self.stretch.text[start:end]) - len(_SIGNED.sub("", self.stretch.text[start:end], 1).lstrip())
        if not event.value and style == "plain":
            # The loaders place a value that is not there differently: it belongs behind what comes before it.
            start = end = min(start, len(self.stretch.text[:start].rstrip())) or start
        written, typed = self.stretch.text[start:end], event.value
        if "\t" in written:
            at = offsets(written.replace("\t", " "), typed, style)
            typed = "".join("\t" if written[i : i + 1] == "\t" else c for i, c in zip(at, typed, strict=True))
        node = self._node(start, end, written, typed, style)
        return Piece(node, start, end, style == "plain")

    def _look_at_header(self, start: int, end: int, value: str) -> None:
        """A text such as `>7` or `>#3` that YAML takes for the header of a block of text."""
        header = self.stretch.text[start:end].split("\n", 1)[0]
        if not header_is_text(header, value):
            return
        line, column = self.stretch.position(start)
        edits = mend_line(self.stretch, line, self.frames, self.edits, self.torn)
        if edits is None:
            place = self.stretch.place(line, column, line, column + len(header))
            message = f"YAML takes {header[0]} at the beginning of a value for a text in the lines below"
            self.torn.error("torn-expression", place, message, f"write {quote(header)}")
            edits = [Edit(line, column, column + len(header), quote(header))]
        self.edits += edits

    def _node(self, start: int, end: int, written: str, typed: str, style: Style) -> ScalarNode:
        place = self.stretch.span(start, end)
        if style != "plain" and _UNTEXT.search(typed):
            self.findings.error(
                "bad-character", place, "an escape stands for a character that cannot stand in a text", "delete it"
            )
        if style == "plain":
            if typed.startswith("＝"):
                sign = self.stretch.span(start, start + 1)
                advice = f"write {shown('=' + typed[1:], quotes=False)}; a text that begins with ＝ stands in quotes"
                self.findings.error("wide-sign", sign, "this = is a full-width one: it begins no expression", advice)
            return ScalarNode(read_scalar(typed), typed, place, False, "" if written == typed else written)
        line, column = self.stretch.position(start)
        original = self.stretch.original(line, column, column + end - start) if place.line == place.end_line else None
        if original == typed:
            # Put in quotes by us: places inside it are those of the text as its author wrote it.
            return ScalarNode(typed, typed, place)
        return ScalarNode(typed, typed, place, True, written, style)

    def _alias(self, event: Any) -> Piece:
        start, end = event.start_mark.index, event.end_mark.index
        place, text = self.stretch.span(start, end), self.stretch.text[start:end]
        advice = f"{LIKE}; a text that begins with * stands in quotes: {quote(text)}"
        self.findings.error("alias", place, f"aliases such as {shown(text)} are not used here", advice)
        return Piece(ScalarNode(text, text, place, refused=True), start, end)

    def _refuse_anchor(self, event: Any) -> None:
        if event.anchor is None:
            return
        start = self.stretch.text.index("&", event.start_mark.index)
        text = f"&{event.anchor}"
        advice = f"{LIKE}; a text that begins with & stands in quotes"
        self.findings.error(
            "anchor",
            self.stretch.span(start, start + len(text)),
            f"anchors such as {shown(text)} are not used here",
            advice,
        )

    def _refuse_tag(self, start: int, end: int, advice: str) -> None:
        written = self.stretch.text[start:end].strip()
        sign = written.split(maxsplit=1)[0] if written else "!"
        self.findings.error(
            "tag", self.stretch.span(start, start + len(sign)), f"tags such as {shown(sign)} are not used here", advice
        )

    # -- maps ---------------------------------------------------------------------------------------------------

    def _mapping(self, frame: Frame, place: Place, complete: bool) -> MappingNode:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key, value in zip(frame.pieces[::2], frame.pieces[1::2], strict=False):
            if not isinstance(key.node, ScalarNode):
                self.edits += mend_bad_key(self.stretch, key, self.frames, self.edits, self.torn, self.findings)
                continue
            name = key.node.typed
            if len(self.findings) > self.limits.mistakes:
                break
            if self._unfit_key(frame, key, name, keys):
                continue
            entries[name], keys[name] = self._whole(value), key.node.place
        return MappingNode(entries, keys, place, complete)

    def _unfit_key(self, frame: Frame, key: Piece, name: str, keys: dict[str, Place]) -> bool:
        place = key.node.place
        if key.plain and name == "<<":
            self.findings.error("merge-key", place, "merge keys are not used here", LIKE)
        elif name in keys:
            self.findings.error(
                "duplicate-key",
                place,
                f"{shown(name)} stands here a second time",
                "remove one of the two, or give it another name",
                [Related(keys[name], f"{shown(name)} stands here first")],
            )
        elif not name.strip():
            self.findings.error("bad-key", place, "a key is missing in front of the colon", "write NAME: VALUE")
        else:
            if key.plain and "：" in name:
                self.edits += mend_wide_colon(self.stretch, key.start, key.end, frame.flow, self.torn)
            return False
        return True

    def _whole(self, piece: Piece) -> Node:
        """The value, or the longer text of which YAML cut off a part as a comment."""
        node = piece.node
        if not isinstance(node, ScalarNode) or not piece.plain or not isinstance(node.value, str):
            return node
        cut = _CUT.match(self.stretch.text, piece.end)
        if cut is None:
            return node
        end = piece.end + len(cut.group().rstrip())
        whole = self.stretch.text[piece.start : end]
        comment = whole[piece.end - piece.start :].strip()
        self.findings.error(
            "cut-text",
            self.stretch.span(end - len(comment), end),
            f"YAML takes {shown(comment)} for a comment",
            f"if it belongs to the text, quote the whole: {quote(shown(whole, quotes=False))}; "
            f"if it is a comment, write a space after the #",
        )
        return ScalarNode(whole, whole, self.stretch.span(piece.start, end)) if "\n" not in whole else node

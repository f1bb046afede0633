"""A vocabulary: a controlled list of options, and the spellings by which people mean them.

Knows texts only. It holds no expression and names nothing else, so linking needs nothing but the definition; which
fields choose from it, their own rooms say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowkit.diagnostics import Findings, Place, Related
from flowkit.fields.choices import fold
from flowkit.source.keys import Key, names_of, read_keys, text_of
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode

KEYS = (
    Key("title", "words", "what people see instead of the name", example="故障类型"),
    Key(
        "options",
        "any",
        "the list: a list of texts, or each option with its synonyms, parent and title",
        required=True,
        example="{困人: {synonyms: [关人, 被困]}, 异响: }",
    ),
)
OPTION_KEYS = (
    Key("title", "words", "what people see instead of the option", example="人被困在轿厢里"),
    Key("synonyms", "names", "other spellings that mean this option", example="[关人, 被困, 困在里面]"),
    Key("parent", "text", "the group, or the option, that it belongs to", example="门系统"),
)


@dataclass(frozen=True, slots=True)
class Synonym:
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of the list; `parent` is another option or the free name of a group."""

    name: str
    title: str
    parent: str | None
    synonyms: tuple[Synonym, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class VocabularyDefinition:
    name: str
    title: str
    entries: tuple[Option, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`options` in the author's order; `resolve` finds the one that a text means."""

    name: str
    title: str
    options: tuple[str, ...]
    titles: Mapping[str, str] = field(repr=False)
    parents: Mapping[str, str] = field(repr=False)
    _spellings: Mapping[str, str] = field(repr=False)

    def resolve(self, text: str) -> str | None:
        """The option that `text` spells, whatever its width, case and spaces; None when it is in no list."""
        return self._spellings.get(fold(text))

    def title_of(self, option: str) -> str:
        return self.titles.get(option, option)

    def belongs(self, option: str, group: str) -> bool:
        """Whether `option` is `group` or lies below it."""
        above: str | None = option
        while above is not None:
            if above == group:
                return True
            above = self.parents.get(above)
        return False


def parse(node: Node, findings: Findings, name: str = "") -> VocabularyDefinition | None:
    """A vocabulary as written. Every mistake in it is reported; None when nothing of it can be used."""
    read = read_keys(node, "vocabulary", KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    entries = _entries(read["options"], findings) if "options" in read else ()
    return VocabularyDefinition(name, title or name, entries, node.place)


def link(definition: VocabularyDefinition, findings: Findings) -> Vocabulary:
    """The vocabulary ready for use. Reports a spelling that means two options, and an option below itself."""
    parents = {o.name: o.parent for o in definition.entries if o.parent is not None}
    _refuse_circles(definition, parents, findings)
    return Vocabulary(
        definition.name,
        definition.title,
        tuple(o.name for o in definition.entries),
        {o.name: o.title for o in definition.entries},
        {option: parent for option, parent in parents.items() if option not in _circling(parents)},
        _spellings(definition, findings),
    )


def _entries(node: Node, findings: Findings) -> tuple[Option, ...]:
    if isinstance(node, MappingNode):
        found = [_option(key, place, value, findings) for key, place, value in node.items() if fold(key)]
        return tuple(o for o in found if o is not None)
    if isinstance(node, SequenceNode):
        options = [_plain_option(item, findings) for item in node]
        return tuple(o for o in options if o is not None)
    findings.error(
        "wrong-kind",
        node.place,
        "expected a list of options",
        "write each as `- 困人`, or as `困人: {synonyms: [关人, 被困]}`",
    )
    return ()


def _plain_option(node: Node, findings: Findings) -> Option | None:
    if isinstance(node, ScalarNode) and node.typed.strip():
        return Option(node.typed, node.typed, None, (), node.place)
    findings.error(
        "wrong-kind",
        node.place,
        "expected the text of an option",
        "an option with synonyms stands in a mapping: `困人: {synonyms: [关人]}`",
    )
    return None


def _option(name: str, place: Place, node: Node, findings: Findings) -> Option | None:
    if isinstance(node, ScalarNode) and node.value is None:
        return Option(name, name, None, (), place)
    read = read_keys(node, "option", OPTION_KEYS, findings)
    if read is None:
        return None
    title = text_of(read["title"], findings) if "title" in read else None
    parent = text_of(read["parent"], findings) if "parent" in read else None
    synonyms = names_of(read["synonyms"], findings) if "synonyms" in read else ()
    return Option(name, title or name, parent or None, tuple(Synonym(s.typed, s.place) for s in synonyms), place)


def _spellings(definition: VocabularyDefinition, findings: Findings) -> dict[str, str]:
    """Options by folded spelling. An option's own name goes first, so that a synonym never hides an option."""
    found: dict[str, tuple[str, Place]] = {}
    for option in definition.entries:
        _spell(found, option.name, option.name, option.place, findings)
    for option in definition.entries:
        for synonym in option.synonyms:
            if fold(synonym.text):
                _spell(found, synonym.text, option.name, synonym.place, findings)
    return {spelling: option for spelling, (option, _) in found.items()}


def _spell(found: dict[str, tuple[str, Place]], text: str, option: str, place: Place, findings: Findings) -> None:
    first = found.setdefault(fold(text), (option, place))
    if first[1] == place or (first[0] == option and text != option):
        return
    if text == option:
        message = f'"{text}" and "{first[0]}" are one option: width, case and spaces do not tell options apart'
    else:
        message = f'"{text}" means both "{first[0]}" and "{option}"'
    findings.error(
        "ambiguous-synonym",
        place,
        message,
        "leave it with one option",
        [Related(first[1], f'"{first[0]}" is spelled so here')],
    )


def _circling(parents: Mapping[str, str]) -> set[str]:
    """Options from which going up never ends."""
    found = set()
    for start in parents:
        above: str | None = start
        for _ in range(len(parents) + 1):
            above = parents.get(above) if above is not None else None
        if above is not None:
            found.add(start)
    return found


def _refuse_circles(definition: VocabularyDefinition, parents: Mapping[str, str], findings: Findings) -> None:
    circling = _circling(parents)
    for option in definition.entries:
        if option.name in circling:
            findings.error(
                "circular-parent", option.place, f'"{option.name}" lies below itself', "give one of them another parent"
            )

"""YAML is read as people write it, document by document, and whatever is wrong becomes a diagnostic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.source.nodes import MappingNode, ScalarNode
from flowkit.source.reading import Document, read
from flowkit.source.scalars import quote, read_scalar
from flowkit.source.screening import Limits


def documents(text: str, **options) -> tuple[list[Document], list[str]]:
    findings = Findings()
    found = read(text, "a.yaml", findings, **options)
    return found, [d.code for d in findings]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("+8613800000000", 8613800000000),
        ("1.10", Decimal("1.10")),
        ("-.5", Decimal("-0.5")),
        *(
            (text, text)
            for text in ("tRUE", "yes", "no", "on", "Off", "12:30", "010", "0x1F", "0o7", "1_000", "1e3", "5.")
        ),
        *((text, text) for text in (".inf", ".nan", "2027-02-06", "1.2.3", "-", "+", ".", "00.5", "१२", "1" * 31)),
    ],
)
def test_only_the_core_words_and_plain_numbers_are_values(typed: str, value: object) -> None:
    """True, false, null, integers without a leading zero and decimals are values; all else is text."""
    read_as = read_scalar(typed)
    assert read_as == value
    assert type(read_as) is type(value)


@given(
    st.one_of(
        st.integers(-(10**12), 10**12).map(str), st.decimals(-999, 999, places=3).map(str), st.booleans().map(str)
    )
)
def test_a_value_keeps_what_was_typed(typed: str) -> None:
    """However a value reads, a text field is given the characters that stand in the file."""
    node = documents(f"form: a\nb: {typed}\n")[0][0].node.entries["b"]
    assert isinstance(node, ScalarNode)
    assert node.as_typed() == typed


def test_quotes_make_a_text_of_anything() -> None:
    """A quoted true, null or number is text."""
    found, codes = documents("form: a\nb: 'true'\nc: \"1\"\nd: ''\n")
    assert found[0].node.plain() == {"form": "a", "b": "true", "c": "1", "d": ""}
    assert codes == []


def test_a_document_knows_its_noun_its_name_and_its_source() -> None:
    """The first key is the noun, its value the name; the text is that document's own."""
    found, _ = documents("# vor\n---\nform: 报修\ntitle: 一\n---\nworkflow: 1\n")
    assert [(d.noun, d.name and d.name.typed, d.place.line, d.place.end_column) for d in found] == [
        ("form", "报修", 3, 9),
        ("workflow", "1", 6, 12),
    ]
    assert found[0].text == "---\nform: 报修\ntitle: 一\n"


def test_one_broken_document_does_not_hide_the_others() -> None:
    """What stands before and behind a broken document is read, its own mistakes too."""
    found, codes = documents("form: a\nx: 1\nx: 2\n---\nform: b\nfields: {a\n---\nform: c\nx: 1\nx: 2\n")
    assert [d.noun for d in found] == ["form", "form", "form"]
    assert codes == ["duplicate-key", "unclosed", "duplicate-key"]


def test_what_was_read_before_the_break_is_kept_as_incomplete() -> None:
    """A document that breaks off still defines its name; its maps say that keys may be missing."""
    found, _ = documents("form: a\nb: {c: 1}\nd: [1, 2\n")
    assert found[0].node.plain()["form"] == "a"
    assert not found[0].node.complete
    inner = found[0].node.entries["b"]
    assert isinstance(inner, MappingNode)
    assert inner.complete


def test_several_mistakes_of_one_document_are_reported_at_once() -> None:
    """A mended mistake does not hide those behind it, and the values read as they were meant."""
    text = "form: a\nb: 'x' == y\nc: @z\nd: {e: f(g, h), i: 1}\nj: 1\nj: 2\n"
    found, codes = documents(text)
    assert codes == ["torn-expression"] * 3 + ["duplicate-key"]
    assert found[0].node.plain() == {"form": "a", "b": "'x' == y", "c": "@z", "d": {"e": "f(g, h)", "i": 1}, "j": 1}


def test_a_mended_value_keeps_its_place() -> None:
    """Places in a value that was mended are those of the text as its author wrote it, also further on in its line."""
    text = "form: a\nd: {e: f(g, h), i: nope}\n"
    node = documents(text)[0][0].node.entries["d"]
    assert isinstance(node, MappingNode)
    torn, behind = node.entries["e"], node.entries["i"]
    assert isinstance(torn, ScalarNode)
    assert (torn.place.column, torn.place.end_column) == (8, 15)
    assert (torn.inner(2).column, torn.inner(5, 6).end_column) == (10, 14)
    assert (behind.place.column, node.keys["i"].column) == (20, 17)


def test_the_first_of_two_equal_keys_stands() -> None:
    """Equal keys are an error that points at both places."""
    findings = Findings()
    found = read("form: a\nb: 1\nb: 2\n", "a.yaml", findings)
    (diagnostic,) = findings
    assert found[0].node.plain()["b"] == 1
    assert (diagnostic.place.line, diagnostic.related[0].place.line) == (3, 2)


@pytest.mark.parametrize("text", ["", "\n", "# nur ein Kommentar", "---\n---\n", "~\n", "\ufeff"])
def test_a_file_without_content_is_fine(text: str) -> None:
    """An empty file, document or comment says nothing and is no mistake."""
    assert documents(text) == ([], [])


def test_line_ends_and_marks_of_windows_change_nothing() -> None:
    """A byte order mark and CRLF give the same values and the same places."""
    text = "form: a\nb: |\n  c\n  d\ne: 'f\n  g'\n"
    assert documents("\ufeff" + text.replace("\n", "\r\n")) == documents(text)


def test_a_tab_within_a_text_is_kept() -> None:
    """Tabs between words, in quotes and in blocks are part of the text; one after a colon is a space."""
    found, codes = documents('form: a\nb: c\td\ne: "f\tg"\nh: |\n  i\tj\nk:\tl\n')
    assert found[0].node.plain() == {"form": "a", "b": "c\td", "e": "f\tg", "h": "i\tj\n", "k": "l"}
    assert codes == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a" * 2001, "too-large"),
        ("a,\n" * 300, "too-large"),
        ("[" * 11, "too-deep"),
        ("form: a\nb: " + "{c: " * 11, "too-deep"),
        ("form: a\n" + "".join(" " * i + "b:\n" for i in range(11)), "too-deep"),
    ],
)
def test_what_is_too_much_is_refused_in_our_own_words(text: str, code: str) -> None:
    """Size, number of values and depth have limits, each with its diagnostic."""
    assert code in documents(text, limits=Limits(characters=2000, values=500, depth=10))[1]


def test_a_bomb_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large, too full or nested without end never reaches the parser."""

    def parsed(*_):
        raise AssertionError("parsed")

    monkeypatch.setattr("flowkit.source.reading.events", parsed)
    for text in ("x" * 600_000, "[" * 400_000, "a," * 200_000, "- " * 200_000, "{\n" * 200_000):
        assert documents(text)[0] == []


def test_aliases_unfold_nothing() -> None:
    """A bomb of aliases gives one finding an alias and no more nodes than were written."""
    text = "form: a\nb0: &b0 [x, x]\n" + "".join(f"b{i}: &b{i} [*b{i - 1}, *b{i - 1}]\n" for i in range(1, 50))
    found, codes = documents(text)
    assert (codes.count("anchor"), codes.count("alias")) == (50, 98)
    assert sum(len(node.plain()) for node in found[0].node.entries.values() if not isinstance(node, ScalarNode)) == 100


def test_thousands_of_mistakes_are_not_told_one_by_one() -> None:
    """After the most that anybody would read the rest of a document is left, with a finding that says so."""
    for text in ("form: a\n" + "<<: b\n" * 5000, "form: a\n" + "b: c\n" * 5000, "form: a\nb: {" + "c, " * 5000 + "}\n"):
        codes = documents(text, limits=Limits(mistakes=20))[1]
        assert 20 < len(codes) < 25
        assert codes.count("too-many") == 1


def test_mending_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is torn, a document is read at most a few dozen times, a long one less often."""
    from flowkit.source import reading

    parsed = []
    events = reading.events
    monkeypatch.setattr(reading, "events", lambda text, pure: parsed.append(len(text)) or events(text, pure))
    documents("form: a\n" + "".join(f"k{i}: 'x' == y\n" for i in range(200)))
    assert len(parsed) == 40
    parsed.clear()
    documents("form: a\n" + "".join(f"k{i}: 'x' == {'y' * 1000}\n" for i in range(200)))
    assert sum(parsed) < 2_000_000


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Cs", "Cn", "Co"])))
def test_quoting_survives(text: str) -> None:
    """Whatever we tell people to write in quotes reads back as that text."""
    found, codes = documents(f"form: a\nb: {quote(text)}\n")
    assert codes == []
    assert found[0].node.plain()["b"] == text

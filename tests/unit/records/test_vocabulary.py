"""A vocabulary finds the one option that a spelling means, and refuses spellings that mean two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.diagnostics import Findings
from flowkit.records.vocabulary import Vocabulary, link, parse
from flowkit.source.reading import read

FAULTS = """vocabulary: fault_types
title: 故障类型
options:
  困人: {synonyms: [关人, 被困, 困在里面]}
  门机故障: {synonyms: [门关不上, Door fault], parent: 门系统, title: 门机}
  异响:
"""


def load(text: str) -> tuple[Vocabulary, Findings]:
    findings = Findings()
    definition = parse(read(text, "faults.yaml", findings)[0].node, findings, "fault_types")
    assert definition is not None
    return link(definition, findings), findings


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        ("困人", "困人"),
        (" 关 人 ", "困人"),
        ("ＤＯＯＲ　ＦＡＵＬＴ", "门机故障"),
        ("doorfault", "门机故障"),
        ("异响", "异响"),
        ("没见过", None),
        ("", None),
    ],
)
def test_a_spelling_finds_its_option(typed: str, option: str | None) -> None:
    """Width, case and spaces are forgotten; what nobody listed is nothing."""
    vocabulary, findings = load(FAULTS)
    assert list(findings) == []
    assert vocabulary.resolve(typed) == option


def test_options_keep_the_authors_order() -> None:
    """A list on a page stands as the author wrote it, and says of each its title and group."""
    vocabulary = load(FAULTS)[0]
    assert vocabulary.options == ("困人", "门机故障", "异响")
    assert (vocabulary.title_of("门机故障"), vocabulary.title_of("困人")) == ("门机", "困人")
    assert vocabulary.belongs("门机故障", "门系统")
    assert not vocabulary.belongs("困人", "门系统")


def test_a_plain_list_will_do() -> None:
    """Options without synonyms are a list of texts, kept as typed."""
    assert load("vocabulary: v\noptions: [一, 010, yes]\n")[0].options == ("一", "010", "yes")


def test_a_spelling_that_means_two_options_is_told_with_both_places() -> None:
    """Two options with one synonym, a synonym that is another's name, and options that differ in width only."""
    text = "vocabulary: v\noptions:\n  困人: {synonyms: [被困, 异响]}\n  异响: {synonyms: [被 困]}\n  Ａ:\n  a:\n"
    found = [(d.code, d.place.line, d.related[0].place.line) for d in load(text)[1]]
    assert found == [("ambiguous-synonym", 3, 4), ("ambiguous-synonym", 4, 3), ("ambiguous-synonym", 6, 5)]


def test_an_option_below_itself_is_told() -> None:
    """Going up from an option must end."""
    vocabulary, findings = load("vocabulary: v\noptions:\n  a: {parent: b}\n  b: {parent: a}\n  c: {parent: a}\n")
    assert [d.code for d in findings] == ["circular-parent"] * 3
    assert not vocabulary.belongs("a", "x")


def test_all_mistakes_are_told_in_one_pass() -> None:
    """A key that is none, and an option that is neither null nor a mapping."""
    text = "vocabulary: v\noptions:\n  a: {synonym: [x]}\n  b: 3\n"
    assert [(d.code, d.place.line) for d in load(text)[1]] == [("unknown-key", 3), ("wrong-kind", 4)]


@given(
    st.dictionaries(
        st.text("ab ＡB", min_size=1, max_size=3), st.lists(st.text("abc", min_size=1), max_size=3), max_size=4
    )
)
def test_without_findings_every_spelling_means_its_own_option(options: dict[str, list[str]]) -> None:
    """What loads in silence resolves each name and each synonym to the option it stands with."""
    lines = [f'  "{name}": {{synonyms: [{", ".join(words)}]}}\n' for name, words in options.items()]
    vocabulary, findings = load("vocabulary: v\noptions:" + ("\n" + "".join(lines) if lines else " {}\n"))
    if not list(findings):
        for name, words in options.items():
            assert {vocabulary.resolve(word) for word in [name, *words]} == {name}

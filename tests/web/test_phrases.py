"""Texts found by their Chinese: as they stand, or by the shape of what was filled in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.web.phrases import MOST, Phrases

PHRASES = Phrases(
    {
        "维修工单": "Repair order",
        "困人": "People trapped",
        "请填写{title},现有 {0} 项": "Fill in {title}, there are {0}",
        "{name} 不是员工": "{name} is no colleague",
        "距电梯 {{ far | round }} 米,走近再签到": "{{ far | round }} m away: come closer",
        "{{ case }} {{ place }} {{ fault }}没人接": "{{ case }}: {{ fault }} at {{ place }}, look at {{ case }}",
        "{{ case }} 又来,{{ case }} 请看": "{{ case }} again",
        "第 {0} 次": "time {0}",
    }
)

NAMES = st.text(st.sampled_from("张伟 ab1,：()（），x{}|*+.?\\"), max_size=12)
"Names that hold signs of Chinese, of templates and of patterns."


def find(words: str) -> str | None:
    return PHRASES.find(words, PHRASES.exact)


@pytest.mark.parametrize(
    ("words", "other"),
    [
        ("维修工单", "Repair order"),
        ("维修工单 ", None),
        ("请填写困人，现有 2 项", "Fill in People trapped, there are 2"),
        ("请填写困人, 现有 2 项", "Fill in People trapped, there are 2"),
        ("请填写困人,现有两项", None),
        ("请填写困人,现有 两 项", None),
        ("距电梯 312 米，走近再签到", "312 m away: come closer"),
        ("WX1 A座 困人没人接", "WX1: People trapped at A座, look at WX1"),
        ("WX1 又来,WX1 请看", "WX1 again"),
        ("WX1 又来,WX2 请看", None),
        ("困人 不是员工", "困人 is no colleague"),
        ("第 3 次 ", None),
        ("又第 3 次", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_text_is_known_by_itself_or_by_its_shape(words: str, other: str | None) -> None:
    """Signs may be wide or not; numbers must be numbers, what stands twice must be the same twice; all else is another text."""
    assert find(words) == other


@given(NAMES)
def test_what_was_filled_in_is_kept_character_for_character(name: str) -> None:
    """A name is no title: nobody says it otherwise, whatever is in it."""
    assert find(f"{name} 不是员工") == f"{name} is no colleague"


@given(st.text(st.sampled_from("人困接,{}"), max_size=30))
def test_a_title_in_a_sentence_is_said_or_kept(title: str) -> None:
    """What stands where a title does is said where it is known, else it stays."""
    assert find(f"请填写{title},现有 2 项") == f"Fill in {PHRASES.exact(title)}, there are 2"


@given(st.text(st.sampled_from("距电梯米走近再签到没人接请看 ,，12"), max_size=60))
def test_any_text_is_answered(words: str) -> None:
    """Whatever is asked for is known or not, and nothing is left unfilled."""
    assert "{" not in (find(words) or "")


def test_a_long_text_is_no_sentence() -> None:
    """What somebody wrote at length was not made of a template, and is not searched for one."""
    assert find("a " * MOST + "没人接") is None


def test_single_braces_of_an_author_are_text() -> None:
    """Nothing that somebody types is taken for what an author filled in, and his own braces stay."""
    authored = Phrases({"请填{编号}": "Fill in {number}", "请看 {{ case }}": "See {{ case }}"}, authored=True)
    assert authored.find("请填张三") is None
    assert authored.find("请填{编号}") == "Fill in {number}"
    assert authored.find("请看 WX1") == "See WX1"

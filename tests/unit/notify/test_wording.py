"""An approved wording gives back what was put into it, and nothing for other words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.notify.wording import Wording, read_wording

PLAIN = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


def values(wording: str, text: str) -> object:
    read = read_wording(wording)
    assert isinstance(read, Wording)
    return read.values(text)


@pytest.mark.parametrize(
    ("wording", "text", "found"),
    [
        ("工单${number}还没人接", "工单WX1还没人接", {"number": "WX1"}),
        ("工单${number}还没人接", "工单还没人接", None),
        ("${who}:工单 ${number}", "张强:工单  WX1\n", {"who": "张强", "number": "WX1"}),
        ("工单${number}还没人接", "工单 WX1 还没人接", {"number": "WX1"}),
        ("工单 ${number} 还 没人接", "工单WX1还没人接", {"number": "WX1"}),
        ("${a}和${a}", "一和一", {"a": "一"}),
        ("${a}和${a}", "一和二", None),
        ("请处理", "请处理", {}),
        ("请处理", "请处理。", None),
        ("1+1=(${x}).*", "1+1=(2).*", {"x": "2"}),
        ("1+1=(${x}).*", "11=(2)x", None),
    ],
)
def test_what_varies_is_read_out_of_the_words(wording: str, text: str, found: object) -> None:
    """Blanks and line breaks do not count; signs mean themselves."""
    assert values(wording, text) == found


@given(PLAIN, PLAIN)
def test_what_is_put_in_comes_out(first: str, second: str) -> None:
    """Whatever stands at the places, as long as it is none of the words between them."""
    assert values("<${a}|${b}>", f"<{first}|{second}>") == {"a": first, "b": second}


@pytest.mark.parametrize("wording", ["工单${a}${b}", "工单${号}", "工单${", "${a b}"])
def test_what_nobody_could_read_is_refused(wording: str) -> None:
    """Two variables side by side, and names that no provider knows."""
    assert isinstance(read_wording(wording), str)


def test_long_texts_take_no_long_time() -> None:
    """Many places and a text that fits none of them: linear, not forever."""
    wording = "a".join(f"${{v{n}}}" for n in range(40))
    assert values(wording + "b", "a" * 5000) is None

"""A value may stand in text and inside quotes; where it could act, the page is refused."""

from __future__ import annotations

import pytest

from flowkit.prints.markup import unsafe_values


@pytest.mark.parametrize(
    "page",
    [
        "<p>{{ x }}</p>",
        "<p title=\"{{ x }}\" class='{{ x }} wide'>{{ x }}</p>",
        '<a href="{{ case.link }}">x</a>',
        '<a href="https://example.com/{{ x }}">x</a>',
        '<img src="photos/{{ x }}.png">',
        "<option {% if x %}selected{% endif %}>{{ x }}</option>",
        "<!-- {{ x }} --><title>{{ x }}</title>",
        "<style>p { color: red }</style><p>{{ x }}</p><script>1</script>{{ x }}",
        "{# <script>{{ x }}</script> #}",
        "a < b {{ x }} > c",
    ],
)
def test_values_in_text_and_in_quotes_pass(page: str) -> None:
    """So do addresses that begin with what the author wrote, and the case's own link."""
    assert unsafe_values(page) == ()


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<script>var a = '{{ x }}'</script>", "within <script>"),
        ("<style>p { color: {{ x }} }</style>", "within <style>"),
        ('<p style="color: {{ x }}">', "in style="),
        ('<p onclick="f({{ x }})">', "in onclick="),
        ('<iframe srcdoc="{{ x }}">', "in srcdoc="),
        ("<p title={{ x }}>", "inside the quotes"),
        ("<p title=a{{ x }}>", "inside the quotes"),
        ("<p {{ x }}>", "inside the quotes"),
        ("<p{{ x }}>", "inside the quotes"),
        ('<a href="{{ x }}">', "an address"),
        ('<a HREF=" {{ x }}">', "an address"),
        ('<a href="{% if y %}{{ x }}{% endif %}">', "an address"),
        ('<a href="{{ y }}{{ x }}">', "an address"),
        ("<img src='{{ x }}'/>", "an address"),
    ],
)
def test_a_value_that_could_act_is_named_with_its_place(page: str, message: str) -> None:
    """The place is that of the braces, from the first to the last."""
    found = unsafe_values("<p>\n" + page)
    assert found
    assert message in found[-1].message
    last = "<p>\n" + page
    assert last[found[-1].start : found[-1].end].endswith("{{ x }}")


def test_signs_of_the_private_area_in_a_page_are_no_values() -> None:
    """A page may hold such characters, as icon fonts use them."""
    assert unsafe_values("<p \ue000 title=\ue000>\ue000</p><script>\ue000</script>") == ()

"""Cases that point to each other, and duplicates that are joined to the case that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowkit.engine.operations import linking
from flowkit.errors import RefusedError
from tests.acceptance.desk import BOSS, DESK, LI, SUN, WANG, WEI, ZHAO, Desk, opened, refused


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as desk:
        yield desk


def links(desk: Desk, case: str) -> list[tuple[str, str]]:
    return [(link.number, link.how) for link in desk.case(case).links]


def test_a_link_stands_on_both_cases(desk: Desk) -> None:
    """Made by number or id on one side, it is on the other too, and can be taken away from there."""
    one, other = desk.begin(), desk.begin(by=SUN)
    desk.act(one, "link", {"to": "T002"}, by=WEI)
    assert links(desk, one) == [("T002", "related")]
    assert links(desk, other) == [("T001", "related")]
    assert "已经关联了" in refused(desk, other, "link", WEI, to=one)
    desk.act(other, "unlink", {"to": "T001"}, by=LI)
    assert links(desk, one) == links(desk, other) == []
    assert "取消关联 T002" in " ".join(desk.explain(one).lines)
    assert "没有可以取消的关联" in refused(desk, one, "unlink", WEI, to="T002")


def test_links_are_made_after_the_end_too(desk: Desk) -> None:
    """That the fault has come back is known when the first case has ended."""
    one, other = desk.begin(), desk.begin()
    desk.act(one, "完", by=LI)
    desk.act(other, "link", {"to": one}, by=LI)
    assert links(desk, one) == [("T002", "related")]


@pytest.mark.parametrize("to", ["T999", "", "  ", "c1", "T001"])
def test_a_case_is_linked_to_another_one(desk: Desk, to: str) -> None:
    """Not to none, and not to itself."""
    assert refused(desk, desk.begin(), "link", LI, to=to)


def test_customers_link_nothing(desk: Desk) -> None:
    """Whether a number exists is nothing that they could find out."""
    case = desk.begin()
    desk.begin(by=SUN)
    for operation in ("link", "unlink", "join"):
        assert operation not in desk.able(case, ZHAO)
        assert refused(desk, case, operation, ZHAO, to="T002")


def test_a_number_of_several_cases_is_asked_for(tmp_path: Path) -> None:
    """Where numbers repeat the id must say which; where they repeat without end nobody is asked to wait."""
    with opened(tmp_path, DESK.replace("T{{ sequence(3) }}", "{{ 事由 }}")) as desk:
        cases = [desk.begin() for _ in range(linking.MOST_ALIKE)]
        assert "请填编号 id" in refused(desk, cases[0], "link", LI, to="坏了")
        cases += [desk.begin()]
        assert "许多工单" in refused(desk, cases[0], "link", LI, to="坏了")
        desk.act(cases[0], "link", {"to": cases[1]}, by=LI)


def test_a_link_costs_few_statements(desk: Desk) -> None:
    """At most 4 reads and 8 writes, as any command."""
    one, other = desk.begin(), desk.begin()
    for what, to in (("link", "T002"), ("unlink", "T002"), ("join", "T002")):
        works = desk.spending(one, what, LI, to=to)
        assert all(reads <= 4 and writes <= 8 for reads, writes in works), (what, works)
    assert desk.case(other).links[0].how == "from"


# --- joining ---------------------------------------------------------------------------------------------------------


def test_a_duplicate_ends_and_its_people_follow_the_other(desk: Desk) -> None:
    """It is cancelled, each points to the other; who waited for it is told how the other goes on, and sees nothing of it."""
    first, second = desk.begin(), desk.begin(by=SUN)
    desk.act(second, "follow", by=WEI)
    desk.act(second, "comment", {"text": "又坏了"}, by=SUN)
    shown = desk.act(second, "并案", {"to": "T001"}, by=LI)
    assert (shown.outcome, links(desk, second), links(desk, first)) == (
        "cancelled",
        [("T001", "into")],
        [("T002", "from")],
    )
    assert desk.case(first).followers == (SUN, WEI)
    assert [c.text for c in desk.case(second).comments] == ["又坏了"]
    desk.advance()
    desk.act(first, "转", by=LI)
    desk.advance()
    for who, title in ((SUN, "并案"), (WEI, "并案"), (SUN, "关注"), (WEI, "关注")):
        assert len(desk.listener.told(who, title)) == 1, (who, title)
    assert desk.listener.told(WANG, "并案") == ["T002 与 接听 T001 是同一件事,已并入"]
    for what in ("comment", "urge"):
        assert "看不到" in refused(desk, first, what, SUN, **({"text": "我的呢"} if what == "comment" else {}))
    with pytest.raises(RefusedError, match="看不到"):
        desk.case(first, by=SUN)
    assert not desk.verify()


def test_what_was_joined_stays_joined(desk: Desk) -> None:
    """A join is no link that could be taken away."""
    first, second = desk.begin(), desk.begin()
    desk.act(second, "join", {"to": "T001"}, by=LI)
    assert "没有可以取消的关联" in refused(desk, second, "unlink", LI, to="T001")
    assert "没有可以取消的关联" in refused(desk, first, "unlink", LI, to="T002")


def test_followers_go_on_from_join_to_join(desk: Desk) -> None:
    """Who waited for a case that is joined in turn waits for the last one, once."""
    cases = [desk.begin(by=by) for by in (ZHAO, SUN, SUN)]
    desk.act(cases[1], "join", {"to": "T001"}, by=LI)
    desk.act(cases[0], "join", {"to": "T003"}, by=LI)
    assert desk.case(cases[2]).followers == (ZHAO, SUN)


@pytest.mark.parametrize(
    ("to", "said"), [("T002", "已结束"), ("T001", "不能并入自己"), ("上门", "不是同一种"), ("T9", "没有这个工单")]
)
def test_a_case_is_joined_to_an_open_one_of_its_kind(desk: Desk, to: str, said: str) -> None:
    """Not to one that has ended, itself, one of another workflow, or one that is not there."""
    case, ended, child = desk.begin(), desk.begin(), desk.begin(workflow="上门")
    desk.act(ended, "完", by=LI)
    assert said in refused(desk, case, "join", LI, to=child if to == "上门" else to)
    assert links(desk, child) == links(desk, ended) == []


def test_only_its_owner_joins_a_case(desk: Desk) -> None:
    """Or whoever may: it ends the case."""
    case, _ = desk.begin(), desk.begin()
    assert "负责人" in refused(desk, case, "join", WEI, to="T002")
    assert desk.act(case, "join", {"to": "T002"}, by=BOSS).outcome == "cancelled"


def test_a_join_calls_off_children_and_tells_the_parent(desk: Desk) -> None:
    """What ends by a join ends as any case does."""
    first, second = desk.begin(), desk.begin()
    desk.act(second, "派", by=LI)
    child = f"{second}.2.0"
    desk.act(second, "join", {"to": "T001"}, by=LI)
    assert desk.case(child).outcome == "cancelled"
    desk.act(first, "派", by=LI)
    desk.act(f"{first}.2.0", "join", {"to": desk.begin(workflow="上门")}, by=WEI)
    assert desk.case(first).outcome == "done"


def test_two_duplicates_do_not_end_each_other(desk: Desk) -> None:
    """Of two that are joined to each other at once one goes on."""
    one, other = desk.begin(), desk.begin()
    results = desk.at_once(("join", {"to": other}, LI, one), ("join", {"to": one}, LI, other))
    assert [type(r).__name__ for r in results] == ["Outcome", "RefusedError"]
    assert [desk.case(c).outcome for c in (one, other)] == ["cancelled", ""]


def test_a_case_that_ends_meanwhile_still_learns_who_was_joined(desk: Desk) -> None:
    """The other side is written down whatever has become of the case."""
    one, other = desk.begin(), desk.begin(by=SUN)
    desk.at_once(("join", {"to": other}, LI, one), ("完", {}, LI, other))
    desk.advance()
    assert links(desk, other) == [("T001", "from")]
    assert not desk.given_up()

"""Playing recorded tickets: every row accounted for, each at its own time."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.errors import DefinitionError
from flowkit.testing.replay import Replay, replay
from flowkit.testing.tickets import TicketsError
from tests.unit.testing.conftest import MAP, shop

HEAD = "单号,时间,关闭,客户,车牌,故障,照片\n"


def tried(folder: Path, rows: str, mapping: str = MAP) -> Replay:
    tickets = folder / "tickets.csv"
    tickets.write_text(HEAD + rows, encoding="utf-8")
    map_file = folder / "map.txt"
    map_file.write_text(mapping, encoding="utf-8")
    return replay(shop(folder), tickets, map_file)


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    """Accepted, refused for each kind of reason, duplicate: the parts add up, and each reason is named."""
    outcome = tried(
        tmp_path,
        "1,2026-03-02 09:00,,customer:gov,A1,发动机,\n"
        "1,2026-03-02 09:01,,customer:gov,A1,发动机,\n"
        "2,2026-03-02 09:02,,customer:gov,A1,刹车,\n"
        "3,yesterday,,customer:gov,A1,发动机,\n"
        "4,2026-03-02 09:03,,customer:nobody,A1,发动机,\n"
        "5,2026-03-02 09:04,,customer:gov,A7,翅膀,\n"
        "6,2026-03-02 09:05,2026-03-02 09:00,customer:gov,A1,发动机,\n"
        "7,2026-03-02 09:06\n"
        "8,,,,A1,发动机,\n",
    )
    assert [t.status for t in outcome.tickets] == ["accepted", "duplicate", *["refused"] * 7]
    assert (outcome.accepted, outcome.refused, outcome.duplicates, outcome.rows) == (1, 7, 1, 9)
    assert outcome.ok
    fields = [[p.field for p in t.problems] for t in outcome.tickets]
    assert fields[2:4] == [["photos"], ["at"]]
    assert fields[5:] == [["car", "fault"], ["closed"], [""], ["at", "by"]]
    assert "受理 accepted 1 + 拒绝 refused 7 + 重复 duplicates 1 = 行 rows 9" in outcome.lines()


def test_a_ticket_tells_score_people_and_escalations(tmp_path: Path) -> None:
    """Nobody acts: who was asked, when the owner changed, when somebody was called in, each at its own time."""
    ticket = tried(tmp_path, "1,2026-03-02 09:00,,customer:gov,A1,刹车,a.jpg\n").tickets[0]
    assert [(s.total, s.band) for s in ticket.scores] == [("8", "加急")]
    assert (ticket.node, ticket.asked) == ("待接单", ("employee:zhang",))
    minutes = [(e.kind, (e.at - ticket.at).total_seconds() / 60, e.to) for e in ticket.escalations if ticket.at]
    assert minutes == [("reassigned", 30.0, ("role:boss",)), ("escalated", 60.0, ("role:boss",))]


def test_a_closed_ticket_escalates_no_more(tmp_path: Path) -> None:
    """What would have been due after closing is not counted; what was due before is."""
    outcome = tried(
        tmp_path,
        "1,2026-03-02 09:00,2026-03-02 09:29,customer:gov,A1,发动机,\n"
        "2,2026-03-02 12:00,2026-03-02 12:30,customer:gov,A1,发动机,\n"
        "3,2026-03-02 15:00,2026-03-02 15:31,customer:gov,A1,发动机,\n",
    )
    assert [len(t.escalations) for t in outcome.tickets] == [0, 0, 1]


def test_closing_frees_the_one_who_was_asked(tmp_path: Path) -> None:
    """Rows are played in the order of their time; one closed at the moment another comes in is nobody's work any more."""
    both_on_duty = MAP + "records: {employee: {key: li, on_duty: 'true'}}\n"
    second = "2,2026-03-02 09:10,,customer:gov,A1,刹车,a.jpg\n"
    for closed, asked in (("09:10", "employee:li"), ("09:11", "employee:zhang")):
        first = f"1,2026-03-02 09:00,2026-03-02 {closed},customer:gov,A2,刹车,a.jpg\n"
        outcome = tried(tmp_path, second + first, both_on_duty)
        assert [t.number for t in outcome.tickets] == ["X20260302-002", "X20260302-001"]
        assert [t.asked[0] for t in outcome.tickets] == [asked, "employee:li"]


def test_records_come_along(tmp_path: Path) -> None:
    """A row about a car nobody knew brings the car with it; a record that breaks its own rules refuses the row."""
    mapping = MAP + "records: {car: {key: =row.车牌, owner: =row.客户2}}\n"
    tickets = tmp_path / "tickets.csv"
    tickets.write_text(
        HEAD.replace("照片", "照片,客户2") + "1,2026-03-02 09:00,,customer:gov,B1,发动机,,gov\n"
        "2,2026-03-02 09:01,,customer:gov,B2,发动机,,nobody\n",
        encoding="utf-8",
    )
    map_file = tmp_path / "map.txt"
    map_file.write_text(mapping, encoding="utf-8")
    outcome = replay(shop(tmp_path), tickets, map_file)
    assert [t.status for t in outcome.tickets] == ["accepted", "refused"]


def test_the_apps_own_tickets_are_found(tmp_path: Path) -> None:
    """Without a file, tickets/*.csv are played by the mapping named like the file."""
    (tmp_path / "tickets").mkdir()
    row = "1,2026-03-02 09:00,,customer:gov,A1,发动机,\n"
    (tmp_path / "tickets" / "tickets.csv").write_text(HEAD + row, encoding="utf-8")
    heard: list[tuple[int, int]] = []
    outcome = replay(shop(tmp_path, MAP), on_progress=lambda done, total: heard.append((done, total)))
    assert outcome.accepted == 1
    assert heard == [(1, 1)]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """No tickets, no mapping, a mapping without `at`: each is told, none is a traceback."""
    with pytest.raises(TicketsError, match="no tickets"):
        replay(shop(tmp_path))
    tickets = tmp_path / "t.csv"
    tickets.write_text(HEAD, encoding="utf-8")
    with pytest.raises(DefinitionError, match="no mapping says"):
        replay(shop(tmp_path), tickets)
    with pytest.raises(DefinitionError, match='needs "at"'):
        tried(tmp_path, "", MAP.replace("at: =row.时间\n", ""))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    """A header alone: nothing accepted, nothing refused, and that adds up."""
    outcome = tried(tmp_path, "")
    assert (outcome.rows, outcome.ok) == (0, True)


def test_a_column_of_the_map_that_is_missing_is_said(tmp_path: Path) -> None:
    """Every such column, with the one that was probably meant; nothing is played as if its cells were empty."""
    (tmp_path / "tickets.csv").write_text("单号,时间,关闭,客户,车牌,故章\n1,2026-03-02 09:00,,customer:gov,A1,发动机\n")
    (tmp_path / "map.txt").write_text(MAP, encoding="utf-8")
    with pytest.raises(TicketsError) as refused:
        replay(shop(tmp_path), tmp_path / "tickets.csv", tmp_path / "map.txt")
    assert "reads columns that are not there" in str(refused.value)
    assert '"故障" (did you mean "故章"?)' in str(refused.value)
    assert '"照片"' in str(refused.value)

"""Files that people send: kept for who sent them, taken by one case, seen by who sees the field, erased with the person."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit import FlowKit, RefusedError, VirtualClock, load_app
from flowkit.kit import UploadView
from flowkit.runtime import uploads
from flowkit.runtime.taking import names_upload, uploads_in
from tests.shop import NINE
from tests.unit.uploads import made

SHOP = """
app: 修车铺
catcher: 老板
channels: {console: {preset: console}}
staff: {entity: 员工, roles: 角色}
customers: {entity: 客户, by: 电话, sees: =row.房东 == actor}
roles:
  师傅: {title: 师傅, sees: all}
  老板: {title: 老板, sees: all, may: [reveal]}
  客服: {title: 客服, sees: own}
---
entity: 员工
key: 号
fields: {号: text, 角色: role}
rows: [{号: boss, 角色: 老板}, {号: wang, 角色: 师傅}, {号: zhao, 角色: 师傅}, {号: kefu, 角色: 客服}]
---
entity: 客户
key: 号
fields: {号: text, 电话: {type: phone, personal: true}}
rows: [{号: li}, {号: wu}]
---
form: 报修
fields:
  照片: {type: media, accept: [image, video], max: 3, video_seconds: 30}
  证件: {type: media, personal: true}
  内部: {type: media, hidden_from: [师傅, customers]}
  电话: {type: phone, personal: true}
  房东: {type: reference, entity: 客户}
---
workflow: 工单
from: 报修
nodes:
  处理中:
    owner: 老板
    actions:
      补充: {form: {单据: media}, edit: [照片], to: 处理中}
      转交: {do: [{start: {workflow: 外协, with: {现场: =照片, 身份: =证件}}}]}
      出示: {who: =房东, form: {证: {type: media, personal: true}}}
      传阅: {form: {签收: {type: list, of: signature}}}
      完工: {form: {签名: {type: signature, required: true}}, to: 完成}
    timeouts: [{after: 1d, escalate: 老板}]
  完成: {end: done}
---
form: 外协单
fields: {现场: media, 身份: {type: media, personal: true}}
---
workflow: 外协
from: 外协单
nodes:
  处理中:
    owner: 师傅
    actions: {好了: {edit: [现场], to: 完成}}
    timeouts: [{after: 1d, escalate: 老板}]
  完成: {end: done}
---
intake: 门口
opens: {workflow: 工单}
applicant: {by: 电话}
"""
LI, WU, BOSS, WANG, ZHAO, KEFU = "客户:li", "客户:wu", "员工:boss", "员工:wang", "员工:zhao", "员工:kefu"
VISITOR = "visitor:" + "Zk3-_x" * 5
PICTURE = made.photo()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def kit(tmp_path: Path, database: Path) -> Iterator[FlowKit]:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.yaml").write_text(SHOP, encoding="utf-8")
    with FlowKit(load_app(tmp_path / "app"), f"sqlite:///{database}", clock=VirtualClock(NINE)) as kit:
        yield kit


def sent(kit: FlowKit, by: str, name: str = "door.jpg", content: bytes = PICTURE) -> str:
    return kit.upload(content, name, by).id


def refusal(ask: Callable[[], Any]) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        ask()
    return refused.value


def submitted(kit: FlowKit, by: str = LI, **values: Any) -> str:
    return kit.submit("工单", values, by=by).id


# --- kept and taken ------------------------------------------------------------------------------------------------------


def test_what_stands_in_a_case_was_measured_by_us(kit: FlowKit) -> None:
    """Whatever was typed beside the id, the value tells what the upload is, and its hash; within the statements promised."""
    view = kit.upload(PICTURE, "../door.JPG", LI)
    assert view == UploadView(view.id, "door.jpg", "image", "image/jpeg", view.size, 48, 64, None, view.sha256)
    lied = {"upload": view.id, "name": "x.mp4", "kind": "video", "seconds": 3, "width": 9, "evil": "=1+1"}
    case = kit.submit(
        "工单", {"照片": [lied], "证件": {"upload": sent(kit, LI)}, "电话": "13800000001"}, by=LI, key="k"
    )
    reads, writes = kit.spent
    assert reads <= 4
    assert writes <= 8
    (held,) = case.values["照片"]
    told = {"name": "door.jpg", "kind": "image", "size": view.size, "width": 48, "height": 64, "sha256": view.sha256}
    assert held == {**told, "upload": view.id}
    assert kit.verify() == []


def test_it_comes_out_as_it_was_kept(kit: FlowKit) -> None:
    """The picture and its thumbnail, to whoever sees the case; nothing of what was in the file besides pixels."""
    id_ = sent(kit, LI)
    case = submitted(kit, 照片=[{"upload": id_}])
    for by in (LI, BOSS, WANG, None):
        found = kit.upload_content(case, id_, by)
        assert (found.mime, found.name) == ("image/jpeg", "door.jpg")
        small = kit.upload_content(case, id_, by, thumbnail=True)
        assert small.mime == "image/jpeg"
        for content in (found.content, small.content):
            assert content.startswith(b"\xff\xd8\xff")
            assert b"PhoneMaker" not in content


def test_a_draft_is_its_uploaders_alone(kit: FlowKit) -> None:
    """Before a case has taken it only who sent it gets it, and nobody else may use it; afterwards it is reached by the case."""
    id_ = sent(kit, LI)
    assert kit.own_upload(id_, LI).name == "door.jpg"
    for by in (WU, BOSS, VISITOR):
        assert refusal(lambda by=by: kit.own_upload(id_, by)).code == "unknown-upload"
        assert refusal(lambda by=by: kit.discard_upload(id_, by)).code == "unknown-upload"
    case = submitted(kit, 照片=[{"upload": id_}])
    assert refusal(lambda: kit.own_upload(id_, LI)).code == "unknown-upload"
    assert refusal(lambda: kit.discard_upload(id_, LI)).code == "unknown-upload"
    assert kit.upload_content(case, id_, LI).content


@pytest.mark.parametrize("whose", ["nobody's", "another's", "of another case", "a draft of his, thrown away", "no id"])
def test_what_may_not_be_used_is_a_problem_at_its_field(kit: FlowKit, whose: str) -> None:
    """In the same words, whatever the reason, so that nobody learns which ids there are; and nothing has changed."""
    if whose == "nobody's":
        id_ = "u" + "0" * 32
    elif whose == "another's":
        id_ = sent(kit, WU)
    elif whose == "of another case":
        id_ = sent(kit, LI)
        submitted(kit, 照片=[{"upload": id_}])
    elif whose == "no id":
        id_ = "../u' OR 1=1 --"
    else:
        id_ = sent(kit, LI)
        kit.discard_upload(id_, LI)
    before = kit.count(None)
    refused = refusal(lambda: submitted(kit, 照片=[{"upload": sent(kit, LI)}, {"upload": id_}]))
    (problem,) = refused.problems
    assert (problem.field, problem.code, problem.title) == ("照片.2", "unknown-upload", "照片")
    assert problem.message == "第 2 个文件:没有这个文件,或它已过期: 请重新上传"
    assert kit.count(None) == before


def test_one_upload_for_two_cases_at_once(kit: FlowKit) -> None:
    """Of eight who submit it at once one has it; the seven others are told."""
    id_ = sent(kit, LI)
    outcomes: list[str] = []

    def submit() -> None:
        try:
            outcomes.append(submitted(kit, 照片=[{"upload": id_}]))
        except RefusedError as error:
            outcomes.append(error.problems[0].code)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["unknown-upload"] * 7
    assert kit.count(None) == 1


def test_a_planted_bug_gives_one_upload_to_two_cases(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a step not to note what it takes, the race above would be lost: the test can fail."""
    monkeypatch.setattr("flowkit.runtime.steps.take_uploads", lambda *_: None)
    id_ = sent(kit, LI)
    assert submitted(kit, 照片=[{"upload": id_}]) != submitted(kit, 照片=[{"upload": id_}])


def test_the_same_key_again_takes_nothing_anew(kit: FlowKit) -> None:
    """A retry of the same submission is answered with the first case, though its upload is taken by now."""
    values = {"照片": [{"upload": sent(kit, LI)}]}
    first = kit.submit("工单", values, by=LI, key="k")
    assert kit.submit("工单", values, by=LI, key="k").id == first.id


def test_what_was_refused_can_be_sent_again(kit: FlowKit) -> None:
    """A form that is wrong elsewhere takes nothing: the upload is still there for the next try."""
    id_ = sent(kit, LI)
    refusal(lambda: submitted(kit, 照片=[{"upload": id_}], 电话="x"))
    assert kit.own_upload(id_, LI).content
    submitted(kit, 照片=[{"upload": id_}], 电话="13800000001")


def test_a_case_keeps_what_it_has_when_it_is_edited(kit: FlowKit) -> None:
    """The customer's picture stays beside the owner's new one; an old one that was replaced is still to be seen."""
    first, second = sent(kit, LI), sent(kit, LI)
    case = submitted(kit, 照片=[{"upload": first}, {"upload": second}])
    third = sent(kit, BOSS)
    shown = kit.act(case, "补充", {"照片": [{"upload": first}, {"upload": third}]}, by=BOSS)
    assert [file["upload"] for file in shown.values["照片"]] == [first, third]
    for id_ in (first, second, third):
        assert kit.upload_content(case, id_, LI).content


def test_the_same_file_counts_once(kit: FlowKit) -> None:
    """Three times the same picture is one picture: `max` and `min` count files."""
    id_ = sent(kit, LI)
    case = kit.submit("工单", {"照片": [{"upload": id_}] * 5}, by=LI)
    assert len(case.values["照片"]) == 1


# --- limits of the field -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "code", "words"),
    [
        (made.PDF, "a.pdf", "accept", "只接受图片、视频,收到文件"),
        (made.film(31.5), "a.mp4", "too-long", "视频最长 30 秒,收到 31.5 秒"),
        (made.webm(last=32_000), "a.webm", "too-long", "视频最长 30 秒,收到 32 秒"),
        (made.film(None), "a.mp4", "too-long", "看不出这段视频有多长"),
    ],
)
def test_the_field_judges_what_was_measured(kit: FlowKit, content: bytes, name: str, code: str, words: str) -> None:
    """Whatever is said of it: a film that is too long stays so, and one that tells no length is not believed."""
    id_ = sent(kit, LI, name, content)
    lied = {"upload": id_, "kind": "image", "seconds": 1, "name": "a.jpg"}
    (problem,) = refusal(lambda: submitted(kit, 照片=[lied])).problems
    assert (problem.field, problem.code) == ("照片.1", code)
    assert words in problem.message


def test_a_short_film_is_taken(kit: FlowKit) -> None:
    """With the seconds that it plays, as an exact number."""
    case = kit.submit("工单", {"照片": [{"upload": sent(kit, LI, "a.mp4", made.film(12.3))}]}, by=LI)
    assert case.values["照片"][0]["seconds"] == "12.3"


def test_a_drawn_signature_is_a_picture_with_a_name(kit: FlowKit) -> None:
    """The name as typed and the picture as drawn; a film signs nothing."""
    case = submitted(kit)
    film = sent(kit, BOSS, "a.mp4", made.film())
    (problem,) = refusal(lambda: kit.act(case, "完工", {"签名": {"upload": film}}, by=BOSS)).problems
    assert (problem.field, problem.message) == ("签名", "签名应为图片")
    drawn = sent(kit, BOSS, "sign.png", made.picture("PNG", mode="RGBA"))
    shown = kit.act(case, "完工", {"签名": {"name": "老王", "upload": drawn}}, by=BOSS)
    signed = shown.values["完工"]["签名"]
    assert (signed["name"], signed["kind"], signed["upload"]) == ("老王", "image", drawn)
    assert kit.upload_content(case, drawn, BOSS).mime == "image/png"


def test_every_one_of_several_signatures_is_judged(kit: FlowKit) -> None:
    """In a list, too, each must be his who signs: naming another's upload neither takes it nor shows it."""
    case, theirs = submitted(kit), sent(kit, WU)
    own = sent(kit, BOSS)
    refused = refusal(lambda: kit.act(case, "传阅", {"签收": [{"upload": own}, {"upload": theirs}]}, by=BOSS))
    assert [(problem.field, problem.code) for problem in refused.problems] == [("签收.2", "unknown-upload")]
    kit.act(case, "传阅", {"签收": [{"upload": own, "name": "老板"}]}, by=BOSS)
    assert kit.upload_content(case, own, BOSS).content


def test_what_merely_speaks_of_an_id_shows_nothing(kit: FlowKit) -> None:
    """An event that names an upload of another case, or a draft, opens neither."""
    case, draft, taken = submitted(kit), sent(kit, WU), sent(kit, WU)
    submitted(kit, WU, 照片=[{"upload": taken}])
    kit.signal(case, "传真", {"x": {"upload": draft}, "y": {"upload": taken}}, by=LI)
    for id_ in (draft, taken):
        assert refusal(lambda id_=id_: kit.upload_content(case, id_, LI)).code == "unknown-upload"


# --- who sees it ---------------------------------------------------------------------------------------------------------


def test_a_hidden_field_hides_its_files(kit: FlowKit) -> None:
    """From who does not see the field, and who does not see the case: alike, and like an id that there is not."""
    id_ = sent(kit, BOSS)
    case = submitted(kit, BOSS, 内部=[{"upload": id_}])
    assert kit.upload_content(case, id_, BOSS).content
    hidden = refusal(lambda: kit.upload_content(case, id_, WANG))
    absent = refusal(lambda: kit.upload_content(case, "u" + "1" * 32, WANG))
    assert (hidden.code, hidden.message) == (absent.code, absent.message) == ("unknown-upload", absent.message)
    stranger = refusal(lambda: kit.upload_content(case, id_, KEFU))
    assert stranger.code == "unknown-case"


def test_an_id_of_another_case_opens_nothing(kit: FlowKit) -> None:
    """Not even for who sees both: a file is reached through the case in which it stands."""
    id_ = sent(kit, LI)
    submitted(kit, 照片=[{"upload": id_}])
    other = submitted(kit)
    assert refusal(lambda: kit.upload_content(other, id_, BOSS)).code == "unknown-upload"


def test_a_personal_file_is_masked(kit: FlowKit) -> None:
    """For who handles the case and for whom it is; others must ask first, and that is written down."""
    id_ = sent(kit, LI)
    case = submitted(kit, 证件=[{"upload": id_}])
    assert id_ not in str(kit.history(case))
    for by in (LI, BOSS):
        assert kit.upload_content(case, id_, by).content
    assert refusal(lambda: kit.upload_content(case, id_, WANG)).code == "masked"
    assert refusal(lambda: kit.upload_content(case, id_, WANG, thumbnail=True)).code == "masked"


def test_a_child_case_shows_what_its_parent_handed_on(kit: FlowKit) -> None:
    """It takes nothing away; it is seen through the child as through the parent, and can stay where it is edited."""
    picture, card = sent(kit, LI), sent(kit, LI)
    case = submitted(kit, 照片=[{"upload": picture}], 证件=[{"upload": card}])
    kit.act(case, "转交", by=BOSS)
    kit.advance()
    (child,) = kit.cases(None, workflow="外协").items
    kit.act(child.id, "claim", by=WANG)
    assert kit.upload_content(child.id, picture, WANG).content
    assert kit.upload_content(child.id, card, WANG).content
    assert refusal(lambda: kit.upload_content(child.id, card, ZHAO)).code == "masked"
    kit.act(child.id, "好了", {"现场": [{"upload": picture}, {"upload": sent(kit, WANG)}]}, by=WANG)
    assert kit.upload_content(case, picture, LI).content


def test_a_machine_cannot_be_made_to_show_a_draft(kit: FlowKit) -> None:
    """What an event or an expression names is taken only if it belongs to a case already."""
    world = {"upload": sent(kit, WU)}
    assert uploads_in({"a": [world, {"b": {"c": [world]}}]}) == {world["upload"]}
    case = submitted(kit)
    assert kit.look(case, lambda w: w.taken_upload(world["upload"])) is None


# --- visitors ------------------------------------------------------------------------------------------------------------


def test_a_visitor_sends_first_and_says_later_who_he_is(kit: FlowKit) -> None:
    """What his browser sent goes with the case that begins in his name, through a door too; without it, it is another's."""
    id_ = sent(kit, VISITOR)
    assert kit.own_upload(id_, VISITOR).content
    values = {"照片": [{"upload": id_}], "电话": "13800000009"}
    assert refusal(lambda: kit.take_in("门口", values, by=None)).problems[0].code == "unknown-upload"
    other = "visitor:" + "b" * 30
    assert refusal(lambda: kit.take_in("门口", values, by=None, visitor=other)).problems[0].code == "unknown-upload"
    case = kit.take_in("门口", values, by=None, visitor=VISITOR)
    assert kit.upload_content(case.id, id_, case.applicant).content


def test_what_a_browser_is_known_by_is_not_kept(kit: FlowKit, database: Path) -> None:
    """Only a digest of it: who reads the database cannot pass for the visitor."""
    sent(kit, VISITOR)
    assert VISITOR.removeprefix("visitor:").encode() not in whole(database)


@pytest.mark.parametrize("by", ["visitor:", "visitor:short", "visitor:" + "a b" * 10, "", "客户:nobody", "system:x"])
def test_who_is_nobody_sends_nothing(kit: FlowKit, by: str) -> None:
    """A person who is known, or a visitor whose mark cannot be guessed."""
    assert refusal(lambda: kit.upload(PICTURE, "a.jpg", by)).code == "unknown-actor"


# --- limits and time -----------------------------------------------------------------------------------------------------


def test_nobody_can_fill_the_disk_with_drafts(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many that no case has taken, each uploader; what was submitted or thrown away counts no more."""
    monkeypatch.setattr(uploads, "MOST_UNUSED", 3)
    ids = [sent(kit, LI, "a.pdf", made.PDF) for _ in range(3)]
    refused = refusal(lambda: sent(kit, LI))
    assert refused.code == "too-many-uploads"
    assert "请先提交表单,或删去一些再上传" in str(refused)
    sent(kit, WU)
    kit.discard_upload(ids[0], LI)
    sent(kit, LI, "a.pdf", made.PDF)
    submitted(kit, 证件=[{"upload": ids[1]}])
    sent(kit, LI, "a.pdf", made.PDF)
    assert refusal(lambda: sent(kit, LI)).code == "too-many-uploads"
    monkeypatch.setattr(uploads, "MOST_UNUSED_BYTES", 100)
    assert refusal(lambda: sent(kit, BOSS)).code == "too-many-uploads"


def test_visitors_together_have_a_limit(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes under a new name each time gets no further; those who are known are not held up by it."""
    monkeypatch.setattr(uploads, "MOST_OF_VISITORS", 2)
    for number in range(2):
        sent(kit, f"visitor:{number:020}", "a.pdf", made.PDF)
    assert refusal(lambda: sent(kit, "visitor:" + "9" * 20)).code == "busy"
    sent(kit, LI)


def test_only_so_many_are_looked_into_at_once(kit: FlowKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when all are busy is told to come again, not left waiting."""
    monkeypatch.setattr(uploads, "WAITS", 0.01)
    inside, go_on = threading.Barrier(uploads.AT_ONCE + 1), threading.Event()
    real = uploads.inspect

    def slow(*given: Any) -> Any:
        inside.wait()
        go_on.wait()
        return real(*given)

    monkeypatch.setattr(uploads, "inspect", slow)
    threads = [threading.Thread(target=sent, args=(kit, LI)) for _ in range(uploads.AT_ONCE)]
    for thread in threads:
        thread.start()
    inside.wait()
    assert refusal(lambda: sent(kit, WU)).code == "busy"
    go_on.set()
    for thread in threads:
        thread.join()


def test_what_nobody_uses_is_thrown_away(kit: FlowKit, database: Path) -> None:
    """After seven days, with its bytes and key; what a case has taken stays."""
    kept, gone = sent(kit, LI), sent(kit, WANG)
    case = submitted(kit, 照片=[{"upload": kept}])
    kit.clock.move(timedelta(days=6, hours=23))  # type: ignore[attr-defined]
    kit.advance()
    assert kit.own_upload(gone, WANG).content
    kit.clock.move(timedelta(hours=2))  # type: ignore[attr-defined]
    kit.advance()
    assert refusal(lambda: kit.own_upload(gone, WANG)).code == "unknown-upload"
    assert kit.upload_content(case, kept, LI).content
    assert refusal(lambda: submitted(kit, WANG, 照片=[{"upload": gone}])).problems[0].code == "unknown-upload"
    assert rows(database, "SELECT count(*) FROM uploads") == [(1,)]
    assert rows(database, "SELECT count(DISTINCT id) FROM upload_parts") == [(1,)]
    assert rows(database, f"SELECT count(*) FROM personal WHERE ref = '{gone}'") == [(0,)]


# --- sealed and erased ---------------------------------------------------------------------------------------------------


def rows(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(database) as connection:
        return connection.execute(statement).fetchall()


def whole(database: Path) -> bytes:
    return b"".join(path.read_bytes() for path in database.parent.glob("work.db*"))


def erase(database: Path, person: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM person_keys WHERE subject = ?", (person,))


CANARY = b"%PDF-1.7\nCANARY-13912345678\n%%EOF\n"


def test_no_file_lies_open(kit: FlowKit, database: Path) -> None:
    """Neither a draft nor one that a case has taken, whoever sent it."""
    for by in (LI, WANG, VISITOR):
        sent(kit, by, "a.pdf", CANARY)
    case = submitted(kit, BOSS, 内部=[{"upload": sent(kit, BOSS, "a.pdf", CANARY)}])
    assert b"CANARY" not in whole(database)
    assert kit.verify() == []
    assert kit.case(case).values["内部"]


@pytest.mark.parametrize(
    ("by", "field", "visitor"),
    [
        (LI, "照片", None),
        (LI, "证件", None),
        (LI, "照片", VISITOR),
        (LI, "证件", VISITOR),
        (BOSS, "证件", None),
    ],
)
def test_erasing_a_person_erases_his_files(
    kit: FlowKit, database: Path, by: str, field: str, visitor: str | None
) -> None:
    """What a customer sent, before or after he said who he is, and what others put into a personal field of his case."""
    id_ = sent(kit, visitor or by)
    applicant = None if by == LI else LI
    case = kit.submit("工单", {field: [{"upload": id_}]}, by=by, applicant=applicant, visitor=visitor).id
    assert kit.upload_content(case, id_, BOSS).content
    erase(database, LI)
    # Of a personal field not even that there was a file is left.
    assert refusal(lambda: kit.upload_content(case, id_, BOSS)).code == (
        "erased" if field == "照片" else "unknown-upload"
    )
    assert refusal(lambda: kit._uploads.content(id_, "content")).code == "erased"
    assert kit.verify() == []


def test_a_personal_file_that_another_customer_sent_is_erased_with_either(kit: FlowKit, database: Path) -> None:
    """It is under both keys: of whom it is about, and of who sent it."""
    for erased in (LI, WU):
        case = submitted(kit, 房东="wu")
        id_ = sent(kit, WU)
        kit.act(case, "出示", {"证": {"upload": id_}}, by=WU)
        assert kit.upload_content(case, id_, BOSS).content
        with sqlite3.connect(database) as connection:
            keys = connection.execute("SELECT * FROM person_keys").fetchall()
        erase(database, erased)
        assert refusal(lambda id_=id_: kit._uploads.content(id_, "content")).code == "erased"
        with sqlite3.connect(database) as connection:
            connection.executemany("INSERT OR REPLACE INTO person_keys VALUES (?, ?)", keys)
        assert kit.upload_content(case, id_, BOSS).content


def test_a_discarded_file_is_gone_with_its_bytes(kit: FlowKit, database: Path) -> None:
    """At once, and it counts for nothing any more."""
    id_ = sent(kit, WANG)
    kit.discard_upload(id_, WANG)
    for table in ("uploads", "upload_parts"):
        assert rows(database, f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows(database, "SELECT count(*) FROM person_keys WHERE subject LIKE 'upload:%'") == [(0,)]


# --- any value -----------------------------------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just("u" + "0" * 32),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["upload", "name", "kind", "seconds", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JUNK)
def test_any_junk_names_uploads_or_none(value: Any) -> None:
    """Looking for ids in what was typed never fails, and finds only what looks like one."""
    assert all(names_upload(value, id_) for id_ in uploads_in(value))
    assert uploads_in(value) <= {"u" + "0" * 32}


@pytest.mark.parametrize("field", ["照片", "签名"])
def test_nobody_types_a_reference_to_what_is_personal(kit: FlowKit, field: str) -> None:
    """A detail of a file that looks like one would be shown as the value it refers to: it is refused."""
    theirs = submitted(kit, WU, 电话="13812345678")
    ref = kit.history(theirs)[0].data["values"]["电话"]["personal"]
    forged = {"name": "a.jpg", "personal": ref}
    case = submitted(kit, BOSS)
    if field == "照片":
        refused = refusal(lambda: submitted(kit, 照片=[forged]))
    else:
        refused = refusal(lambda: kit.act(case, "完工", {"签名": forged}, by=BOSS))
    assert [problem.field for problem in refused.problems] == [field]


def test_junk_in_a_media_field_is_a_refusal(kit: FlowKit) -> None:
    """Each with the name of the field; never another exception."""
    for junk in (
        {"upload": None},
        {"upload": ""},
        {"upload": 5},
        {"upload": ["u" + "0" * 32]},
        {"upload": "u" + "0" * 32, "kind": "exe"},
        [{"upload": "\ud800"}],
        {"upload": "u" * 33},
        {"upload": "u" + "0" * 32, **{str(n): n for n in range(30)}},
        [[{"upload": "u" + "0" * 32}]],
    ):
        problems = refusal(lambda junk=junk: submitted(kit, 照片=junk)).problems
        assert all(problem.field.startswith("照片") for problem in problems), junk

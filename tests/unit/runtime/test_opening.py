"""Opening an app on a database takes nothing that is another's, and says what it cannot go on with."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from flowkit import FlowKit, RefusedError, StoreError, VirtualClock
from flowkit.app.app import App
from flowkit.app.load import load_app
from tests.shop import NINE, SHOP, shop


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'work.db'}"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


def other(tmp_path: Path, name: str = "洗车行") -> App:
    return shop(tmp_path / name, text=SHOP.replace("app: 修车铺", f"app: {name}"))


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        return raw.execute(f"SELECT * FROM {table}").fetchall()


# --- whose database it is ---------------------------------------------------------------------------------------------


def test_the_database_of_another_app_is_refused(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """What is expected and found is told with the way out; the messages that wait there stay as they are."""
    with FlowKit(shop(tmp_path / "app"), url, clock=clock) as kit:
        kit.submit("工单", {"故障": "异响"}, by="客户:li")
    before = rows(url, "outbox")
    with pytest.raises(
        StoreError, match='expected a database of the app "洗车行", found that of the app "修车铺".*renamed'
    ):
        FlowKit(other(tmp_path), url, clock=clock)
    assert before
    assert rows(url, "outbox") == before
    assert not [row for row in rows(url, "definitions") if "洗车行" in str(row)]


def test_a_renamed_app_says_once_what_it_was_called(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Afterwards the database is the new name's, and saying it again does no harm; a wrong former name is refused."""
    with FlowKit(shop(tmp_path / "app"), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
    renamed = other(tmp_path)
    with pytest.raises(StoreError, match="修车铺"):
        FlowKit(renamed, url, clock=clock, renamed_from="理发店")
    for former in ("修车铺", "修车铺", None):
        with FlowKit(renamed, url, clock=clock, renamed_from=former) as kit:
            assert kit.case(case.id).node == "待接单"
    with pytest.raises(StoreError, match="洗车行"):
        FlowKit(shop(tmp_path / "app"), url, clock=clock)


def test_a_database_without_a_name_gets_that_of_the_app_opened_first(
    tmp_path: Path, url: str, clock: VirtualClock
) -> None:
    """A database from before names were kept is taken as it is, and from then on is that app's."""
    FlowKit(shop(tmp_path / "app"), url, clock=clock).close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DELETE FROM meta WHERE name = 'app'")
    FlowKit(shop(tmp_path / "app"), url, clock=clock).close()
    with pytest.raises(StoreError):
        FlowKit(other(tmp_path), url, clock=clock)


# --- who and what has gone from the app's files ---------------------------------------------------------------------------


def staffed(tmp_path: Path, *technicians: str, text: str = SHOP) -> App:
    """The shop with these technicians in its file."""
    rows = "\n".join(f"  - {{号: {name}, 名: 师傅{name}, 角色: 师傅, 当班: true}}" for name in technicians)
    folder = tmp_path / "-".join(("staffed", *technicians))
    folder.mkdir(exist_ok=True)
    (folder / "shop.yaml").write_text(text.replace("STAFF", rows), encoding="utf-8")
    return load_app(folder)


def test_who_is_gone_from_the_file_may_not_act_and_gets_nothing(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """He is no candidate, no member of a pool, and unknown as an actor; what he did keeps his name."""
    text = SHOP.replace("entity: 员工\nkey: 号", "entity: 员工\nkey: 号\nlabel: 名")
    with FlowKit(staffed(tmp_path, "an", "bo", text=text), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        assert case.owner == ("员工:an",)
        kit.act(case.id, "接单", by="员工:an")
    with FlowKit(staffed(tmp_path, "bo", text=text), url, clock=clock) as kit:
        for asked in (lambda: kit.tasks("员工:an"), lambda: kit.submit("工单", {"故障": "响"}, by="员工:an")):
            with pytest.raises(RefusedError) as refused:
                asked()
            assert refused.value.code == "unknown-actor"
        later = [kit.submit("工单", {"故障": "响"}, by="客户:li").owner for _ in range(3)]
        assert later == [("员工:bo",)] * 3
        assert "师傅an(an)" in " ".join(kit.explain(case.id).lines)
        assert kit.verify() == []


def test_what_somebody_alone_held_goes_to_the_catcher(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """At the next opening, in a step that tells why and tells the catcher; what others hold stays theirs."""
    with FlowKit(staffed(tmp_path, "an", "bo"), url, clock=clock) as kit:
        his, others = (kit.submit("工单", {"故障": "异响"}, by="客户:li") for _ in range(2))
        assert (his.owner, others.owner) == (("员工:an",), ("员工:bo",))
    for _ in range(2):
        with FlowKit(staffed(tmp_path, "bo"), url, clock=clock) as kit:
            assert kit.case(his.id).owner == ("role:老板",)
            assert kit.case(others.id).owner == ("员工:bo",)
            assert [t.case for t in kit.tasks("员工:boss")] == [his.id]
            assert [e.kind for e in kit.history(his.id)].count("reassigned") == 1
            assert "原来的负责人已不在,由老板兜底" in " ".join(kit.explain(his.id).lines)
            assert kit.verify() == []


def test_a_pool_that_has_become_empty_goes_to_the_catcher(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """A pool whose last member has gone holds nothing; nor does one whose role the app has no more."""
    pool = re.sub(r"owner: \{dispatch.*", "owner: 师傅", SHOP)
    with FlowKit(staffed(tmp_path, "an", text=pool), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        assert case.owner == ("role:师傅",)
    with FlowKit(staffed(tmp_path, text=pool), url, clock=clock) as kit:
        assert kit.case(case.id).owner == ("role:老板",)


def test_what_he_claimed_goes_back_to_the_pool(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """As long as the pool has somebody else, it is not the catcher's."""
    pool = re.sub(r"owner: \{dispatch.*", "owner: 师傅", SHOP)
    with FlowKit(staffed(tmp_path, "an", "bo", text=pool), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        kit.act(case.id, "claim", by="员工:an")
    with FlowKit(staffed(tmp_path, "bo", text=pool), url, clock=clock) as kit:
        assert kit.case(case.id).owner == ("role:师傅",)
        assert [t.case for t in kit.tasks("员工:bo")] == [case.id]
        assert kit.verify() == []


def test_what_a_catcher_held_goes_to_the_next_one(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """When the app has another catcher and the role of the former is gone, cases and incidents go to the new one."""
    business, rest = re.sub(r"owner: \{dispatch.*", "owner: 师傅", SHOP).split("form: 报修")
    text = "form: 报修".join((business, rest.replace("老板", "师傅")))
    changed = text.replace("老板", "经理").replace("STAFF", "  - {号: chief, 角色: 经理}\nSTAFF")
    with FlowKit(staffed(tmp_path, "an", text=text), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        kit.act(case.id, "接单", by="员工:an")
        broken = kit.act(case.id, "完工", {"收费": 1}, by="员工:an")
        assert broken.incident is not None
        caught = kit.submit("工单", {"故障": "异响"}, by="客户:li")
    with FlowKit(staffed(tmp_path, text=text), url, clock=clock) as kit:
        assert kit.case(caught.id).owner == ("role:老板",)
    with FlowKit(staffed(tmp_path, text=changed), url, clock=clock) as kit:
        assert {(t.case, t.kind) for t in kit.tasks("员工:chief")} >= {(case.id, "incident"), (caught.id, "owner")}
        assert kit.verify() == []


def test_where_he_held_a_node_before_his_role_stands_for_him(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """`=待接单.owner` of one who has gone since asks the pool that the node is asked of; nobody is left out for him."""
    with FlowKit(staffed(tmp_path, "an", "bo"), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li")
        kit.act(case.id, "接单", by="员工:an")
    with FlowKit(staffed(tmp_path, "bo"), url, clock=clock) as kit:
        assert kit.case(case.id).owner == ("role:老板",)
        kit.signal(case.id, "配件到", by="system:parts")
        assert kit.case(case.id).owner == ("role:师傅",)
        assert kit.act(case.id, "完工", {"收费": 1}, by="员工:bo").outcome == "done"


def test_who_comes_back_to_the_file_is_back(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """With the same row as before he counts again."""
    for present in (("an",), (), ("an",)):
        with FlowKit(staffed(tmp_path, *present), url, clock=clock) as kit:
            owner = kit.submit("工单", {"故障": "异响"}, by="客户:li").owner
            assert owner == (("员工:an",) if present else ("role:老板",))


@pytest.mark.parametrize("first", ["import", "file"])
def test_who_was_imported_stays_whatever_the_file_says(
    tmp_path: Path, url: str, clock: VirtualClock, first: str
) -> None:
    """A record that is in the file and was imported too has a second source, whichever came first."""
    row = {"号": "an", "名": "安", "角色": "师傅", "当班": "true"}
    apps = [staffed(tmp_path, "bo"), staffed(tmp_path, "an", "bo"), staffed(tmp_path, "bo")]
    for number, app in enumerate(apps):
        with FlowKit(app, url, clock=clock) as kit:
            if number == (0 if first == "import" else 1):
                kit.import_records("员工", [row])
    with FlowKit(staffed(tmp_path, "bo"), url, clock=clock) as kit:
        assert kit.tasks("员工:an") == []
        kit.import_records("员工", [{"号": "bo", "名": "波"}])
    with FlowKit(staffed(tmp_path), url, clock=clock) as kit:
        assert kit.tasks("员工:bo") == []


def test_who_has_gone_is_imported_back(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Importing his key again makes him one of the staff, with what his record held."""
    with FlowKit(staffed(tmp_path, "an", "bo"), url, clock=clock):
        pass
    with FlowKit(staffed(tmp_path, "bo"), url, clock=clock) as kit:
        kit.import_records("员工", [{"号": "an"}])
        assert kit.submit("工单", {"故障": "异响"}, by="客户:li").owner == ("员工:an",)


def test_a_case_that_changes_one_who_has_gone_does_not_bring_him_back(
    tmp_path: Path, url: str, clock: VirtualClock
) -> None:
    """His record takes the change, in the same batch and after the next opening he is still gone."""
    text = SHOP.replace(
        "    actions:\n      完工:",
        "    actions:\n      歇: {do: [{record: =待接单.owner, set: {当班: true}}]}\n      完工:",
    )
    with FlowKit(staffed(tmp_path, "an", text=text), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响"}, by="客户:li")
        kit.act(case.id, "接单", by="员工:an")
    for _ in range(2):
        with FlowKit(staffed(tmp_path, text=text), url, clock=clock) as kit:
            kit.act(case.id, "歇", by="员工:boss")
            with pytest.raises(RefusedError):
                kit.tasks("员工:an")


def test_a_record_that_has_gone_is_read_and_not_chosen(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Cases that point to it go on and change it; nobody chooses it for a new one, but leaves it where it stands."""
    text = SHOP.replace("      完工: {form:", "      改: {edit: [车, 故障]}\n      完工: {form:")
    with FlowKit(staffed(tmp_path, "an", text=text), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li")
        kit.act(case.id, "接单", by="员工:an")
    sold = text.replace("{牌: A1, 客户: li, 里程: 10}", "{牌: B2}")
    with FlowKit(staffed(tmp_path, "an", text=sold), url, clock=clock) as kit:
        with pytest.raises(RefusedError) as refused:
            kit.submit("工单", {"故障": "响", "车": "A1"}, by="客户:li")
        assert [(p.field, p.code) for p in refused.value.problems] == [("车", "unknown-record")]
        kit.act(case.id, "改", {"车": "A1", "故障": "还响"}, by="员工:an")
        assert kit.act(case.id, "完工", {"收费": 1}, by="员工:an").outcome == "done"
        assert kit.look(case.id, lambda world: world["车"].attribute("里程")) == 11


def test_a_customer_who_has_gone_may_not_act_and_holds_nothing(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """What waits for him goes to the catcher, at once where it would come to him now, else at the next opening."""
    text = SHOP.replace("to: 完成}\n    timeouts: [{after: 1d", "to: 评价}\n    timeouts: [{after: 1d").replace(
        "  完成:\n",
        "  评价: {owner: applicant, actions: {好: {to: 完成}}, timeouts: [{after: 1d, to: 完成}]}\n  完成:\n",
    )
    fewer = text.replace(", {号: wu}", "")
    with FlowKit(staffed(tmp_path, "an", text=text), url, clock=clock) as kit:
        first, second = (kit.submit("工单", {"故障": "异响"}, by="客户:wu") for _ in range(2))
        for case in (first, second):
            kit.act(case.id, "接单", by="员工:an")
        assert kit.act(first.id, "完工", {"收费": 1}, by="员工:an").owner == ("客户:wu",)
    with FlowKit(staffed(tmp_path, "an", text=fewer), url, clock=clock) as kit:
        assert kit.case(first.id).owner == ("role:老板",)
        assert kit.act(second.id, "完工", {"收费": 1}, by="员工:an").owner == ("role:老板",)
        with pytest.raises(RefusedError):
            kit.submit("工单", {"故障": "响"}, by="客户:wu")


SIGN = """
app: 批
catcher: 总
roles: {总: {}, 甲: {}, 乙: {}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 号
fields: {号: text, 角色: role}
rows:
  - {号: z, 角色: 总}
  - {号: b, 角色: 乙}
STAFF
---
workflow: 单
nodes:
  批:
    approval: {by: [甲, 乙], sign: all, self: allow}
    approved: {to: 成}
    rejected: {to: 败}
    timeouts: [{after: 1d, escalate: 总}]
  成: {end: done}
  败: {end: rejected}
"""


@pytest.mark.parametrize("others", [True, False])
def test_a_signature_that_nobody_can_give_is_the_catchers(
    tmp_path: Path, url: str, clock: VirtualClock, others: bool
) -> None:
    """Only that one of an approval, and only where nobody else of its pool is left; then all is signed as before."""

    def app(*people: str) -> App:
        rows = "\n".join(f"  - {{号: {name}, 角色: 甲}}" for name in people)
        folder = tmp_path / f"sign{len(people)}"
        folder.mkdir(exist_ok=True)
        (folder / "app.yaml").write_text(SIGN.replace("STAFF\n", rows + "\n" if rows else ""), encoding="utf-8")
        return load_app(folder)

    with FlowKit(app("a", "c"), url, clock=clock) as kit:
        case = kit.submit("单", {}, by="员工:z")
        kit.act(case.id, "claim", by="员工:a")
        assert kit.case(case.id).owner == ("员工:a", "role:乙")
    left, signer = (("c",), "员工:c") if others else ((), "员工:z")
    for _ in range(2):
        with FlowKit(app(*left), url, clock=clock) as kit:
            assert kit.case(case.id).owner == ("role:甲" if others else "role:总", "role:乙")
            assert kit.verify() == []
    with FlowKit(app(*left), url, clock=clock) as kit:
        kit.act(case.id, "approve", by="员工:b")
        assert kit.act(case.id, "approve", by=signer).outcome == "done"
        assert kit.verify() == []


def test_a_cell_that_was_emptied_is_empty(tmp_path: Path, url: str, clock: VirtualClock) -> None:
    """Whose role is taken out of the file has it no more; what the file never said stays as cases have left it."""
    with FlowKit(staffed(tmp_path, "an", "bo"), url, clock=clock) as kit:
        case = kit.submit("工单", {"故障": "异响", "车": "A1"}, by="客户:li")
        kit.import_records("员工", [{"号": "an", "名": "安"}])
    text = SHOP.replace("STAFF", "STAFF\n  - {号: an, 当班: true}").replace(", 里程: 10}", "}")
    with FlowKit(staffed(tmp_path, "bo", text=text), url, clock=clock) as kit:
        assert kit.tasks("员工:an")[0].case == case.id
        assert kit.submit("工单", {"故障": "响"}, by="客户:li").owner == ("员工:bo",)
        assert kit.look(case.id, lambda world: world["车"].attribute("里程")) is None

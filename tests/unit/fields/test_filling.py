"""How a set of fields is filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from flowkit.fields.filling import Filling

PARTS = "  lines:\n    type: rows\n    min: 1\n    of: {part: {type: text, required: true}, quantity: {type: number, min: 1}}\n"


def test_all_problems_come_at_once_each_at_its_field(world):
    """Nothing wrong hides anything else that is wrong, however deep it lies."""
    _, problems = world.fill(
        "  name: {type: text, required: true}\n  phone: phone\n  stars: rating\n" + PARTS,
        {
            "phone": "1",
            "stars": 9,
            "lines": [{"part": "x", "quantity": 1}, {"quantity": 0}, {"part": "y", "quantity": "z"}],
            "nme": 1,
        },
    )
    assert {field: code for field, (code, _) in problems.items()} == {
        "name": "required",
        "phone": "type",
        "stars": "max",
        "lines.2.part": "required",
        "lines.2.quantity": "min",
        "lines.3.quantity": "type",
        "nme": "unknown-field",
    }


def test_people_see_the_number_of_the_row(world):
    """Rows count from 1, in the path as in the words."""
    _, problems = world.fill(PARTS, {"lines": [{"part": "x"}, {"part": "y", "quantity": 0}]})
    assert problems == {"lines.2.quantity": ("min", "第 2 行:不能小于 1,收到 0")}


@pytest.mark.parametrize("raw", [None, "", [], "  "])
def test_rows_that_must_be_there_are_missed(world, raw):
    """A least number of rows holds for no rows at all too."""
    _, problems = world.fill(PARTS, {"lines": raw})
    assert problems == {"lines": ("min", "至少 1 行,现有 0 行")}


def test_a_default_is_followed_until_somebody_types(world):
    """The default follows other fields, through references too; what is typed wins."""
    text = "  e: {type: reference, entity: elevator}\n  b: {type: choice, options: {entity: building}, default: =e.building}"
    assert world.fill(text, {"e": "E001"})[0]["b"] == "B1"
    assert world.fill(text, {"e": "E001", "b": "B2"})[0]["b"] == "B2"
    assert world.fill(text, {"e": "E001", "b": ""})[0]["b"] == "B1"


def test_a_list_from_which_everything_was_taken_gets_no_default_back(world):
    """Nothing ticked is an answer; nothing told is none."""
    text = "  tools: {type: choices, options: [扳手, 电表], default: [扳手]}"
    assert world.fill(text, {"tools": []})[0].get("tools") in (None, [])
    assert world.fill(text, {})[0]["tools"] == ["扳手"]
    assert world.fill(text, {"tools": ""})[0]["tools"] == ["扳手"]


def test_what_follows_a_wrong_field_is_not_reported_again(world):
    """A field whose default comes from a wrong or missing one is not missed as well."""
    text = (
        "  e: {type: reference, entity: elevator, required: true}\n"
        "  b: {type: text, default: =e.region, required: true}\n"
        "  c: {type: text, default: =b, required: true}"
    )
    assert list(world.fill(text, {"e": "E999"})[1]) == ["e"]
    assert list(world.fill(text, {})[1]) == ["e"]


def test_a_hidden_field_has_no_value_and_misses_none(world):
    """What is not visible is neither required nor kept, whatever was typed for it."""
    text = "  a: switch\n  b: {type: text, visible: =a, required: true}\n  c: {type: text, default: =b}"
    assert world.fill(text, {"b": "x"}) == ({}, {})
    assert world.fill(text, {"a": "是", "b": "x"}) == ({"a": True, "b": "x", "c": "x"}, {})
    assert list(world.fill(text, {"a": "是"})[1]) == ["b"]


def test_a_formula_computes_and_nobody_types_over_it(world):
    """Computed values are there, amounts to the cent; typing another is refused, typing the same is not."""
    text = "  q: number\n  p: money\n  total: {type: money, value: =q * p}"
    values, problems = world.fill(text, {"q": "1.5", "p": "0.33"})
    assert values["total"] == Decimal("0.50")
    assert problems == {}
    assert world.fill(text, {"q": 2, "p": 3, "total": 6})[1] == {}
    assert world.fill(text, {"q": 2, "p": 3, "total": 7})[1]["total"][0] == "readonly"


def test_rows_have_formulas_and_are_summed(world):
    """A column sees its own row, by bare names and as `row`; a form's formula sums the rows."""
    text = (
        "  rate: number\n"
        "  lines: {type: rows, of: {q: number, p: money, a: {type: money, value: =q * row.p * rate}}}\n"
        "  total: {type: money, value: '=sum(lines, row.a)'}\n"
        "  share: {type: rows, of: {w: number, s: {type: number, value: '=w / sum(share, row.w)'}}}"
    )
    values, problems = world.fill(
        text, {"rate": 2, "lines": [{"q": 1, "p": 2}, {"q": 3, "p": 4}], "share": [{"w": 1}, {"w": 3}]}
    )
    assert problems == {}
    assert [row["a"] for row in values["lines"]] == [Decimal("4.00"), Decimal("24.00")]
    assert values["total"] == Decimal("28.00")
    assert [row["s"] for row in values["share"]] == [Decimal("0.25"), Decimal("0.75")]


def test_a_ring_through_the_rows_is_a_problem_not_a_crash(world):
    """A column that needs the sum of itself cannot be computed and says so."""
    text = "  lines: {type: rows, of: {a: {type: number, value: '=sum(lines, row.a) + 1'}}}"
    values, problems = world.fill(text, {"lines": [{}]})
    assert values == {"lines": [{}]}
    assert problems["lines.1.a"][0] == "evaluation"


def test_readonly_is_kept(world):
    """What may only be looked at keeps its default; saying the same again is fine."""
    text = "  a: {type: text, readonly: true, default: x}"
    assert world.fill(text, {}) == ({"a": "x"}, {})
    assert world.fill(text, {"a": "x"}) == ({"a": "x"}, {})
    values, problems = world.fill(text, {"a": "y"})
    assert values == {"a": "x"}
    assert problems["a"][0] == "readonly"


def test_limits_follow_other_fields_and_names_outside(world):
    """`min` and `max` may be expressions; where what they read is wrong they are not judged."""
    text = "  a: date\n  b: {type: date, min: =a}\n  n: {type: number, max: =limit}"
    assert list(world.fill(text, {"a": "2026-03-02", "b": "2026-03-01", "n": 6})[1]) == ["b", "n"]
    assert list(world.fill(text, {"a": "never", "b": "2026-03-01", "n": 5})[1]) == ["a"]


def test_a_moment_without_a_zone_limits_in_the_zone_of_the_app(world):
    """A constant moment means the app's clock, as what people type does."""
    text = "  t: {type: datetime, min: 2026-03-02 09:00}"
    assert world.fill(text, {"t": "2026-03-02 09:00"})[1] == {}
    assert world.fill(text, {"t": "2026-03-02T00:59:00Z"})[1]["t"] == (
        "min",
        "不能小于 2026-03-02 09:00,收到 2026-03-02 08:59",
    )


def test_twenty_seven_spellings_become_one(world):
    """A vocabulary's synonyms, and any width, case and spacing of an option, give the canonical text."""
    text = "  f: {type: choice, vocabulary: fault_types}\n  m: {type: choices, vocabulary: fault_types}\n  o: {type: choice, options: [VIP, 普通]}"
    values, _ = world.fill(text, {"f": "关人", "m": "被困、异响,困人", "o": " ｖｉｐ"})
    assert values == {"f": "困人", "m": ["困人", "异响"], "o": "VIP"}


def test_an_option_that_is_near_is_offered(world):
    """A slip in an option is answered with what was probably meant, an item with its number."""
    text = "  f: {type: choice, vocabulary: fault_types}\n  m: {type: choices, vocabulary: fault_types}"
    _, problems = world.fill(text, {"f": "困入", "m": ["困人", "x"]})
    assert problems["f"] == ("option", "选项里没有“困入”,是否想选“困人”?")
    assert problems["m.2"] == ("option", "第 2 项:选项里没有“x”,可选 困人、门机故障、异响")


def test_records_must_be_there_and_selectable(world):
    """A reference to a record that there is not, or that `when` leaves out, is refused."""
    text = (
        "  e: {type: reference, entity: elevator}\n"
        "  b: {type: choice, options: {entity: building, when: row.region == e.region}}\n"
        "  l: {type: list, of: {type: reference, entity: building}}"
    )
    assert world.fill(text, {"e": "E001", "b": "B1", "l": "B1,B2"}) == ({"e": "E001", "b": "B1", "l": ["B1", "B2"]}, {})
    _, problems = world.fill(text, {"e": "E001", "b": "B2", "l": ["B1", "B9"]})
    assert {f: c for f, (c, _) in problems.items()} == {"b": "option", "l.2": "unknown-record"}
    assert list(world.fill(text, {"e": "E9", "b": "B2"})[1]) == ["e"]


def test_a_record_as_data_counts_only_where_a_form_is_used_alone(world):
    """Nobody can hand in a record of his own making; alone, without records, that is how one tries a form."""
    text = "  e: {type: reference, entity: elevator}\n  f: {type: number, default: =e.floors}"
    given = {"e": {"floors": 2.5}}
    assert world.fill(text, given)[1]["e"][0] == "type"
    values, problems = world.fill(text, given, replace(world.environment, alone=True))
    assert problems == {}
    assert values == {"e": {"floors": Decimal("2.5")}, "f": Decimal("2.5")}


def test_files_are_counted_and_their_kinds_judged(world):
    """How many, of which kinds and how long: each file that does not fit is named."""
    text = "  m: {type: media, accept: [image, video], max: 2, video_seconds: 30}"
    _, problems = world.fill(text, {"m": ["a.jpg", {"name": "b.mp4", "seconds": 31}, "c.pdf"]})
    assert {f: c for f, (c, _) in problems.items()} == {"m": "max", "m.2": "too-long", "m.3": "accept"}


def test_no_files_are_an_empty_list_to_expressions(world):
    """Lists, choices, rows and files that nobody gave have a count, and it is 0."""
    fields = world.fields("  m: media\n  l: list\n  c: {type: choices, options: [a]}\n  r: {type: rows, of: {a: text}}")
    filling = Filling(fields, {}, world.outer, world.environment)
    assert [filling[name] for name in "mlcr"] == [[], [], [], []]


def test_stars_are_one_to_five_unless_said(world):
    """A rating has five stars; `max` makes it ten."""
    assert list(world.fill("  s: rating", {"s": 6})[1]) == ["s"]
    assert list(world.fill("  s: rating", {"s": 0})[1]) == ["s"]
    assert world.fill("  s: {type: rating, max: 10}", {"s": 6})[1] == {}


def test_a_field_may_have_its_own_system(world):
    """A location field's coordinate system goes before the app's."""
    values, _ = world.fill("  a: location\n  b: {type: location, coordinates: wgs84}", {"a": "30,120", "b": "30,120"})
    assert (values["a"]["system"], values["b"]["system"]) == ("gcj02", "wgs84")


def test_text_has_its_own_length(world):
    """`max_length` is counted in characters."""
    _, problems = world.fill("  t: {type: text, max_length: 3}", {"t": "四个汉字"})
    assert problems["t"] == ("too-long", "最多 3 个字,收到 4 个字")


def test_an_expression_that_meets_a_misfit_is_a_problem_at_its_field(world):
    """What an author could not foresee refuses the field; it never breaks the filling."""
    _, problems = world.fill("  a: text\n  n: {type: number, default: '=number(a)'}", {"a": "三"})
    assert problems["n"] == ("evaluation", "规则无法计算")


def test_an_unknown_field_is_answered_with_the_one_that_was_meant(world):
    """A slip in a name, or the title in place of the name, leads to the name."""
    _, problems = world.fill("  phone: {type: phone, title: 联系电话}", {"phon": "1", "联系电话": "2", "\x1b": 3})
    assert "“phone”" in problems["phon"][1]
    assert "“phone”" in problems["联系电话"][1]
    assert problems["?"][1].isprintable()


def test_a_flood_of_unknown_fields_is_told_in_few_words(world):
    """A thousand fields that there are not give a bounded answer."""
    _, problems = world.fill("  a: text", {f"x{n}": 1 for n in range(1000)})
    assert len(problems) == 21
    assert "980" in problems[""][1]


def test_what_the_environment_asks_for_passes_and_can_be_asked_again(world):
    """An exception of `record` is the caller's own: it passes, and filling in again gives the whole answer."""
    text = "  e: {type: reference, entity: elevator}\n  r: {type: text, default: =e.region}"
    known = {}

    def record(entity, key):
        if key not in known:
            raise LookupError(key)
        return known[key]

    fields, environment = world.fields(text), replace(world.environment, record=record)
    with pytest.raises(LookupError):
        Filling(fields, {"e": "E1"}, world.outer, environment).check()
    known["E1"] = {"region": "滨江"}
    filling = Filling(fields, {"e": "E1"}, world.outer, environment)
    filling.check()
    assert filling.values() == {"e": "E1", "r": "滨江"}


def test_dates_are_typed_as_people_write_them(world):
    """The types' own spellings hold inside fields and rows."""
    values, _ = world.fill("  l: {type: rows, of: {d: date}}", {"l": [{"d": "2026年3月2日"}]})
    assert values == {"l": [{"d": date(2026, 3, 2)}]}


@pytest.mark.parametrize("kind", ["choice", "reference"])
def test_records_that_may_be_chosen_may_be_left_out(world, kind):
    """Which records can be chosen is asked of what was chosen, not of nothing."""
    text = f"  b: {{type: {kind}, options: {{entity: building, when: row.region == '滨江'}}}}"
    assert world.fill(text, {}) == ({}, {})
    assert world.fill(text, {"b": ""}) == ({}, {})
    assert world.fill(text, {"b": "B2"})[1]["b"][0] == "option"


def test_a_role_must_be_one_that_there_is(world):
    """Where the roles are known, any other text is refused, with the one that was probably meant."""
    environment = replace(world.environment, roles={"老板": "老板", "工程师": "工程人员"})
    assert world.fill("  r: role", {"r": "工程师"}, environment) == ({"r": "工程师"}, {})
    _, problems = world.fill(
        "  r: role\n  s: {type: list, of: role}", {"r": "老版", "s": ["老板", "工程人员"]}, environment
    )
    assert problems["r"] == ("unknown-role", "没有“老版”这个角色,是否想填“老板”?")
    assert problems["s.2"][0] == "unknown-role"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("x: {type: phone, personal: true}", "13800-canary"),
        ("x: {type: choice, options: [甲, 乙], personal: true}", "canary"),
        ("x: {type: list, of: phone, personal: true}", ["canary"]),
        ("x: {type: reference, entity: elevator, personal: true}", "canary"),
        ("x: {type: number, personal: true}", "1“canary”2"),
    ],
)
def test_a_refused_personal_value_is_not_repeated(world, field, typed):
    """The message says what is expected; what was typed stands in none, for it is logged and shown elsewhere."""
    _, problems = world.fill(f"  {field}\n", {"x": typed})
    (said,) = (message for _, message in problems.values())
    assert "canary" not in said
    assert len(said) > 5
    _, problems = world.fill("  " + field.replace(", personal: true", "") + "\n", {"x": typed})
    assert "canary" in next(iter(problems.values()))[1]

"""Any junk in any field gives an answer, never an exception; what is accepted once is accepted again."""

from __future__ import annotations

import json
from datetime import UTC

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.forms.conftest import REPORT, World

WORLD = World()
FORM = WORLD.form(REPORT)

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(alphabet=st.characters(), max_size=20)
    | st.binary(max_size=3)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ROW = st.fixed_dictionaries(
    {},
    optional={
        "part": st.sampled_from(["P1", "P2"]) | JUNK,
        "quantity": st.sampled_from(["1", 2, "2.5", "0"]) | JUNK,
        "price": st.sampled_from(["10", "¥9.99", "0.001"]) | JUNK,
        "amount": JUNK,
        "nothing": JUNK,
    },
)
LIKELY = {
    "elevator": st.sampled_from(["E001", "E002", {"building": "B1"}]),
    "building": st.sampled_from(["B1", "B2"]),
    "fault_type": st.sampled_from(["困人", "困入", "门机故障"]),
    "impact": st.sampled_from(["单梯", "整栋停电"]),
    "description": st.sampled_from(["门关不上", "{{7*7}}"]),
    "media": st.lists(st.sampled_from(["a.jpg", "b.mp4", "c.exe"]), max_size=7),
    "phone": st.sampled_from(["13800000000", "0571-88888888", "1"]),
    "position": st.sampled_from(["30.2741,120.1551", "120,30", [30, 120], {"latitude": 30, "longitude": 120}]),
    "happened": st.sampled_from(["2026-03-02 08:00", "2027-01-01 08:00", "2026年3月1日8点"]),
    "stars": st.sampled_from([5, "★★★", 6]),
    "trapped": st.sampled_from([0, 1, "2"]),
    "lines": st.lists(ROW, max_size=3),
    "total": st.sampled_from([0, "21.00"]),
}
SUBMISSION = st.fixed_dictionaries({}, optional={n: likely | JUNK for n, likely in LIKELY.items()})


@given(SUBMISSION | st.dictionaries(st.text(max_size=8), JUNK, max_size=4) | JUNK)
@settings(max_examples=300)
def test_any_submission_gives_an_answer_that_can_be_written_down(raw):
    """Whatever is handed in: no exception, problems in words any page can show, values that JSON can hold."""
    checked = FORM.check(raw, WORLD.outer, WORLD.environment)
    for problem in checked.problems:
        assert json.dumps(problem.as_json(), ensure_ascii=False).encode()
        assert problem.field.split(".")[0] in {*FORM.fields, ""} or problem.code == "unknown-field"
    for name, value in checked.values.items():
        kind = FORM.fields[name].type
        stored = json.loads(json.dumps(kind.store(value), allow_nan=False))
        assert kind.load(stored) == value


GOOD = st.fixed_dictionaries(
    {
        "elevator": st.just("E001"),
        "fault_type": st.sampled_from(["困人", "门机故障"]),
        "description": LIKELY["description"],
        "media": st.lists(st.sampled_from(["a.jpg", "b.mp4"]), min_size=1, max_size=6),
        "phone": st.sampled_from(["13800000000", "+86 571 88888888"]),
    },
    optional={
        n: LIKELY[n] for n in ("building", "impact", "position", "happened", "stars", "trapped", "lines", "total")
    },
)


@given(GOOD)
@settings(max_examples=300)
def test_what_was_accepted_is_accepted_again_and_equal(raw):
    """The values of a good submission, handed in once more, are good and the same."""
    checked = FORM.check(raw, WORLD.outer, WORLD.environment)
    event("accepted" if checked.ok else "refused")
    if checked.ok:
        again = FORM.check(checked.values, WORLD.outer, WORLD.environment)
        assert again.problems == ()
        assert again.values == checked.values


@given(SUBMISSION, st.sampled_from(sorted(LIKELY)), JUNK)
@settings(max_examples=300)
def test_no_mistake_hides_another(raw, name, junk):
    """Whatever is put into one field, the problems that others have by themselves are still reported."""
    alone = ("phone", "stars", "position", "description", "impact")
    own = {p.field.split(".")[0]: p for p in FORM.check(raw, WORLD.outer, WORLD.environment).problems}
    changed = FORM.check({**raw, name: junk}, WORLD.outer, WORLD.environment)
    still = {p.field.split(".")[0] for p in changed.problems}
    assert {n for n in alone if n in own and n != name} <= still

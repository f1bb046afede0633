"""A technician arrives where his phone does not know it: fact, limit and way out on the page, and what is told of him then."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from flowkit.errors import Apart, RefusedError
from flowkit.testing.demo import Trial
from flowkit.web.languages import languages
from flowkit.web.sketch import sketch_of
from tests.web.trying import somebody

AWAY = "30.2173,120.2079"
OUT = "我已经到了，定位不对"


def on_the_way(trial: Trial) -> str:
    report = {"elevator": "E008", "fault_type": "门机故障", "description": "门关不上", "phone": "13800000104"}
    case = trial.kit.submit("repair_order", report, by="customer:P02").id
    trial.kit.act(case, "assign", {"technician": "wang"}, by="employee:lin")
    return case


def photo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "JPEG")
    return made.getvalue()


def test_a_refusal_tells_how_far_away_he_is_and_the_way_out(trial: Trial) -> None:
    """The distance, the limit, the direction in words and drawn, and the other action as a button; what he typed stays."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive")
    worker.send("已到达", position=AWAY)
    assert worker.status == 422
    assert "进入 200 米范围才可签到" in worker.words
    assert "电梯在当前位置的正南方向，相距 1.1 公里，要在 200 米以内" in worker.words
    assert '<svg class="sketch"' in worker.text
    assert " style=" not in worker.text
    assert ("f-position", AWAY) in worker.form("已到达").values
    worker.click(OUT)
    assert worker.path == f"/cases/{case}/do/arrive_by_photo"


def test_who_is_south_west_of_it_is_drawn_below_and_left(trial: Trial) -> None:
    """North is up: the place aimed at is drawn where it lies."""
    case = on_the_way(trial)
    worker = (
        somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive").send("已到达", position="30.2000,120.2000")
    )
    assert "东北方向" in worker.words
    found = re.search(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', worker.text)
    assert found is not None
    here_x, here_y, there_x, there_y = map(float, found.groups())
    assert here_x < there_x
    assert here_y > there_y


def test_before_anything_is_refused_the_page_says_what_to_do_without_a_position(trial: Trial) -> None:
    """Who may not be located need not be refused first: the way out stands below the field."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive")
    worker.click(OUT)
    assert worker.path == f"/cases/{case}/do/arrive_by_photo"


def test_a_rough_position_is_refused_with_the_same_way_out(trial: Trial) -> None:
    """A phone that may be wrong by 600 m is told to go outdoors; no distance is drawn, for he may be near enough."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive")
    worker.send("已到达", position="30.2073,120.2079", **{"f-position.system": "gcj02", "f-position.accuracy": "600"})
    assert "走到室外再试" in worker.words
    assert "sketch" not in worker.text
    assert OUT in [words for _, words in worker.links]


READ = {"f-position.system": "wgs84", "f-position.accuracy": "12"}
"What the phone says of a position."


def test_a_position_shown_again_keeps_its_system_and_accuracy(trial: Trial) -> None:
    """What a phone read is sent a second time as what it was, half a kilometre from where the app's own system has it."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive").send("已到达", position=AWAY, **READ)
    assert worker.status == 422
    assert set(READ.items()) <= set(worker.form("已到达").values)
    far = re.findall(r"相距 [\d.]+ [公里米]+", worker.words)
    assert far
    assert re.findall(r"相距 [\d.]+ [公里米]+", worker.send("已到达").words) == far


def test_what_is_typed_over_a_position_is_in_the_apps_own_system(trial: Trial) -> None:
    """Without script nobody clears the system of the position that stood there: it is that position's and no other's."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive").send("已到达", position=AWAY, **READ)
    worker.send("已到达", position="30.2000,120.2000")
    assert worker.status == 422
    assert not {name for name, value in worker.form("已到达").values if value and name in READ}
    assert trial.kit.case(case).node == "travelling"


@pytest.mark.parametrize("bearing", [0.0, 90.0, 180.0])
def test_two_places_in_one_line_are_drawn(bearing: float) -> None:
    """A limit of nothing leaves a drawing without breadth or height: it is drawn all the same."""
    drawn = sketch_of(Apart("这里", "那里", metres=300, limit=0, bearing=bearing), languages()["zh"])
    assert (drawn.here.x, drawn.here.y) != (drawn.there.x, drawn.there.y)


def test_who_arrived_by_a_photo_is_seen_to_have(trial: Trial) -> None:
    """The case goes on; board, filter and case say that it was a photo, with what he wrote."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang").get(f"/cases/{case}/do/arrive_by_photo")
    worker.send(OUT, note="地下二层没有信号", files={"place": ("a.jpg", photo(), "image/jpeg")})
    assert trial.kit.case(case).node == "repairing"
    office = somebody(trial, "employee:lin")
    assert "凭照片签到" in office.get("/views/dispatch_board?f.arrival=照片").words
    assert "凭照片签到" not in office.get("/views/dispatch_board?f.arrival=定位").words
    assert "地下二层没有信号" in office.get(f"/cases/{case}?tab=values").words


def test_a_program_is_told_the_way_out_and_how_far_apart(trial: Trial) -> None:
    """The refusal holds them as data, no coordinates among them; the form names the way out for whom it is open to."""
    case = on_the_way(trial)
    with pytest.raises(RefusedError) as refused:
        trial.kit.act(case, "arrive", {"position": AWAY}, by="employee:wang")
    (problem,) = refused.value.problems
    assert problem.instead == "arrive_by_photo"
    assert problem.apart is not None
    assert (problem.apart.here, problem.apart.there, problem.apart.limit) == ("当前位置", "电梯", 200)
    assert 1100 < problem.apart.metres < 1120
    assert 179 < problem.apart.bearing < 181

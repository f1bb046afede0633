"""A small drawing of two places that are too far apart: the circle in which one must be, and where he is. No map, no other host."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

from flowkit.errors import Apart
from flowkit.web.languages import Language

WIDTH, HEIGHT, EDGE = 320, 200, 28
"Of the drawing, and how much of it stays free around both places, where their names stand."

ROUGH = 100
"A position that may be wrong by more than so many metres tells nobody where he is."

COMPASS = ("正北", "东北", "正东", "东南", "正南", "西南", "正西", "西北")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the drawing, with its name beside it: `x`, `y` in the units of the drawing, `text` where its name stands."""

    x: float
    y: float
    text: tuple[float, float]
    name: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """`words` say all that is drawn; `rough` what is to be done where the position itself is too rough, else ""."""

    here: Mark
    there: Mark
    radius: float
    words: str
    rough: str


def sketch_of(apart: Apart, language: Language) -> Sketch:
    """`there` in the middle of its circle, `here` where one is; north is up."""
    angle = radians(apart.bearing)
    # Seen from `there`, one stands the other way; on paper y grows downwards.
    x, y = -sin(angle) * apart.metres, cos(angle) * apart.metres
    low_x, high_x = min(x, -apart.limit), max(x, apart.limit)
    low_y, high_y = min(y, -apart.limit), max(y, apart.limit)
    # Where nothing may be between them they can stand in one line.
    wide, high = max(high_x - low_x, 1), max(high_y - low_y, 1)
    scale = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high)
    middle_x, middle_y = (low_x + high_x) / 2, (low_y + high_y) / 2

    def mark(metres_x: float, metres_y: float, name: str, above: bool) -> Mark:
        at_x = WIDTH / 2 + (metres_x - middle_x) * scale
        at_y = HEIGHT / 2 + (metres_y - middle_y) * scale
        text = (min(max(at_x, 60), WIDTH - 60), at_y - 10 if above else at_y + 20)
        return Mark(round(at_x, 1), round(at_y, 1), (round(text[0], 1), round(text[1], 1)), name)

    text, names = language.text, {"here": language.called(apart.here), "there": language.called(apart.there)}
    words = text(
        "{there}在{here}的{direction}方向，相距 {metres}，要在 {limit}以内",
        **names,
        direction=text(COMPASS[round(apart.bearing / 45) % 8]),
        metres=length(apart.metres, language),
        limit=length(apart.limit, language),
    )
    inaccurate = apart.accuracy is not None and apart.accuracy > ROUGH
    rough = text("定位太粗（±{n} 米），走到室外再试", n=round(apart.accuracy or 0)) if inaccurate else ""
    here, there = mark(x, y, names["here"], y < 0), mark(0, 0, names["there"], y >= 0)
    return Sketch(here, there, max(4.0, round(apart.limit * scale, 1)), words, rough)


def length(metres: float, language: Language) -> str:
    """`312 米`, `2.1 公里`."""
    if metres < 1000:
        return language.text("{n} 米", n=round(metres))
    return language.text("{n} 公里", n=f"{metres / 1000:.1f}")

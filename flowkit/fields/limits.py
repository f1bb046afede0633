"""Least and most, kinds and lengths of files; and the words for what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flowkit.fields.definition import Field
from flowkit.fields.keys import COUNTED, MEASURED
from flowkit.fields.reading import Misfit
from flowkit.values.contract import Settings, ValueProblem, shown
from flowkit.values.durations import format_duration

_COUNTERS = {"rows": "行", "media": "个文件"}
_VERBS = {
    "choice": "请选择",
    "choices": "请选择",
    "reference": "请选择",
    "person": "请选择",
    "role": "请选择",
    "media": "请上传",
    "location": "请定位",
    "rating": "请评",
}
_KIND_WORDS = {"image": "图片", "video": "视频", "audio": "录音", "file": "文件"}
_STARS = (1, 5)


def empty_message(field: Field) -> str:
    """What to tell somebody who left a required field empty."""
    return f"{_VERBS.get(field.definition.type, '请填写')}{field.title}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits as they are now; None is no limit."""

    least: Any = None
    most: Any = None

    def misfits(self, field: Field, value: Any, settings: Settings) -> Iterator[Misfit]:
        """What of the value (of rows: the rows) goes beyond the limits or is not accepted."""
        kind = field.type.name
        try:
            if kind in COUNTED:
                yield from self._counted(kind, len(value or ()))
            elif kind in MEASURED and value is not None:
                yield from self._measured(field, value, settings)
        except (TypeError, ArithmeticError, ValueProblem):
            yield Misfit("evaluation", "上下限无法比较")
        if kind == "media":
            yield from _files(field, value or ())

    def _counted(self, kind: str, count: int) -> Iterator[Misfit]:
        word = _COUNTERS.get(kind, "项")
        if self.least is not None and count < self.least:
            yield Misfit("min", f"至少 {_shown(self.least)} {word},现有 {count} {word}")
        if self.most is not None and count > self.most:
            yield Misfit("max", f"最多 {_shown(self.most)} {word},现有 {count} {word}")

    def _measured(self, field: Field, value: Any, settings: Settings) -> Iterator[Misfit]:
        least, most = (_limit(field, limit, settings) for limit in (self.least, self.most))
        if field.type.name == "rating":
            least, most = _STARS[0] if least is None else least, _STARS[1] if most is None else most
        if least is not None and value < least:
            yield Misfit("min", f"不能小于 {_shown(least, settings)},收到 {_shown(value, settings)}")
        if most is not None and value > most:
            yield Misfit("max", f"不能大于 {_shown(most, settings)},收到 {_shown(value, settings)}")


def _limit(field: Field, limit: Any, settings: Settings) -> Any:
    # A constant moment is kept as typed: only now is the app's zone known.
    return field.type.read(limit, settings) if isinstance(limit, str) else limit


def _shown(value: Any, settings: Settings | None = None) -> str:
    if isinstance(value, datetime) and settings is not None:
        return value.astimezone(settings.timezone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Decimal):
        return f"{value:f}"[:40]
    return str(value)[:40] if isinstance(value, (int, date, time)) else shown(value)


def _files(field: Field, files: Any) -> Iterator[Misfit]:
    for number, file in enumerate(files, 1):
        if not isinstance(file, Mapping):
            continue
        if field.accept and file["kind"] not in field.accept:
            words = "、".join(_KIND_WORDS.get(k, k) for k in field.accept)
            yield Misfit("accept", f"第 {number} 个文件:只接受{words},收到{_KIND_WORDS[file['kind']]}", f".{number}")
        seconds = file.get("seconds")
        longest = field.video_seconds if file["kind"] == "video" else None
        if longest is not None and seconds is None and "upload" in file:
            said = f"看不出这段视频有多长(最长 {longest} 秒),请用手机相机重新拍摄"
            yield Misfit("too-long", f"第 {number} 个文件:{said}", f".{number}")
        if longest is not None and seconds is not None and seconds > longest:
            said = f"视频最长 {longest} 秒,收到 {_shown(seconds)} 秒"
            yield Misfit("too-long", f"第 {number} 个文件:{said}", f".{number}")

"""Filling in: from what was typed to values, with every problem at once. Shared by forms, rows and records.

Values are settled lazily, in whatever order the fields ask for each other; limits are checked afterwards. A condition
that reads a field which is itself wrong is not judged, so one mistake is reported once. Pure: what the environment
raises passes through, and the same can be filled in again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flowkit.errors import EvaluationError, Problem
from flowkit.fields.asked import Asked
from flowkit.fields.definition import Environment, Field, Setting
from flowkit.fields.limits import Limits, empty_message
from flowkit.fields.reading import Read, computed, is_absent, read, seen
from flowkit.rules.evidence import Names
from flowkit.suggest import closest
from flowkit.values.contract import ValueProblem, shown
from flowkit.values.lists import rows_of

MOST_UNKNOWN = 20
"""How many fields that do not exist are named one by one."""


_WHAT_WAS_TYPED = re.compile("“.*”", re.DOTALL)
"""What a message quotes of a value. Of a personal one it tells nothing: messages are logged, and shown on other screens."""


class _Unsure:
    """The answer of a setting that cannot be judged, because what it reads is wrong."""


_UNSURE = _Unsure()


class _Cell:
    """One field being filled in. `sound`: others may rely on its value."""

    __slots__ = ("checked", "problems", "readonly", "rows", "seen", "sound", "typed", "unsure", "value", "visible")

    def __init__(self) -> None:
        self.value: Any = None
        self.seen: Any = _UNSURE
        self.problems: list[Problem] = []
        self.rows: list[Filling] | None = None
        self.visible = self.sound = True
        self.checked = self.readonly = self.typed = self.unsure = False


class Filling:
    """A set of fields, what was typed for them, and what stands around: the names an expression sees.

    As names: its own fields first, then `outer`. As a row of a list form: `attribute(name)`. `check()` settles and judges
    everything; then `values()` and `problems()` tell. Paths count rows and items from 1, as people do.
    """

    __slots__ = ("_busy", "_cells", "environment", "fields", "given", "label", "outer", "path", "row")

    def __init__(
        self,
        fields: Mapping[str, Field],
        given: Mapping[Any, object],
        outer: Names,
        environment: Environment,
        path: str = "",
        label: str = "",
        row: bool = False,
    ) -> None:
        self.fields, self.given, self.outer, self.environment = fields, given, outer, environment
        self.path, self.label, self.row = path, label, row
        self._cells: dict[str, _Cell] = {}
        self._busy: set[str] = set()

    # what expressions see

    def __getitem__(self, name: str) -> Any:
        if name in self.fields:
            return self.attribute(name)
        return self if name == "row" and self.row else self.outer[name]

    def attribute(self, name: str) -> Any:
        field = self.fields.get(name)
        if field is None:
            return None
        cell = self._cell(field)
        if cell.rows is not None:
            return cell.rows
        if cell.seen is _UNSURE:
            cell.seen = seen(field, cell.value, self.environment)
        return cell.seen

    def sound(self, name: str) -> bool:
        """Whether the value of a name may be relied on; a name from outside always."""
        field = self.fields.get(name)
        if field is None:
            return self.outer.sound(name) if isinstance(self.outer, Filling) else True
        if name in self._busy:
            return True
        cell = self._cell(field)
        return cell.sound and all(row.sound(column) for row in cell.rows or () for column in row.fields)

    # results

    def check(self) -> None:
        """Settle every field and judge what was required, least, most and allowed."""
        for field in self.fields.values():
            self._check(field)

    def values(self) -> dict[str, Any]:
        """The values there are: typed, by default and computed; hidden and empty fields are left out."""
        out = {}
        for field in self.fields.values():
            cell = self._cell(field)
            value = [row.values() for row in cell.rows] if cell.rows else cell.value
            if value is not None:
                out[field.name] = value
        return out

    def problems(self) -> Iterator[Problem]:
        """Every problem, in the order of the fields; fields that do not exist come last."""
        for field in self.fields.values():
            cell = self._cell(field)
            yield from cell.problems
            for row in cell.rows or ():
                yield from row.problems()
        yield from self._unknown()

    def asked(self) -> tuple[Asked, ...]:
        """Each field as a page asks for it now. What was typed and cannot be read stays as it was typed."""
        return tuple(self._asked(field) for field in self.fields.values())

    def may_choose(self, field: Field, record: object) -> bool:
        """Whether a record is among those that can be chosen now; so it is where that cannot be judged yet."""
        setting = field.selectable
        if setting is None or setting.expression is None or not all(self.sound(root) for root in setting.roots):
            return True
        try:
            return setting.expression.evaluate(_WithRow(self, record)) is True
        except EvaluationError:
            return False

    def _asked(self, field: Field) -> Asked:
        cell = self._cell(field)
        asked = Asked(field, self.path + field.name, cell.visible, cell.readonly)
        if not cell.visible:
            return asked
        required = self._ask(field.required, field, cell, False) is True and not cell.readonly
        value = self.given.get(field.name) if cell.typed and not cell.readonly else cell.value
        return replace(asked, required=required, value=value, rows=tuple(row.asked() for row in cell.rows or ()))

    # one field

    def _cell(self, field: Field) -> _Cell:
        cell = self._cells.get(field.name)
        if cell is None:
            if field.name in self._busy:
                raise EvaluationError(f"“{field.title}”的值取决于它自己")
            self._busy.add(field.name)
            try:
                cell = self._settled(field)
            finally:
                self._busy.discard(field.name)
            self._cells[field.name] = cell
        return cell

    def _settled(self, field: Field) -> _Cell:
        cell = _Cell()
        shown_ = self._ask(field.visible, field, cell, True)
        if shown_ is _UNSURE:
            cell.unsure = True
        elif shown_ is not True:
            cell.visible = False
            return cell
        raw = self.given.get(field.name)
        cell.readonly = field.value is not None or self._ask(field.readonly, field, cell, False) is True
        # Who has taken everything out of a list has said so: no default is put back.
        cell.typed = not is_absent(raw) or (isinstance(raw, (list, tuple)) and not cell.readonly)
        if cell.typed and not cell.readonly:
            self._take(field, cell, read(field, raw, self.environment.by_hand) if field.of is None else None, raw)
        else:
            self._follow(field, cell)
            if cell.typed and cell.sound:
                self._refuse_change(field, cell, raw)
        return cell

    def _take(self, field: Field, cell: _Cell, result: Read | None, raw: object) -> None:
        """Keep what was read; rows are filled in one by one."""
        if result is not None:
            cell.value = result.value
            for misfit in result.misfits:
                self._fault(cell, field, misfit.code, misfit.message, misfit.path)
            return
        try:
            given = rows_of(raw)
        except ValueProblem as problem:
            self._fault(cell, field, problem.code, problem.message)
            return
        cell.rows = [
            Filling(
                field.of or {},
                row,
                self,
                self.environment,
                f"{self.path}{field.name}.{number}.",
                f"{self.label}第 {number} 行:",
                row=True,
            )
            for number, row in enumerate(given, 1)
        ]

    def _follow(self, field: Field, cell: _Cell) -> None:
        """The value nobody typed: computed, or the default."""
        setting = field.value or field.default
        result = self._ask(setting, field, cell, None)
        if result is _UNSURE:
            cell.unsure, cell.sound = True, False
        elif not is_absent(result):
            if setting is not None and setting.expression is not None:
                result = computed(field, result)
            if field.of is not None:
                self._take(field, cell, None, result)
                return
            taken = read(field, result, self.environment)
            cell.value = taken.value
            for misfit in taken.misfits:
                self._fault(cell, field, misfit.code, f"自动填写的值不合适:{misfit.message}", misfit.path)

    def _refuse_change(self, field: Field, cell: _Cell, raw: object) -> None:
        """Somebody typed into what is read-only: well if it says the same, else a problem."""
        if field.of is not None:
            same = [row.values() for row in cell.rows or ()] == raw
        else:
            given = read(field, raw, self.environment)
            same = not given.misfits and given.value == cell.value
        if not same:
            message = "由系统计算,不能填写" if field.value is not None else "此项只能查看,不能修改"
            self._fault(cell, field, "readonly", message)

    # judging

    def _check(self, field: Field) -> None:
        cell = self._cell(field)
        if cell.checked:
            return
        cell.checked = True
        for name in field.followed:
            if name in self.fields:
                self._check(self.fields[name])
        if not cell.visible:
            return
        for row in cell.rows or ():
            row.check()
        if cell.value is None and not cell.rows:
            self._check_empty(field, cell)
        elif cell.sound:
            self._check_limits(field, cell)

    def _check_empty(self, field: Field, cell: _Cell) -> None:
        follows_wrong = any(not self.sound(name) for name in field.followed)
        if cell.problems or cell.unsure or cell.readonly or follows_wrong:
            return
        if self._ask(field.required, field, cell, False) is True:
            self._fault(cell, field, "required", empty_message(field))
        else:
            self._check_limits(field, cell)

    def _check_limits(self, field: Field, cell: _Cell) -> None:
        least, most = self._ask(field.min, field, cell, None), self._ask(field.max, field, cell, None)
        limits = Limits(None if least is _UNSURE else least, None if most is _UNSURE else most)
        value = cell.rows if cell.rows is not None else cell.value
        for misfit in limits.misfits(field, value, self.environment.settings):
            self._fault(cell, field, misfit.code, misfit.message, misfit.path)
        if field.selectable is not None and cell.sound and cell.value is not None:
            self._check_selectable(field, field.selectable, cell)

    def _check_selectable(self, field: Field, setting: Setting, cell: _Cell) -> None:
        """Whether the records that were chosen are among those that can be."""
        if not all(self.sound(root) for root in setting.roots) or setting.expression is None:
            return
        chosen = self.attribute(field.name)
        keys = cell.value if isinstance(cell.value, list) else [cell.value]
        for key, record in zip(keys, chosen if isinstance(chosen, list) else [chosen], strict=True):
            try:
                allowed = setting.expression.evaluate(_WithRow(self, record)) is True
            except EvaluationError as error:
                self._fault(cell, field, "evaluation", "可选范围无法判断", details=str(error))
                return
            if not allowed:
                self._fault(cell, field, "option", f"{shown(key)}不在可选范围内")

    def _ask(self, setting: Setting | None, field: Field, cell: _Cell, otherwise: Any) -> Any:
        """What a setting says now; `_UNSURE` if what it reads is wrong or it cannot be evaluated."""
        if setting is None:
            return otherwise
        if setting.expression is None:
            return setting.constant
        try:
            if not all(self.sound(root) for root in setting.roots):
                return _UNSURE
            return setting.expression.evaluate(self)
        except EvaluationError as error:
            self._fault(cell, field, "evaluation", "规则无法计算", details=str(error))
            return _UNSURE

    def _fault(self, cell: _Cell, field: Field, code: str, message: str, path: str = "", *, details: str = "") -> None:
        cell.sound = False
        if field.personal:
            message = _WHAT_WAS_TYPED.sub("“***”", message)
        at, words = f"{self.path}{field.name}{path}", f"{self.label}{message}"
        cell.problems.append(Problem(at, code, words, field.title, details))

    def _unknown(self) -> Iterator[Problem]:
        unknown = [key for key in self.given if key not in self.fields]
        # People may have written what they see: then the name behind that title was meant.
        titles = {**{field.title: name for name, field in self.fields.items()}, **{name: name for name in self.fields}}
        for key in unknown[:MOST_UNKNOWN]:
            name = key if isinstance(key, str) and key.isprintable() and len(key) <= 100 else "?"
            near = name if name in titles else closest(name, titles)
            hint = f",是否想填“{titles[near]}”?" if near is not None else ""
            yield Problem(f"{self.path}{name}", "unknown-field", f"{self.label}没有{shown(key)}这一项{hint}")
        if len(unknown) > MOST_UNKNOWN:
            yield Problem(
                self.path.rstrip("."), "unknown-field", f"{self.label}另有 {len(unknown) - MOST_UNKNOWN} 项不存在"
            )


class _WithRow:
    """Names with `row` in front."""

    __slots__ = ("_names", "_row")

    def __init__(self, names: Names, row: Any) -> None:
        self._names, self._row = names, row

    def __getitem__(self, name: str) -> Any:
        return self._row if name == "row" else self._names[name]

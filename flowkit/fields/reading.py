"""One field's value from what was typed: read by its type, chosen from its options, found among its records.

Knows one field and the environment; nothing of other fields, conditions or limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flowkit.fields.definition import Choices, Environment, Field
from flowkit.suggest import closest
from flowkit.values.contract import Settings, ValueProblem, absent, misfit, shown
from flowkit.values.files import DETAILS, UPLOAD_ID, load_details
from flowkit.values.lists import items_of
from flowkit.values.numbers import rounded_money
from flowkit.values.texts import CHOICE, ReferenceType

_REFERENCE = ReferenceType()


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with a value; `path` continues the field's (`.2` for the second item)."""

    code: str
    message: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A value, None if absent or wrong, and what is wrong with it."""

    value: Any = None
    misfits: tuple[Misfit, ...] = ()


def is_absent(raw: object) -> bool:
    """Nothing was typed: no text, no item."""
    return absent(raw) or (isinstance(raw, (list, tuple)) and not raw)


def read(field: Field, raw: object, environment: Environment) -> Read:
    """What was typed, as a value of the field. What the environment raises passes through; nothing else does."""
    name = field.type.name
    if name == "list" and field.item is not None:
        item = field.item
        return _each(raw, lambda one: _one(item, one, environment), distinct=False)
    if name == "choices":
        if field.choices is not None and isinstance(raw, str) and field.choices.resolve(raw[:200]) is not None:
            raw = [raw]  # an option may itself hold a comma
        return _each(raw, lambda one: _one(field, one, environment), distinct=True)
    try:
        value = _one(field, raw, environment)
        return _each_known(field, value, environment) if name == "media" and value is not None else Read(value)
    except ValueProblem as problem:
        return Read(None, (Misfit(problem.code, problem.message),))


def _each_known(field: Field, value: list[Any], environment: Environment) -> Read:
    """The files with what we know of each that was sent, in place of what was typed about it; each of these once."""
    files: list[Any] = []
    misfits: list[Misfit] = []
    for number, file in enumerate(value, 1):
        try:
            found = _known(field, file, environment)
        except ValueProblem as problem:
            misfits.append(Misfit(problem.code, f"第 {number} 个文件:{problem.message}", f".{number}"))
            continue
        if "upload" not in found or found not in files:
            files.append(found)
    return Read(None, tuple(misfits)) if misfits else Read(files)


def _known(field: Field, file: Any, environment: Environment) -> Any:
    """One file, or a signature: as typed where it names nothing that was sent. Raises `ValueProblem`."""
    if not isinstance(file, Mapping) or "upload" not in file:
        return file
    id_, signs = file["upload"], field.type.name == "signature"
    find = environment.upload if UPLOAD_ID.fullmatch(id_) else None
    known = find(id_) if find is not None else None
    if known is None:
        raise ValueProblem("unknown-upload", "没有这个文件,或它已过期: 请重新上传")
    if signs and known["kind"] != "image":
        raise ValueProblem("accept", "签名应为图片")
    found: dict[str, Any] = {name: known[name] for name in DETAILS if known.get(name) is not None}
    # A signature is called what its signer typed, not what his file was called.
    found = {**found, "name": file.get("name")} if signs else found
    return {**load_details({n: v for n, v in found.items() if v is not None}), "upload": id_}


def _each(raw: object, one: Callable[[object], Any], *, distinct: bool) -> Read:
    values: list[Any] = []
    misfits = []
    try:
        if isinstance(raw, Mapping):
            raise misfit("一个列表", raw)
        items = items_of(raw)
    except ValueProblem as problem:
        return Read(None, (Misfit(problem.code, problem.message),))
    for number, item in enumerate(items, 1):
        try:
            value = one(item)
        except ValueProblem as problem:
            misfits.append(Misfit(problem.code, f"第 {number} 项:{problem.message}", f".{number}"))
            continue
        if not (distinct and value in values):
            values.append(value)
    return Read(None, tuple(misfits)) if misfits else Read(values or None)


def _one(field: Field, raw: object, environment: Environment) -> Any:
    """One value (of a list: one item). Raises `ValueProblem`."""
    if field.entity is not None:
        return _record_key(field.entity, raw, environment)
    if field.choices is not None:
        return _choice(field.choices, raw, environment.settings)
    settings = environment.settings
    if field.coordinates is not None:
        settings = replace(settings, coordinates=field.coordinates)
    value = field.type.read(raw, settings)
    find = environment.person if field.type.name == "person" else None
    if value is not None and find is not None and find(value) is None:
        raise ValueProblem("unknown-record", f"没有这个人{shown(value)}")
    if field.type.name == "signature":
        value = _known(field, value, environment)
    if value is not None and field.type.name == "role" and environment.roles is not None:
        _refuse_unknown_role(value, environment.roles)
    return value


def _refuse_unknown_role(role: str, roles: Mapping[str, str]) -> None:
    if role in roles:
        return
    near = closest(role, roles) or next((name for name, title in roles.items() if title == role), None)
    hint = f",是否想填“{near}”?" if near is not None else f",现有 {'、'.join(roles)}" if len(roles) <= 8 else ""
    raise ValueProblem("unknown-role", f"没有{shown(role)}这个角色{hint}")


def _choice(choices: Choices, raw: object, settings: Settings) -> str | None:
    text = CHOICE.read(raw, settings)
    if text is None:
        return None
    option = choices.resolve(text)
    if option is not None:
        return option
    near = closest(text, choices.options)
    if near is not None:
        hint = f",是否想选“{near}”?"
    else:
        hint = f",可选 {'、'.join(choices.options)}" if len(choices.options) <= 8 else ""
    raise ValueProblem("option", f"选项里没有{shown(text)}{hint}")


def _record_key(entity: str, raw: object, environment: Environment) -> Any:
    """The key of a record that there is. Where a form is used alone, a mapping is the record itself."""
    if isinstance(raw, Mapping):
        if not environment.alone:
            raise misfit("一个编号", raw)
        return _plain(raw)
    key = _REFERENCE.read(raw, environment.settings)
    if key is not None and environment.record(entity, key) is None:
        raise ValueProblem("unknown-record", f"没有这条记录{shown(key)}")
    return key


def _plain(value: Any, depth: int = 0) -> Any:
    """A record given as data, with exact numbers in place of floats."""
    if isinstance(value, float):
        number = Decimal(repr(value))
        if not number.is_finite():
            raise misfit("数字", value)
        return number
    if isinstance(value, (Mapping, list, tuple)) and depth > 20:
        raise ValueProblem("too-deep", "数据嵌套过深")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise misfit("一组数据", value)
        return {k: _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, depth + 1) for v in value]
    return value


def computed(field: Field, value: Any) -> Any:
    """What an expression gave, as the field can hold it: an amount is rounded to the cent."""
    if field.type.name == "money" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        try:
            return rounded_money(value)
        except (ValueProblem, ArithmeticError):
            return value
    return value


def seen(field: Field, value: Any, environment: Environment) -> Any:
    """A value as expressions see it: references and people followed, and no list at all as an empty one."""
    if field.entity is not None:
        entity = field.entity
        if isinstance(value, list):
            return [_followed(entity, key, environment) for key in value]
        value = _followed(entity, value, environment)
    elif field.type.name == "person" and isinstance(value, str) and environment.person is not None:
        return environment.person(value) or value
    return [] if value is None and field.expression_type.kind == "list" else value


def _followed(entity: str, key: Any, environment: Environment) -> Any:
    return environment.record(entity, key) if isinstance(key, str) else key

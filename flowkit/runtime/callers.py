"""Who says to act, and under which key: refused in words before anything waits for it or is looked up.

Knows shapes only. Whether there is such a person, the judge says.
"""

from __future__ import annotations

from flowkit.engine.party import SYSTEM
from flowkit.errors import RefusedError
from flowkit.values.contract import ValueProblem, typed

LONGEST = 200
"How many characters an actor, and a key, may have."


def refuse_actor(by: object) -> None:
    """Refuse what names nobody, and what time and machines do in their own name."""
    _refuse_misfit(by, "操作人", "unknown-actor", "没有说是谁办的,请写成 种类:编号")
    if str(by).startswith(SYSTEM):
        raise RefusedError("unknown-actor", f"没有这个人: {by}", details={"actor": by})


def refuse_sender(by: object) -> None:
    """The same for who tells of something that happened outside: a system may."""
    _refuse_misfit(by, "发送人", "unknown-actor", "没有说是谁发来的,请写成 种类:编号")


def refuse_key(key: object | None) -> None:
    """Refuse a key that is no text. An empty one is most likely a variable that was not set."""
    if key is not None:
        _refuse_misfit(key, "键", "invalid", "键不能是空的")


def _refuse_misfit(said: object, what: str, code: str, empty: str) -> None:
    if said is None or (isinstance(said, str) and not said.strip()):
        raise RefusedError(code, empty)
    if not isinstance(said, str):
        raise RefusedError(code, f"{what}应为文字")
    try:
        typed(said, what, LONGEST)
    except ValueProblem as problem:
        raise RefusedError(code, f"{what}{problem.message}") from None

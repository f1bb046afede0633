"""How a system knows us: a token, a name with a password, or a session that a login opens. Pure.

Where the token of a session is kept, and when it is asked for, is the caller's; here stands only what to ask and how to
show it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flowkit.connect.json_text import JsonProblem
from flowkit.connect.operation import Operation, json_of
from flowkit.connect.secret import Secret, read_text
from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression
from flowkit.wire.addresses import encoded

Way = Literal["bearer", "header", "query", "cookie"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes with a request so that we are known; `secrets` are the texts that nobody may read afterwards."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    token: Secret

    def shown(self, environment: Mapping[str, str]) -> Shown:
        """Raises `MissingSecretError`."""
        token = self.token.read(environment)
        return Shown((("Authorization", f"Bearer {token}"),), secrets=frozenset({token}))


@dataclass(frozen=True, slots=True)
class Basic:
    user: str | Secret
    password: Secret

    def shown(self, environment: Mapping[str, str]) -> Shown:
        """Raises `MissingSecretError`."""
        password = self.password.read(environment)
        pair = b64encode(f"{read_text(self.user, environment)}:{password}".encode()).decode()
        return Shown((("Authorization", f"Basic {pair}"),), secrets=frozenset({password, pair}))


@dataclass(frozen=True, slots=True)
class Session:
    """`login` is asked without arguments and returns `token`; `name` is that of the header, parameter or cookie."""

    login: Operation
    way: Way = "bearer"
    name: str = "Authorization"
    expired: Expression | None = field(default=None, repr=False)

    def shown(self, token: str) -> Shown:
        secrets = frozenset({token})
        if self.way == "query":
            return Shown(query=((self.name, token),), secrets=secrets)
        if self.way == "cookie":
            return Shown((("Cookie", f"{self.name}={encoded(token)}"),), secrets=secrets)
        return Shown(((self.name, f"Bearer {token}" if self.way == "bearer" else token),), secrets=secrets)

    def is_over(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether an answer says that the session is over: a 401, or what `expired` says of it."""
        if status == 401 or self.expired is None:
            return status == 401
        try:
            return self.expired.evaluate({"reply": json_of(headers, body), "status": status}) is True
        except (JsonProblem, EvaluationError):
            return False


SignIn = Bearer | Basic | Session

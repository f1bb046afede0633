"""A request as a peer sees it, whatever it stands in for. Knows no socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Answer = tuple[int, dict[str, Any]]
"""An HTTP status, and what is said as JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`path` and `query` as they came, `headers` with small names, `raw` the body."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def content(self) -> Any:
        """The body as JSON; an empty object for what is none."""
        try:
            return json.loads(self.raw) if self.raw else {}
        except (ValueError, RecursionError):
            return {}

    @property
    def parameters(self) -> Mapping[str, str]:
        """What stands behind the question mark, decoded; of several with one name the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


def text_of(content: Any, name: str) -> str:
    """A text or number of an object, as text; "" for anything else."""
    value = content.get(name, "") if isinstance(content, Mapping) else ""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""

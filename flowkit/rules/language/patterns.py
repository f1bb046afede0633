"""Patterns that cannot hang: RE2 only, compiled when the app is loaded, with a bound on memory."""

from __future__ import annotations

from collections.abc import Callable

import re2

MAX_PATTERN = 200
_MEMORY = 1 << 20


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Whether a whole text fits a pattern. Raises ValueError with what is wrong with the pattern."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern has at most {MAX_PATTERN} characters")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else "not a pattern"
        raise ValueError(f"not a pattern: {said.decode() if isinstance(said, bytes) else said}") from None
    return lambda text: compiled.fullmatch(text) is not None

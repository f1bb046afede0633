"""What a person hands over on the command line: fields of a form, JSON, CSV. Reads shapes, judges no content."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click


def read_data(pairs: Sequence[str], json_file: str | None) -> dict[str, Any]:
    """The data of a submission: the JSON file's object first, then each `--with`, which replaces it.

    `field=value` gives text as typed, `field:=JSON` any shape; a field named twice becomes a list.
    """
    data = read_json_object(json_file) if json_file is not None else {}
    given: dict[str, list[Any]] = {}
    for pair in pairs:
        name, value = _split(pair)
        given.setdefault(name, []).append(value)
    data.update({name: values[0] if len(values) == 1 else values for name, values in given.items()})
    return data


def _split(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    as_json = name.endswith(":")
    name = name.removesuffix(":").strip()
    if not equals or not name:
        raise click.BadParameter(f'expected FIELD=VALUE, found "{pair}"', param_hint="--with")
    return name, parse_json(value, f"--with {name}") if as_json else value


def read_json_object(file: str) -> dict[str, Any]:
    """The object that a JSON file holds; `-` reads standard input."""
    data = parse_json(read_text(file), file)
    if not isinstance(data, dict):
        raise click.BadParameter(f"expected an object such as {{...}}, found {_kind(data)}", param_hint=file)
    return data


def parse_json(text: str, source: str) -> Any:
    """JSON with decimals kept exactly. Equal keys and numbers that are none are refused, not guessed at."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_closed)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise click.BadParameter(f"not JSON: {error.msg} ({where})", param_hint=source) from None
    except (ValueError, RecursionError) as error:
        words = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise click.BadParameter(f"not JSON: {words}", param_hint=source) from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _closed(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'the key "{key}" stands twice')
        found[key] = value
    return found


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def read_text(file: str | Path) -> str:
    """The text of a file, `-` for standard input. UTF-8 with or without a mark; else GB18030, as Excel in China saves."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else Path(file).read_bytes()
    except OSError as error:
        raise click.FileError(str(file), error.strerror or str(error)) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.FileError(str(file), "neither UTF-8 nor GB18030 text")

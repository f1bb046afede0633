"""What comes from outside, made into fields: JSON checked against a schema first, then read by the fields' own types.

Serves the answers of operations (`returns`, seen as `reply`) and events (`gives`, seen as `event`). A field without
`value` is taken by its name. Pure; words are for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from flowkit.connect.due_fields import DueFields
from flowkit.diagnostics import Findings
from flowkit.errors import EvaluationError
from flowkit.fields.definition import Choices, Environment, Field
from flowkit.fields.filling import Filling
from flowkit.fields.linking import link_fields
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import Type
from flowkit.values.types import Settings

_MOST_WORDS = 5
_PATH = re.compile(r"\s*=?\s*(\w+(?:\.\w+)+)\s*")
_SIMPLE = ["string", "number"]
_JSON_TYPES: Mapping[str, list[str]] = {
    "switch": ["boolean", "string", "number"],
    "location": ["object", "array", "string"],
    "list": ["array", "string"],
    "choices": ["array", "string"],
    "rows": ["array", "object"],
}
_WORDS = {
    "string": "文字",
    "number": "数字",
    "boolean": "真假值",
    "object": "一组数据",
    "array": "列表",
    "null": "空",
}


class AnswerProblem(Exception):  # noqa: N818  (the reason behind a failure or a refusal, never seen alone)
    """What came does not hold what was promised; `problems` say it one by one, without quoting long values."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(";".join(problems))


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of an answer or event, ready to be read. `root` is the name it has in expressions."""

    root: str
    fields: Mapping[str, Field]
    optional: frozenset[str]
    environment: Environment = field(repr=False)
    validator: Draft202012Validator = field(repr=False, compare=False)

    @property
    def type(self) -> Type:
        """How expressions see it once it is kept."""
        return Type("record", optional=False, members=lambda: {n: f.expression_type for n, f in self.fields.items()})

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema that what comes is held to."""
        return cast("Mapping[str, Any]", self.validator.schema)

    def read(self, came: Any, names: Mapping[str, Any]) -> dict[str, Any]:
        """The values in their stored form. `names` stand beside the root. Raises `AnswerProblem`."""
        errors = sorted(self.validator.iter_errors(came), key=lambda e: [str(part) for part in e.absolute_path])
        if errors:
            raise AnswerProblem([_words(error) for error in errors[:_MOST_WORDS]])
        by_name = came if isinstance(came, Mapping) else {}
        given = {n: by_name[n] for n, f in self.fields.items() if f.value is None and n in by_name}
        return self._stored(Filling(self.fields, given, {self.root: came, **names}, self.environment))

    def given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values in their stored form as if they had come, said by the names of the fields. Raises `AnswerProblem`.

        For who stands in for the other side and does not speak its JSON.
        """
        fields = {name: replace(each, value=None) for name, each in self.fields.items()}
        return self._stored(Filling(fields, values, {}, self.environment))

    def _stored(self, filling: Filling) -> dict[str, Any]:
        try:
            filling.check()
            problems = [problem.words for problem in filling.problems()]
            values = filling.values()
        except EvaluationError as error:
            raise AnswerProblem([error.message]) from None
        problems += [f"缺少“{f.title}”" for n, f in self._due(values) if not problems]
        if problems:
            raise AnswerProblem(problems[:_MOST_WORDS])
        return {name: self.fields[name].type.store(value) for name, value in values.items()}

    def load(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The values again as expressions see them; fields that there are no longer are left out."""
        return {n: self.fields[n].type.load(value) for n, value in stored.items() if n in self.fields}

    def _due(self, values: Mapping[str, Any]) -> list[tuple[str, Field]]:
        return [(n, f) for n, f in self.fields.items() if n not in self.optional and values.get(n) is None]


def link_answer(
    due: DueFields,
    root: str,
    beside: Mapping[str, Type],
    findings: Findings,
    settings: Settings,
    vocabularies: Mapping[str, Choices],
) -> Answer:
    """Compile the fields where the root (of any shape) and the names `beside` it are seen."""
    scope = Scope({root: Type("any"), **beside})
    fields = link_fields(due.definitions, scope, findings, vocabularies, lambda name: None)
    parts = [_field_schema(f, root, n in due.optional) for n, f in fields.items()]
    schema: dict[str, Any] = {"allOf": parts} if parts else {}
    return Answer(root, fields, due.optional, without_records(settings), Draft202012Validator(schema))


def without_records(settings: Settings) -> Environment:
    """What reading a field may ask of the world where there are no records: nothing."""
    return Environment(settings, record=lambda entity, key: None)


def _field_schema(field: Field, root: str, optional: bool) -> dict[str, Any]:
    """What one field demands of what comes; a computed one only where its expression is a bare path."""
    path = [field.name]
    if field.value is not None:
        text = field.value.expression.text if field.value.expression is not None else ""
        bare = _PATH.fullmatch(text)
        parts = bare[1].split(".") if bare else []
        if not parts or parts[0] != root:
            return {}
        path = parts[1:]
    types = _JSON_TYPES.get(field.type.name, _SIMPLE)
    schema: dict[str, Any] = {"type": [*types, "null"] if optional else types}
    for name in reversed(path):
        schema = {"type": ["object", "null"] if optional else "object", "properties": {name: schema}}
        if not optional:
            schema["required"] = [name]
    return schema


def _words(error: ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        due = error.validator_value if isinstance(error.validator_value, list) else []
        return f"缺少 {'.'.join([*path, *map(str, due)])}"
    types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    wanted = "或".join(_WORDS[t] for t in types if t in _WORDS and t != "null")
    return f"{'.'.join(path) or '内容'} 应为{wanted}"

"""An operation of an outside system, ready for use: arguments become a request, an answer becomes a reply. Pure.

What was never sent, was refused, or came back as junk is told as a value; the only exceptions are about arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowkit.connect.answers import Answer, AnswerProblem
from flowkit.connect.content import Content, Path, fill_headers, fill_pairs
from flowkit.connect.failure import Failure, Kind, Reply, RetryPolicy, retry_after
from flowkit.connect.json_text import JsonProblem, charset_of, read_json
from flowkit.connect.secret import Secret
from flowkit.errors import EvaluationError, Problem, RefusedError
from flowkit.fields.definition import Environment, Field
from flowkit.fields.filling import Filling
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.types import Type

_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete but for its secrets. `path` and `query` go behind `base`; `content` is the body's JSON data.

    `str()` of a Secret is `***`: a request may be shown. `repeatable`: the other side carries it out at most once.
    """

    operation: str
    method: str
    base: str | Secret
    path: str
    query: tuple[tuple[str, str | Secret], ...]
    headers: tuple[tuple[str, str | Secret], ...]
    content: Any
    repeatable: bool

    @property
    def url(self) -> str:
        """The address as it may be shown, secrets as `***`."""
        query = "&".join(f"{name}={text}" for name, text in self.query)
        return f"{self.base}{self.path}" + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an outside system does for us.

    fields      what it takes; `types` as expressions see them, `required` those that must be given
    answer      what it returns; `result` as expressions see it once it is saved
    repeatable  whether asking twice does no more than asking once: it only reads, or it carries a key (`idempotent`)
    """

    name: str
    title: str
    method: str
    base: str | Secret
    path: Path
    fields: Mapping[str, Field]
    optional: frozenset[str]
    answer: Answer
    repeatable: bool
    retry: RetryPolicy
    environment: Environment = field(repr=False)
    query: Mapping[str, Content] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Content] = field(default_factory=dict, repr=False)
    body: Content | None = field(default=None, repr=False)
    ok: Expression | None = field(default=None, repr=False)
    message: Expression | None = field(default=None, repr=False)

    @property
    def types(self) -> Mapping[str, Type]:
        return {name: each.expression_type for name, each in self.fields.items()}

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.fields) - self.optional

    @property
    def result(self) -> Type:
        return self.answer.type

    @property
    def only_reads(self) -> bool:
        """Whether asking changes nothing there, so that nothing is left open when nobody asks any more."""
        return self.method == "GET"

    def load(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a reply as expressions see them."""
        return self.answer.load(stored)

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as their fields read them. Raises RefusedError (`invalid`) naming each that does not fit."""
        filling = Filling(self.fields, arguments, {}, self.environment)
        filling.check()
        problems, values = list(filling.problems()), filling.values()
        wrong = {problem.field.partition(".")[0] for problem in problems}
        missing = [name for name in self.fields if name in self.required - wrong and values.get(name) is None]
        problems += [Problem(n, "required", "不能为空", self.fields[n].title) for n in missing]
        if problems:
            raise RefusedError("invalid", f"“{self.title}”缺少合适的参数", problems)
        return values

    def request(self, arguments: Mapping[str, Any], key: str) -> Request:
        """The request for these arguments; `key` is the same for every try of one call.

        Raises RefusedError where an argument does not fit, EvaluationError where an expression cannot work with one.
        """
        values = self.read(arguments)
        names = {**dict.fromkeys(self.fields), **values, "call": {"key": key}}
        return Request(
            operation=self.name,
            method=self.method,
            base=self.path.origin or self.base,
            path=self.path.fill(names),
            query=fill_pairs(self.query, names),
            headers=fill_headers(self.headers, names),
            content=self.body.fill(names) if self.body is not None else None,
            repeatable=self.repeatable,
        )

    def may_repeat(self, failure: Failure) -> bool:
        """Whether the request may be made again after this failure without being carried out twice."""
        return failure.passing and (self.repeatable or not failure.sent or failure.status == 429)

    def judge(self, status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> Reply:
        """What an answer means. Names of `headers` are lower case; `now` serves a `Retry-After` without `Date`.

        A success is a 2xx whose `ok` holds, or whatever `ok` says where it looks at `status` (below 500, but for 429).
        """
        asks_status = reads(self.ok, "status")
        by_status = not 200 <= status < 300 and not (asks_status and status < 500 and status != 429)
        try:
            reply = json_of(headers, body) if self._asks_reply(by_status) else None
        except JsonProblem as problem:
            if not by_status:
                return _failed("bad-reply", f"答复无法理解:{problem}", status)
            reply = None
        names = {"reply": reply, "status": status}
        if by_status:
            words = _status_words(status) + self._words(names)
            wait = retry_after(headers, now)
            return Reply(failure=Failure("status", words, status, wait, sent=True), status=status)
        try:
            if reply is None and reads(self.ok, "reply"):
                return _failed("bad-reply", "答复没有内容", status)
            if self.ok is not None and self.ok.evaluate(names) is not True:
                return _failed("refused", f"对方没有接受{self._words(names)}", status)
            return Reply(self.answer.read(reply, {"status": status}), status=status)
        except (EvaluationError, AnswerProblem) as problem:
            words = problem.message if isinstance(problem, EvaluationError) else str(problem)
            return _failed("bad-reply", f"答复的内容不对:{words}", status)

    def _asks_reply(self, by_status: bool) -> bool:
        """Whether the answer's body matters. Where nobody asks for it, it need not be JSON."""
        asking = [self.message] if by_status else [self.ok, self.message]
        return (bool(self.answer.fields) and not by_status) or any(reads(each, "reply") for each in asking)

    def _words(self, names: Mapping[str, Any]) -> str:
        """What the other side says about it, where the author said where that stands."""
        if self.message is None:
            return ""
        try:
            said = self.message.evaluate(names)
        except EvaluationError:
            return ""
        text = str(said) if isinstance(said, (str, int)) else ""
        flat = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * _LONGEST_WORDS]).split())
        return f":{flat[:_LONGEST_WORDS]}" if flat else ""


def reads(expression: Expression | None, name: str) -> bool:
    """Whether an expression reads the top-level name."""
    return expression is not None and any(path[0] == name for path in expression.reads)


def json_of(headers: Mapping[str, str], body: bytes) -> Any:
    """The data of an answer. Raises `JsonProblem`."""
    return read_json(body, charset_of(headers.get("content-type", "")))


def _failed(kind: Kind, message: str, status: int) -> Reply:
    return Reply(failure=Failure(kind, message, status, sent=True), status=status)


def _status_words(status: int) -> str:
    if 300 <= status < 400:
        return f"对方要求转到别处(HTTP {status}),不跟随"
    known = {401: "没有登录或登录失效", 403: "没有权限", 404: "没有这个地址", 429: "请求过于频繁", 503: "对方暂停服务"}
    said = known.get(status) or ("对方出错" if status >= 500 else "对方拒绝")
    return f"{said}(HTTP {status})"

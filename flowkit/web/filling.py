"""Filling in a form on a page: shown, sent, shown again with what is wrong, and nothing typed lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from flowkit.engine.operations.table import OPERATIONS
from flowkit.errors import Problem, RefusedError, invalid
from flowkit.fields.asked import Asked
from flowkit.runtime.forms import Acting, FormView, Target
from flowkit.runtime.taking import uploads_in
from flowkit.runtime.under_way import UnderWayView
from flowkit.web.controls import Control, Drawing, Option, by_path, paths_of
from flowkit.web.posted import ONLY_SHOWN, Posted
from flowkit.web.shell import page
from flowkit.web.site import Ask
from flowkit.web.sketch import sketch_of
from flowkit.web.under_way import added, told_of
from flowkit.web.wording import problem as told_problem

Send = Callable[[dict[str, Any], str], Response]
"""Does what the form is for with the raw values and the key under which that happens once; answers with where to go."""


@dataclass(frozen=True)
class Filling:
    """One form on one page.

    by    as whom it is filled in; None: somebody outside whom nobody knows yet
    begun what stands in it before anybody has typed
    warns whether it says before it is sent what is already under way about the same thing
    """

    ask: Ask
    target: Target
    by: str | None
    begun: Mapping[str, Any] = field(default_factory=dict)
    warns: bool = False

    def answer(self, template: str, send: Send, **context: Any) -> Response:
        """Show it, or take what was sent."""
        if not self.ask.sent:
            return self._page(template, {**self.begun, **self._from_address()}, (), 200, context)
        given, refused = self._posted()
        shown = any(name in self.ask.form for name in ONLY_SHOWN)
        if shown:
            typed = {name: value for name, value in given.items() if value not in ("", None)}
            given = {**self.begun, **typed, **self._picked()}
        if shown or refused:
            return self._page(template, given, refused, 422 if refused else 200, context)
        key = str(self.ask.form.get("_key") or secrets.token_urlsafe(16))
        found, case = self._alike(given), str(self.ask.form.get("_add") or "") if self.warns else ""
        if case and case not in {each.row.id for each in found if each.row is not None}:
            # It has ended meanwhile, say: to begin a new one in its place is for him to choose.
            said = self.ask.language.text("没有补充：那一件已不在办，或者这次填的已经提交过。可以照常提交。")
            return self._page(template, given, (Problem("", "not-under-way", said),), 409, context, found)
        if self.warns and not {each.mark for each in found} <= set(self._told_of()):
            # Something is under way that he has not been told of: nothing is sent, and nothing typed is lost.
            return self._page(template, given, (), 409, context, found)
        try:
            if self.by is not None and case:
                self._refuse_files(given)
                return self._gone(added(self.ask, self.by, case, self._own_words(given), key), key)
            return self._gone(send(given, key), key)
        except RefusedError as error:
            if error.code == "key-reused":
                return self._once_more(template, given, context, found)
            problems = error.problems or (Problem("", error.code, error.message),)
            return self._page(template, given, problems, 422, context, found)

    def _gone(self, answer: Response, key: str) -> Response:
        return self.ask.gone(answer, key) if answer.status_code < 400 else answer

    def _once_more(
        self, template: str, given: dict[str, Any], context: Mapping[str, Any], found: Sequence[UnderWayView]
    ) -> Response:
        """This form has gone before, with other words or files: whether he wants it done a second time, he says."""
        said = self.ask.language.text("这张表单已经提交过一次，不用再交。内容改过、要另外再办一次，才再点一次提交。")
        anew = {**context, "key": secrets.token_urlsafe(16)}
        return self._page(template, given, (Problem("", "key-reused", said),), 409, anew, found)

    # --- what is under way already ----------------------------------------------------------------------------------

    def _alike(self, given: Mapping[str, Any]) -> tuple[UnderWayView, ...]:
        if not self.warns:
            return ()
        return self.ask.kit.alike(
            self.target, self.by, {**self.begun, **given}, key=str(self.ask.form.get("_key") or "")
        )

    def _told_of(self) -> list[str]:
        """The marks of those that the page has told of."""
        return str(self.ask.form.get("_told") or "").split(",")

    def _own_words(self, given: Mapping[str, Any]) -> str:
        """What was written in words of one's own, of all that was filled in and that whoever sees the case may read."""
        fields = [
            e.field for e in self._view(given).fields if e.visible and not e.field.personal and not e.field.hidden_from
        ]
        texts = (given.get(f.name) for f in fields if f.type.name == "text" and not f.choices and not f.entity)
        return "；".join(text.strip() for text in texts if isinstance(text, str) and text.strip())

    def _refuse_files(self, given: Mapping[str, Any]) -> None:
        """A comment holds no files: rather than lose them, nothing is added while there are some."""
        said = self.ask.language.text("照片和文件不会随补充带过去：先删除再补充，或者照常提交")
        held = [each for each in _every(self._view(given).fields) if each.field.type.name in ("media", "signature")]
        if files := [each for each in held if each.value and not isinstance(each.value, str)]:
            raise invalid(*(Problem(each.path, "not-added", said, each.field.title) for each in files))

    def _posted(self) -> tuple[dict[str, Any], Sequence[Problem]]:
        """What was sent, and what is wrong with the files that came along."""
        fields = [asked.field for asked in (*self._before.edited, *self._before.fields)]
        posted = Posted(self.ask.form, self._keep, self._kept)
        return posted.values(fields), posted.problems

    def _picked(self) -> Mapping[str, Any]:
        """What a button fills in, as `FIELD=VALUE`."""
        name, equals, value = str(self.ask.form.get("_give") or "").partition("=")
        return {name: value} if equals else {}

    def _from_address(self) -> Mapping[str, Any]:
        """What a link has filled in already: `?with.elevator=E001`."""
        return {
            name[5:]: value for name, value in self.ask.query.items() if name.startswith("with.") and len(value) < 500
        }

    def _view(self, given: Mapping[str, Any]) -> FormView:
        return self.ask.kit.form(self.target, self.by, given, visitor=self.ask.holder)

    @cached_property
    def _before(self) -> FormView:
        """The form before anybody has typed."""
        return self._view({})

    def _of_case(self) -> set[str]:
        """The files with which the form begins: they are the case's already, all others whose browser sent them."""
        if not isinstance(self.target, Acting):
            return set()
        return uploads_in([asked.value for asked in (*self._before.edited, *self._before.fields)])

    def _page(
        self,
        template: str,
        given: dict[str, Any],
        problems: Sequence[Problem],
        status: int,
        context: Mapping[str, Any],
        found: Sequence[UnderWayView] | None = None,
    ) -> Response:
        """`found` is what is under way, where that was looked for already."""
        # Once something was sent the case may have gone on: then its form is asked for anew.
        view = self._view(given) if given or self.ask.sent else self._before
        if self.ask.request.method == "GET" and (begun := _first_rows(view)):
            given = {**given, **begun}
            view = self._view(given)
        asked = (*view.edited, *view.fields)
        at, rest = by_path([self._told(each) for each in problems], paths_of(asked))
        drawing = Drawing(
            self.ask.kit.app.settings.timezone, self._options_of(given), at, self._searched(), self.ask.language.called
        )
        controls = self._in_language(drawing.controls(asked))
        key = self.ask.form.get("_key") or secrets.token_urlsafe(16)
        wanted = {problem.instead for problem in problems}
        shown = {
            "view": view,
            "controls": controls,
            "rest": rest,
            "errors": _listed(controls),
            "key": key,
            "ways": [(name, self.ask.language.called(title)) for name, title in view.instead if name in wanted],
            "sketches": [sketch_of(each.apart, self.ask.language) for each in problems if each.apart is not None],
            "acts": "",
            "uploads": "",
            "of_case": self._of_case(),
            "alike": told_of(self.ask, self._alike(given) if found is None else found),
            **context,
        }
        return page(self.ask, template, status, **shown)

    def _told(self, problem: Problem) -> Problem:
        said = self.ask.language
        return replace(problem, message=told_problem(said, problem), title=said.called(problem.title))

    def _in_language(self, controls: Sequence[Control]) -> tuple[Control, ...]:
        """What an operation asks is the same everywhere, and said in the reader's language; else authors gave the titles."""
        if not isinstance(self.target, Acting) or self.target.action not in OPERATIONS:
            return tuple(controls)
        said = self.ask.language.told
        return tuple(
            replace(each, title=said(each.title), options=tuple(Option(o.value, said(o.label)) for o in each.options))
            for each in controls
        )

    def _options_of(self, given: Mapping[str, Any]) -> Callable[[str, str], Sequence[Option]]:
        def options(path: str, text: str) -> Sequence[Option]:
            found = self.ask.kit.options(self.target, path, self.by, given, text=text)
            return [Option(each.value, each.label) for each in found]

        return options

    def _searched(self) -> dict[str, str]:
        """What was looked for in lists of options, by path."""
        found = {n.removeprefix("q-"): v for n, v in self.ask.form.items() if n.startswith("q-") and isinstance(v, str)}
        return {path: text.strip()[:60] for path, text in found.items() if text.strip()}

    # --- files ----------------------------------------------------------------------------------------------------------

    def _keep(self, file: UploadFile, accept: Sequence[str]) -> Mapping[str, Any]:
        kept = self.ask.kit.upload(file.file.read(), file.filename or "", self.ask.holder, accept=accept)
        return {"name": kept.name, "kind": kept.kind, "upload": kept.id}

    def _kept(self, id: str) -> Mapping[str, Any] | None:
        """What this page has kept from before: whose it is, the engine judges."""
        name, _, kind = id.partition("/")[2].rpartition("/")
        return {"name": name or "file", "kind": kind or "file", "upload": id.partition("/")[0]}


def _every(asked: Iterable[Asked]) -> Iterator[Asked]:
    """With those of its rows."""
    for each in asked:
        yield each
        for row in each.rows:
            yield from _every(row)


def _first_rows(view: FormView) -> dict[str, Any]:
    """Rows of which there are none yet begin with one to type into."""
    return {
        each.field.name: [{}]
        for each in (*view.edited, *view.fields)
        if each.field.type.name == "rows" and each.visible and not each.readonly and not each.rows
    }


def _listed(controls: Sequence[Control]) -> list[tuple[str, str, str]]:
    """Element, field and words of all that is wrong, in the order of the page."""
    found = []
    for control in controls:
        found += [(control.id, control.title, words) for words in control.errors]
        for row in control.rows:
            found += _listed(row)
    return found

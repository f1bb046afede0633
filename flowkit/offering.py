"""What a program asks that has pages to show: forms as they stand, what can be chosen, boards, doors, what is on file.

Nothing here changes anything. With `by` as that person sees it, without as the program that holds us.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowkit.looking import Looking
from flowkit.runtime.board_views import BoardView, Card, Lane, Listing, ViewInfo
from flowkit.runtime.boards import Narrowed
from flowkit.runtime.callers import refuse_actor
from flowkit.runtime.forms import FormView, Target
from flowkit.runtime.intake_views import CallerView, IntakeForm, IntakeInfo
from flowkit.runtime.on_file import OnFileView
from flowkit.runtime.options import OptionView
from flowkit.runtime.parts import Parts
from flowkit.runtime.under_way import UnderWayView
from flowkit.runtime.uploads import UploadContent
from flowkit.runtime.views import MessageView

PARTS = {False: "content", True: "thumbnail"}
"What is kept of something that was sent."


class Offering(Looking):
    """The part of `FlowKit` that pages are made from. `accounts`: who may sign in to them."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._forms, self.accounts, self._on_file = parts.forms, parts.accounts, parts.on_file
        self._boards, self._intakes, self._calling = parts.boards, parts.intakes, parts.calling
        self._alike = parts.under_way

    def form(
        self, target: Target, by: str | None, given: Mapping[str, Any] | None = None, *, visitor: str | None = None
    ) -> FormView:
        """What is asked to begin a case (`Beginning`), to act on one (`Acting`), at a door (`Entering`), given what was typed so far.

        `visitor` is who has sent the files in it, as with `submit`.

        RefusedError as sending it would give it where it is not open to that person.
        """
        with self._asked(by, "form"):
            return self._forms.view(target, by, given or {}, self._uploads.uploader(visitor) if visitor else "")

    def options(
        self, target: Target, path: str, by: str | None, given: Mapping[str, Any] | None = None, *, text: str = ""
    ) -> tuple[OptionView, ...]:
        """What can be chosen in a field of such a form that is `offered`, or asks for records, people, roles: as far as `text` fits.

        `text` is part of a key or name; the first 50.
        """
        with self._asked(by, "options"):
            return self._forms.options(target, path, by, given or {}, text)

    def alike(
        self, target: Target, by: str | None, given: Mapping[str, Any], *, key: str | None = None
    ) -> tuple[UnderWayView, ...]:
        """What is under way already about the record that is about to be reported on, as far as this person may know it.

        The same record is one that has a door of its own (an intake with `per`) into that workflow. What was sent under `key`
        before is the same report, and nothing is told then. RefusedError as `form`.
        """
        with self._asked(by, "alike"):
            return self._alike.about(target, by, given, key)

    def views(self, by: str | None) -> tuple[ViewInfo, ...]:
        """The views of the app that are for this person."""
        with self._asked(by, "views"):
            return self._boards.views(by)

    def cards(self, cases: Sequence[str], by: str | None) -> Mapping[str, Card]:
        """What those of these cases that somebody sees are called in two lines, by id: as the app's boards show them."""
        with self._asked(by, "cards"):
            return self._boards.cards(cases, by)

    def board(
        self,
        view: str,
        by: str | None,
        *,
        where: Mapping[str, Any] | None = None,
        text: str | None = None,
        unit: str | None = None,
        late: bool | None = None,
    ) -> BoardView:
        """A board with at most 20 cards a lane, of the cases that this person sees.

        `where` are fields and columns (node, owner, unit, workflow) with the value they hold; `late`: only those that are
        late, that is since a deadline called somebody in, or only the others. RefusedError `unknown-view`
        for one that there is not or that is not for him, `no-board` for a list, and for what cannot be asked.
        """
        with self._asked(by, f"board {view}"):
            return self._boards.board(view, by, Narrowed(where, text, unit, late))

    def lane(
        self,
        view: str,
        key: str,
        by: str | None,
        *,
        where: Mapping[str, Any] | None = None,
        text: str | None = None,
        unit: str | None = None,
        late: bool | None = None,
        after: str | None = None,
        limit: int = 20,
    ) -> Lane:
        """More of one lane of a board, `first` for those that go before all others: `after` is its `next`."""
        with self._asked(by, f"lane {view}"):
            return self._boards.lane(view, key, by, Narrowed(where, text, unit, late), after, limit)

    def listing(
        self,
        view: str,
        by: str | None,
        *,
        where: Mapping[str, Any] | None = None,
        text: str | None = None,
        unit: str | None = None,
        late: bool | None = None,
        order: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Listing:
        """A page of a list, in the view's own order unless another is asked for. RefusedError as for `board`."""
        with self._asked(by, f"listing {view}"):
            return self._boards.listing(view, by, Narrowed(where, text, unit, late), order, after, limit)

    def intakes(self, by: str | None) -> tuple[IntakeInfo, ...]:
        """The doors that are open to this person; None is somebody outside, of whom nothing is known."""
        with self._asked(by, "intakes"):
            return self._intakes.intakes(by)

    def intake_form(self, name: str, record: str | None = None, *, by: str | None = None) -> IntakeForm:
        """What is asked at a door, that of a record where it is one for each. A desk's only for who sits there.

        RefusedError `unknown-intake`, `unknown-record`.
        """
        with self._asked(by, f"intake {name}"):
            return self._intakes.form(name, record, by)

    def intake_records(self, name: str, *, text: str = "", after: str = "", limit: int = 50) -> list[tuple[str, str]]:
        """Records that have a door of their own there, as key and name, by key: those behind `after` that fit `text`."""
        with self._gate:
            intake = self.app.intakes.get(name)
            return self._forms.records(intake.per, text, after, limit) if intake is not None and intake.per else []

    def caller(self, value: str, by: str) -> CallerView:
        """Who is recognised by that, as a phone number, for who sits at a desk: RefusedError `not-yours` for others."""
        refuse_actor(by)
        with self._asked(by, "caller"):
            return self._calling.caller(value, by)

    def on_file(self, case: str, by: str | None = None) -> tuple[OnFileView, ...]:
        """The records a case points to, as they are now, for those who work here. RefusedError `unknown-case`."""
        with self._asked(by, "on_file", case):
            return self._on_file.about(case, by)

    def labels(self, records: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """What records, by entity and key, are called, where they have a name that is nobody's secret."""
        with self._gate:
            return self._reader.labels(records)

    def colleagues(self) -> list[tuple[str, str]]:
        """Everybody who works here, as actor and name, by name."""
        with self._gate:
            staff = self._looks.staff().records
            names = self._reader.people(staff)
            return sorted(((actor, names.get(actor, actor)) for actor in staff), key=lambda each: each[1])

    def roles(self, person: str) -> tuple[str, ...]:
        """The roles of somebody who works here; of nobody else any."""
        with self._gate:
            return tuple(self._looks.staff().roles.get(person, ()))

    def messages(self, case: str, by: str | None = None) -> list[MessageView]:
        """The newest messages of a case and what became of them. RefusedError `unknown-case`."""
        with self._asked(by, "messages", case):
            self._looks.must_see(case, by)
            return self._outbox.messages(case)

    def upload_content(self, case: str, id: str, by: str | None = None, *, thumbnail: bool = False) -> UploadContent:
        """What stands in a field of a case under that id, or its thumbnail, a JPEG, which pictures have.

        RefusedError `unknown-case`; `unknown-upload` where it stands in none, or in none that this person sees; `masked`
        where he must ask first (`reveal`) because the field is personal; `erased` with the person it is about.
        """
        with self._asked(by, "upload_content", case):
            self._reader.must_see_upload(case, id, by)
            return self._uploads.content(id, PARTS[thumbnail])

    def own_upload(self, id: str, by: str, *, thumbnail: bool = False) -> UploadContent:
        """What somebody has sent himself and no case has taken yet. RefusedError `unknown-upload` for all else."""
        with self._gate:
            return self._uploads.own(id, by, PARTS[thumbnail])

    def key_for(self, purpose: str) -> bytes:
        """A secret of this database for one purpose: to sign what goes out and comes back, such as links. 32 bytes."""
        return hmac.digest(self._database.secret, f"flowkit {purpose}".encode(), "sha256")

"""Cards: what stands on a board of a case, for one who looks. What is hidden from him is not in it, whatever the author wrote.

All cards of a board are made together: what one lacks is read with what the others lack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowkit.app.app import App
from flowkit.app.views import CardShape
from flowkit.engine.case import Case
from flowkit.engine.offers import offers
from flowkit.engine.redaction import Known
from flowkit.engine.seen_world import SeenWorld, seen_by
from flowkit.engine.stored import as_stored
from flowkit.engine.view import RecordView, World
from flowkit.engine.viewer import Viewer
from flowkit.errors import EvaluationError
from flowkit.rules.language.expression import Expression
from flowkit.rules.language.templates import Template
from flowkit.runtime.board_views import Card
from flowkit.runtime.customers import MADE, nameless
from flowkit.runtime.looks import Look, Looks
from flowkit.runtime.personal import mask
from flowkit.runtime.view import View
from flowkit.runtime.views import nearest_due

LONGEST = 200
"How long a text on a card may be."

Shapes = Mapping[str, CardShape]

_MARK = re.compile("\0([^\0]*)\0")
_CARDLESS = CardShape(None, (), None)


@dataclass(frozen=True, slots=True)
class Cards:
    app: App
    looks: Looks

    def made(self, look: Look, viewer: Viewer, shapes: Shapes, cases: Sequence[tuple[Case, bool]]) -> list[Card]:
        """The cards of these cases by the shape of their workflow, in order; with each whether it goes before all others."""
        known = [case for case, _ in cases if self.looks.workflow(case) is not None]
        of_version = {(case.workflow, case.version): case for case in known}
        fields = {version: self.looks.known(case) for version, case in of_version.items()}

        def card(world: World) -> Card:
            return self._card(world, viewer, shapes, fields[world.case.workflow, world.case.version])

        made = iter(self.looks.asked_all(look, known, card))
        cards = [next(made) if self.looks.workflow(case) is not None else _plain(case) for case, _ in cases]
        refs = {ref for card in cards for text in _texts(card) for ref in _MARK.findall(text)}
        look.view.fetch({"personal": refs})
        first = (replace(card, first=True) if first else card for card, (_, first) in zip(cards, cases, strict=True))
        return [_masked(card, look.view) for card in first]

    def _card(self, world: World, viewer: Viewer, shapes: Shapes, known: Known) -> Card:
        case = world.case
        seen, shape = seen_by(viewer, world, known), shapes.get(case.workflow, _CARDLESS)
        actions = () if viewer.actor is None else offers(world.workflow, case, viewer.actor, world.facts, world.now)
        node = world.workflow.nodes.get(case.node)
        return replace(
            _plain(case),
            title=self._text(shape.title, seen) or world.workflow.title,
            lines=tuple(text for line in shape.lines if (text := self._text(line, seen))),
            flag=self._text(shape.flag, seen),
            node_title=node.title if node is not None else case.node,
            owner=tuple(self._called(holder, seen) for holder in case.owner),
            actions=tuple((offer.name, offer.title) for offer in actions),
            values={name: self._text(column, seen) for name, column in shape.columns.items()},
        )

    def _text(self, shape: Template | Expression | None, seen: SeenWorld) -> str:
        """What an author wrote, for whoever looks; "" where it cannot be told."""
        if shape is None:
            return ""
        try:
            if isinstance(shape, Template):
                text = shape.render(seen, self.app.locale, self.app.settings.timezone)
            else:
                text = str(as_stored(shape.evaluate(seen)) or "")
        except EvaluationError:
            return ""
        return self._without_keys(text.strip())[:LONGEST]

    def _without_keys(self, text: str) -> str:
        """An author who names a customer of whom no name is known gets what he is."""
        customers = self.app.entities.get(self.app.customer_entity or "")
        return text if customers is None else MADE.sub(customers.title, text)

    def _called(self, holder: str, seen: SeenWorld) -> str:
        if holder.startswith("role:"):
            role = holder.removeprefix("role:")
            return self.app.business.roles.get(role, role)
        person = seen.person(holder)
        entity, _, key = holder.partition(":")
        name = str(person.name) if isinstance(person, RecordView) else key or holder
        if entity != self.app.customer_entity or name != key or not MADE.fullmatch(key):
            return name
        by = self.app.recognised_by
        known_by = person.attribute(by) if by is not None and isinstance(person, RecordView) else None
        shown = known_by if known_by is None or "\0" in str(known_by) else mask(known_by)  # A mark is masked at last.
        return nameless(self.app.entities[entity].title, shown)


def _plain(case: Case) -> Card:
    """A card that tells only where the case stands."""
    assert case.created is not None
    return Card(
        case=case.id,
        number=case.number,
        workflow=case.workflow,
        title=case.workflow,
        lines=(),
        flag="",
        node=case.node,
        node_title=case.node,
        owner=tuple(holder.partition(":")[2] for holder in case.owner),
        owner_ids=case.owner,
        unit=case.unit,
        due=nearest_due(case),
        created=case.created,
        visit=case.visit,
        incident=case.incident is not None,
        late=case.late_since if not case.ended else None,
    )


def _texts(card: Card) -> Iterable[str]:
    return (card.title, *card.lines, card.flag, *card.owner, *card.values.values())


def _masked(card: Card, view: View) -> Card:
    """With masked values in the places of their marks; the view must hold them."""
    if not any("\0" in text for text in _texts(card)):
        return card

    def shown(text: str) -> str:
        if "\0" not in text:
            return text
        return _MARK.sub(lambda found: mask(view.personal.get(found[1])), text).replace("\0", "")

    whole: dict[str, Any] = {
        "title": shown(card.title),
        "lines": tuple(map(shown, card.lines)),
        "flag": shown(card.flag),
        "owner": tuple(map(shown, card.owner)),
        "values": {name: shown(text) for name, text in card.values.items()},
    }
    return replace(card, **whole)

"""A change in the making: events are folded as they are made, so that later judgements see earlier ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowkit.engine.apply import apply
from flowkit.engine.case import NOTHING, Case, Event, Secret
from flowkit.engine.definition import Workflow
from flowkit.engine.facts import Facts
from flowkit.engine.stored import store_value
from flowkit.engine.view import World, Written
from flowkit.fields.definition import Field


@dataclass(slots=True)
class Draft:
    """The case so far, and what has happened to it under this command. Lives within one call of `decide`."""

    workflow: Workflow
    case: Case
    facts: Facts
    now: datetime
    by: str
    entropy: str
    visitor: str = ""
    events: list[Event] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    written: Written = field(default_factory=Written)

    def add(self, kind: str, /, **data: Any) -> None:
        event = Event(kind, self.now, self.by, data)
        self.events.append(event)
        self.written.note(event)
        self.case = apply(self.case, event)

    def world(self, sealed: bool = False, **extra: Any) -> World:
        secrets = {s.ref: s.value for s in self.secrets}
        mine = (self.by, self.visitor)
        world = World(self.workflow, self.case, self.facts, self.now, {}, secrets, sealed, self.written, mine)
        actor = world.person(self.by)
        return world.with_(actor=actor, me=actor, **extra)

    def checkpoint(self) -> tuple[Case, int, int]:
        return self.case, len(self.events), len(self.secrets)

    def back_to(self, checkpoint: tuple[Case, int, int]) -> None:
        """Undo what was made since, secrets included."""
        self.case, events, secrets = checkpoint
        del self.events[events:], self.secrets[secrets:]
        self.written.only(self.events)

    def stored(
        self,
        fields: Mapping[str, Field],
        values: Mapping[str, Any],
        subject: str,
        path: str = "",
        kept: Mapping[str, str] = NOTHING,
    ) -> dict[str, Any]:
        """Values as they go into history: in stored form, personal ones put aside and a reference left in their place.

        They belong to `subject`. A copy of what is `kept` already, under a reference by the field's name, belongs to the
        person of the original: erasing him erases it too.
        """
        out: dict[str, Any] = {}
        for name, value in values.items():
            definition = fields[name]
            plain = store_value(definition, value)
            if definition.personal and plain is not None:
                whose = self._subject_of(kept[name]) if name in kept else None
                plain = self.put_aside(whose or subject, f"{path}{name}", plain)
            out[name] = plain
        return out

    def _subject_of(self, ref: str) -> str | None:
        """The person whom a personal value is about; None when he was erased."""
        made = next((s.subject for s in self.secrets if s.ref == ref), None)
        return made or self.facts["subject", ref]

    def put_aside(self, subject: str, name: str, value: Any) -> dict[str, str]:
        """Keep a value, in stored form, apart under a person's key; gives what stands for it in the open."""
        ref = f"{self.case.id}/{self.case.sequence}/{name}"
        salt = hashlib.sha256(f"{self.entropy}/{ref}".encode()).hexdigest()
        self.secrets.append(Secret(subject, ref, value, salt))
        return {"personal": ref, "commitment": commitment(ref, salt, value)}


def commitment(ref: str, salt: str, value: Any) -> str:
    """What stands in the history for a personal value: it proves the value without telling it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}{ref}{text}".encode()).hexdigest()

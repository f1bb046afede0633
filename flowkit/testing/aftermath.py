"""Reads off a history what became of a recorded ticket: its score, who was asked first, when it escalated and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from flowkit.testing.replay_report import Escalation, Score, Ticket


class Happened(Protocol):
    """One line of a case's history."""

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


def told(ticket: Ticket, history: Iterable[Happened]) -> Ticket:
    """The ticket with what its case's history tells. The history ends where the case was closed or the replay ended."""
    scores: dict[str, Score] = {}
    escalations: list[Escalation] = []
    title = node = why = incident = ""
    asked: tuple[str, ...] = ()
    for event in history:
        data = event.data
        match event.kind:
            case "scored":
                scores.setdefault(data["card"], _score(data))
            case "entered":
                title = data["title"]
            case "assigned" if data["owner"] and not asked:
                node, asked, why = title, tuple(data["owner"]), data["why"].get("text", "")
            case "reassigned":
                escalations.append(Escalation(event.at, title, "reassigned", tuple(data["owner"])))
            case "escalated":
                escalations.append(Escalation(event.at, title, "escalated", tuple(data["to"])))
            case "incident" if not incident:
                incident = f"{data['where']}: {data['message']}"
            case _:
                pass
    return replace(
        ticket,
        scores=tuple(scores.values()),
        node=node,
        asked=asked,
        why=why,
        escalations=tuple(escalations),
        incident=incident,
    )


def _score(data: Mapping[str, Any]) -> Score:
    return Score(data["card"], data["title"], str(data["result"]["total"]), data.get("band_title") or "")

"""Bugs on purpose, so that the outside harness can be seen to find them. A worker has its bug all its life."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flowkit.connect.http import Caller
from flowkit.engine import moves
from flowkit.runtime import inbox, judging, outbox, receiving
from flowkit.runtime.asking import Asking
from flowkit.runtime.steps import Step
from flowkit.runtime.work import signal_work

MOVES: Any = moves
JUDGING: Any = judging
OUTBOX: Any = outbox.Outbox
ASKING: Any = Asking
CALLER: Any = Caller
SIGNAL: Any = inbox.Signal
RECEIVING: Any = receiving.Receiving
"What is patched, out of sight of whoever checks types."


def forget_children() -> None:
    """Now and then a child that was wanted is not put into the inbox."""
    _leave_out("begin/")


def forget_the_end_of_children() -> None:
    """Now and then a parent is not told that its child has ended."""
    _leave_out("finished/")


def forget_to_call_off() -> None:
    """Children of a parent that has left go on."""
    _leave_out("cancel/")


def stay_after_the_last() -> None:
    """A parent does not see that its last child has ended."""
    MOVES.joined = lambda draft, run: False


def order_under_a_new_key() -> None:
    """Each try of a call goes under a key of its own."""
    perform = ASKING.perform
    ASKING.perform = lambda self, claimed: perform(self, replace(claimed, key=f"{claimed.key}/{claimed.attempts}"))


def forget_what_was_sent() -> None:
    """A call whose worker was killed is taken for one that was never sent: dropped once its case has gone on."""
    _without_doubt(gone_on=True)


def send_again_what_may_not_be() -> None:
    """A call whose worker was killed is sent again while its case waits, whether the other side bears that or not."""
    _without_doubt(gone_on=False)


def _without_doubt(*, gone_on: bool) -> None:
    claim = OUTBOX._claim_some

    def certain(self: outbox.Outbox, connection: Any, now: Any, rows: list[Any], *given: Any) -> None:
        def left(row: Any) -> bool:
            return bool(row[-2] != row[3] or row[-1] is not None)

        claim(self, connection, now, [(*r[:7], 0, *r[8:]) if left(r) == gone_on else r for r in rows], *given)

    OUTBOX._claim_some = certain


def take_a_cut_line_for_none() -> None:
    """A call that was cut off counts as one that did not reach the other side."""
    perform = CALLER.perform

    def hopeful(self: Any, connector: Any, request: Any) -> Any:
        reply = perform(self, connector, request)
        cut = reply.failure is not None and reply.failure.kind in ("unreachable", "timeout")
        return replace(reply, failure=replace(reply.failure, sent=False)) if cut else reply

    CALLER.perform = hopeful


def answer_from_memory() -> None:
    """An answer goes to its case without having been written down with the commit that settles the call."""
    settle = OUTBOX._settle

    def forgetful(self: outbox.Outbox, claimed: outbox.Claimed, settled: outbox.Settled) -> str:
        said: str = settle(self, claimed, replace(settled, reply=None))
        if settled.reply is not None:
            told = settle.__globals__["json"].dumps(settled.reply)
            key = f"reply/{claimed.key}"
            self._writer.put([signal_work(key, claimed.case, "replied", told, 0)])
        return said

    OUTBOX._settle = forgetful


def believe_each_telling() -> None:
    """An event that is told of again counts again."""
    number = itertools.count()
    SIGNAL.row_key = property(lambda self: f"{self.by}/{self.key}/{next(number)}")


def thank_before_keeping() -> None:
    """Say that an event was taken in, and write it down when there is time."""

    def hasty(self: receiving.Receiving, signal: inbox.Signal) -> None:
        statements, now, people = self._database.statements, self._clock.now(), self._writer.people
        secret = self._database.secret
        if next(turn) % 3:
            self._writer.put([signal_work(signal.row_key, signal.case, "signal", signal.body, 0)])
        else:
            self._writer.perform(
                lambda inside: inbox.keep(signal, self._judge, people, inside, statements, secret, now)
            )

    turn = itertools.count()
    RECEIVING.take_in = hasty


def _leave_out(prefix: str) -> None:
    build, turn = JUDGING.build, itertools.count()

    def forgetful(*given: Any) -> Step:
        step: Step = build(*given)
        step.rows.inbox[:] = [r for r in step.rows.inbox if not r[0].startswith(prefix) or next(turn) % 5]
        return step

    JUDGING.build = forgetful


BUGS: Mapping[str, tuple[Callable[[], None], str, str]] = {
    "forget children": (forget_children, "stranded: child", ""),
    "forget the end of children": (forget_the_end_of_children, "stranded: the end of", ""),
    "forget to call off": (forget_to_call_off, "stranded: .* was called off", ""),
    "stay after the last": (stay_after_the_last, "had joined its last child and stayed", ""),
    "order under a new key": (order_under_a_new_key, "nobody asked for it", ""),
    "forget what was sent": (forget_what_was_sent, "unknown: ", "after-send"),
    "send again what may not be": (send_again_what_may_not_be, "may not be sent twice, and was", "after-send"),
    "take a cut line for none": (take_a_cut_line_for_none, "may not be sent twice, and was", "peer"),
    "answer from memory": (answer_from_memory, "stranded: the answer to", ""),
    "believe each telling": (believe_each_telling, "doubled: |lost: ", ""),
    "thank before keeping": (thank_before_keeping, "lost: connector|stranded", ""),
}
"What each does, a pattern of what the harness must say then, and where to kill so that it soon shows."

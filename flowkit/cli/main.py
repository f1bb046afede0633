"""The command `flowkit`: its commands, and the border where exceptions become words and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from flowkit.cli.cases import act, case, explain, retry, submit, tasks
from flowkit.cli.checking import check
from flowkit.cli.coming import coming
from flowkit.cli.importing import import_
from flowkit.cli.listing import cases, export, refusals
from flowkit.cli.migrating import migrate
from flowkit.cli.opening import told
from flowkit.cli.operations import operations
from flowkit.cli.outside import files, outbox, receive
from flowkit.cli.peer import peer
from flowkit.cli.people import caught, reassign, substitute
from flowkit.cli.printing import open_streams, say, speak_utf8
from flowkit.cli.reference import reference, schema
from flowkit.cli.running import run
from flowkit.cli.serving import serve, user
from flowkit.cli.trying import test, try_
from flowkit.errors import DefinitionError, FlowKitError, RefusedError, StoreError
from flowkit.version import VERSION

FINE, FINDINGS, WRONG_USE, BROKEN_PIPE, INTERRUPTED = 0, 1, 2, 141, 130


class ReaderGoneError(Exception):
    """Whoever read our output has enough of it: `flowkit tasks | head`."""


class Commands(click.Group):
    """Lists its commands in the order in which somebody meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _readers_told_apart():  # --help prints while the command line is read
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _readers_told_apart():
            return super().invoke(ctx)


@contextmanager
def _readers_told_apart() -> Iterator[None]:
    """A broken pipe under a name of its own: click would end it with the exit code of a finding."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="flowkit")
def flowkit() -> None:
    """Work orders that cannot be forgotten.

    APP is a folder of YAML that describes one business. Exits with 0 when all is well, 1 when there are findings or a
    refusal, 2 when it was called wrongly.
    """


for command in (
    check,
    test,
    try_,
    import_,
    submit,
    tasks,
    act,
    operations,
    retry,
    migrate,
    case,
    cases,
    export,
    explain,
    substitute,
    reassign,
    caught,
    coming,
    files,
    refusals,
    run,
    serve,
    user,
    outbox,
    receive,
    peer,
    reference,
    schema,
):
    flowkit.add_command(command)


def perform(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code. Only a mistake of flowkit's own leaves as an exception."""
    try:
        done = flowkit.main(args=arguments, prog_name="flowkit", standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except DefinitionError as error:
        say(told(error.diagnostics, Path.cwd()), to_errors=True)
        return FINDINGS
    except RefusedError as error:
        say(_refusal(error), to_errors=True)
        return FINDINGS
    except StoreError as error:
        say(f"Error: {error}", to_errors=True)
        return WRONG_USE
    except FlowKitError as error:
        say(f"Error: {error}", to_errors=True)
        return FINDINGS
    except ReaderGoneError:
        _let_output_go()
        return BROKEN_PIPE
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        say(f"Error: {error.strerror or error}{where}", to_errors=True)
        if not error.filename:
            _let_output_go()
        return WRONG_USE
    return done if isinstance(done, int) else FINE


def _let_output_go() -> None:
    """Exchange a stream that takes no more, so that Python's last flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refusal(error: RefusedError) -> str:
    # Who types commands needs the field's name beside the words that people on a page would read.
    lines = [f"  {p.words}" + (f"  [{p.field}]" if p.field else "") for p in error.problems]
    return "\n".join([error.message or "不能办理", *lines])


def main() -> None:
    """The console script."""
    open_streams()
    speak_utf8()
    sys.exit(perform())

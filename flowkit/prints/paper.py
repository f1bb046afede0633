"""A page as it is filed: PDF where the extra `print` is installed, else the page as it is, and a word on why.

PDF is made in a process of its own, which has no network, a bounded time and bounded memory, and ends with its page.
"""

from __future__ import annotations

import hashlib
import html
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flowkit.errors import FlowKitError
from flowkit.prints import typesetter
from flowkit.prints.page import Rendered
from flowkit.prints.typesetter import SECONDS, UNUSABLE

FONTS = "fonts-noto-cjk"
"The Debian package with fonts for Chinese; fonts-wqy-microhei is a smaller one."


class PdfError(FlowKitError):
    """A page could not be made into PDF, though it should have been."""


class NoPdfError(PdfError):
    """PDF cannot be made here at all: the extra `print`, or what it needs of the system, is missing."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """`missing` holds the characters that no font of this machine has: they are boxes on the page."""

    content: bytes
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is filed. `sha256` is over `content`, in hexadecimal; `notice` says what is not as it was meant, or ""."""

    kind: Literal["pdf", "html", "text"]
    content: bytes
    sha256: str
    notice: str = ""


def can_print() -> bool:
    """Whether the extra `print` is installed. Whether the system has what it needs shows when a page is made."""
    return importlib.util.find_spec("weasyprint") is not None


def to_pdf(page: bytes, root: Path | None = None, folder: Path | None = None, seconds: float = SECONDS) -> Pdf:
    """PDF of a page of HTML in UTF-8; on one machine the same bytes for the same page.

    Its pictures, styles and fonts come from `data:` addresses and from files below `root`, the app's folder, named relative
    to `folder`, the page's own; without `root` from `data:` alone, and never from the network. Raises NoPdfError where PDF
    cannot be made at all, PdfError where this page cannot.
    """
    if not can_print():
        raise NoPdfError("PDF needs the extra `print`: pip install 'flowkit[print]'")
    where = [] if root is None else [str(root.resolve()), str((folder or root).resolve())]
    try:
        # Its own time and order of hashing would get into the file; ours do not.
        done = subprocess.run(  # noqa: S603 - our own interpreter and file, paths as arguments, no shell
            [sys.executable, "-P", typesetter.__file__, *where],
            input=page,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "PYTHONHASHSEED": "0",
                "SOURCE_DATE_EPOCH": "0",
            },
        )
    except subprocess.TimeoutExpired:
        raise PdfError(f"making the PDF took longer than {seconds:g} seconds") from None
    except OSError as error:
        raise PdfError(f"the process that makes PDF cannot be started: {error.strerror}") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise (NoPdfError if done.returncode == UNUSABLE else PdfError)(words or f"exit code {done.returncode}")
    head, _, content = done.stdout.partition(b"\n")
    if not content.startswith(b"%PDF-"):
        raise PdfError("the process that makes PDF gave none")
    return Pdf(content, json.loads(head)["missing"])


def file_page(page: Rendered, root: Path | None = None, folder: Path | None = None) -> Paper:
    """The page as PDF; as it is, with a notice, where PDF cannot be made here. Raises PdfError where this page fails."""
    try:
        pdf = to_pdf(page.content if page.kind == "html" else _as_html(page.content), root, folder)
    except NoPdfError as error:
        return Paper(page.kind, page.content, page.sha256, f"{error}; filed as {page.kind}")
    notice = f"no font here has {pdf.missing}: install Debian's {FONTS}" if pdf.missing else ""
    return Paper("pdf", pdf.content, hashlib.sha256(pdf.content).hexdigest(), notice)


def _as_html(text: bytes) -> bytes:
    """A page of plain text, line for line, in letters of one width."""
    style = "@page { size: A4; margin: 18mm } pre { font: 10pt monospace; white-space: pre-wrap }"
    words = html.escape(text.decode("utf-8", "replace"))
    page = f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><style>{style}</style></head>'
    return f"{page}<body><pre>\n{words}</pre></body></html>".encode()

"""The process that makes one PDF: HTML on standard input, a line of JSON and the PDF on standard output.

The only place that knows WeasyPrint, and it imports nothing of flowkit: `paper` runs it as a file, with the app's folder and
the page's own as arguments, or with none.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from importlib import import_module
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

SECONDS = 60
"How long making one PDF may take."

UNUSABLE = 3
"The exit code by which this process says that WeasyPrint is there but cannot be loaded."

MEMORY = 2 * 1024**3
LARGEST_FILE = 20 * 1024**2
ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".css", ".ttf", ".otf", ".ttc", ".woff", ".woff2")
)


def main(arguments: list[str]) -> int:
    """Make the PDF. Exit code 0; 3 where WeasyPrint cannot be loaded; 1 with a line of words where the page fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    try:
        weasyprint = import_module("weasyprint")
    except (ImportError, OSError) as error:
        lines = f"{error}".split("\n")
        sys.stderr.write(
            f"WeasyPrint cannot be loaded, it needs Debian's libpango-1.0-0 and libpangoft2-1.0-0: {lines[0]}"
        )
        return UNUSABLE
    root, folder = (Path(each) for each in arguments) if arguments else (None, None)
    try:
        missing, content = typeset(weasyprint, sys.stdin.buffer.read(), root, folder)
    except Exception as error:  # noqa: BLE001 - whatever a page makes it fail at is told in one line
        sys.stderr.write(f"the page cannot be printed: {type(error).__name__}: {str(error).split(chr(10))[0]}")
        return 1
    sys.stdout.buffer.write(json.dumps({"missing": missing}).encode() + b"\n" + content)
    return 0


def typeset(weasyprint: Any, page: bytes, root: Path | None, folder: Path | None) -> tuple[str, bytes]:
    """The characters that no font had, and the PDF."""
    base = f"{folder.as_uri()}/" if folder is not None else None
    source = weasyprint.HTML(
        string=page.decode("utf-8", "replace"), base_url=base, url_fetcher=_fetcher(weasyprint, root)
    )
    document = source.render()
    content: bytes = document.write_pdf()
    codes = {code for font in document.fonts.values() for code in getattr(font, "missing", {})}
    return "".join(map(chr, sorted(codes)))[:40], content


def _fetcher(weasyprint: Any, root: Path | None) -> Any:
    """Fetches `data:` addresses and files below `root`; all else is refused, and the page goes on without it."""
    urls = import_module("weasyprint.urls")

    class Fetcher(urls.URLFetcher):  # type: ignore[misc,name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            path = allowed(url, root)
            return urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": guess_type(path)[0] or ""})

    return Fetcher(allowed_protocols=("data",), allow_redirects=False)


def allowed(url: str, root: Path | None) -> Path:
    """The file that a `file:` address names. Raises ValueError unless it is a picture, style or font below `root`."""
    split = urlsplit(url)
    if split.scheme != "file" or split.netloc or root is None:
        raise ValueError("only files of the app")
    path = Path(url2pathname(split.path)).resolve()
    if not path.is_relative_to(root.resolve()) or path.suffix.lower() not in ENDINGS or not path.is_file():
        raise ValueError("only pictures, styles and fonts of the app")
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("the file is too large")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

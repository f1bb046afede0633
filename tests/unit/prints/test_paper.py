"""A page becomes PDF from what lies in the app alone; without the extra it is filed as it is, and says why."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import threading
from ctypes.util import find_library
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flowkit.prints import paper, typesetter
from flowkit.prints.page import Rendered
from flowkit.prints.paper import NoPdfError, PdfError, can_print, file_page, to_pdf

needs_extra = pytest.mark.skipif(
    not can_print() or find_library("pango-1.0") is None,
    reason="the extra `print`, or Debian's libpango-1.0-0 that it needs, is not installed",
)
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def html(body: str) -> bytes:
    return f'<!doctype html><html lang="zh"><head><meta charset="utf-8"></head><body>{body}</body></html>'.encode()


def rendered(content: bytes, kind: str = "html") -> Rendered:
    return Rendered(kind, content, hashlib.sha256(content).hexdigest())  # type: ignore[arg-type]


@needs_extra
def test_a_page_becomes_pdf_and_the_same_page_the_same_bytes() -> None:
    """Made twice, by two processes, it has one hash."""
    first, second = (file_page(rendered(html("<h1>Settlement</h1>"))) for _ in range(2))
    assert first.kind == "pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.sha256 == second.sha256 == hashlib.sha256(first.content).hexdigest()
    assert first.notice == ""


@needs_extra
def test_a_page_of_text_becomes_pdf_too() -> None:
    """Its signs are no markup: `<img src=…>` in it fetches nothing."""
    assert file_page(rendered(b"<b>WX1</b>\n", "text")).kind == "pdf"


@needs_extra
def test_characters_without_a_font_are_named() -> None:
    """A page full of boxes is not filed in silence; a character of the private area is one that no font has."""
    filed = file_page(rendered(html("<p>WX1 \U000f1234</p>")))
    assert filed.kind == "pdf"
    assert "\U000f1234" in filed.notice
    assert "fonts-noto-cjk" in filed.notice


@needs_extra
def test_chinese_is_printed_with_a_font() -> None:
    """Where the machine has one."""
    found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False, text=True).stdout
    if not found:
        pytest.skip("this machine has no font for Chinese (Debian: fonts-noto-cjk)")
    pdf = to_pdf(html("<p>电梯维保结算单</p>"))
    assert pdf.missing == ""


@needs_extra
def test_nothing_is_fetched_from_the_network() -> None:
    """Pictures, styles, fonts, frames, attachments: a server on this machine is asked for none of them."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_address[1]}"
        svg = f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{at}/svg'/></svg>"
        body = (
            f'<link rel="stylesheet" href="{at}/css"><link rel="attachment" href="{at}/attachment">'
            f'<style>@import "{at}/import"; @font-face {{ font-family: f; src: url({at}/font) }}'
            f"body {{ background: url({at}/background); font-family: f }}</style>"
            f'<img src="{at}/img"><embed src="{at}/embed"><object data="{at}/object"></object><img src="{svg}">WX1'
        )
        pdf = to_pdf(html(body))
        server.shutdown()
    assert pdf.content.startswith(b"%PDF-")
    assert asked == []


@needs_extra
def test_pictures_come_from_the_app_and_from_nowhere_else(tmp_path: Path) -> None:
    """A picture beside the page gets in; one outside the app does not, whichever way it is named."""
    app = tmp_path / "app"
    pages = app / "templates"
    pages.mkdir(parents=True)
    (pages / "logo.png").write_bytes(PIXEL)
    (tmp_path / "secret.png").write_bytes(PIXEL)
    (pages / "link.png").symlink_to(tmp_path / "secret.png")

    def images(source: str) -> int:
        return to_pdf(html(f'<img src="{source}">WX1'), app, pages).content.count(b"/Image")

    none = images("")
    assert images("logo.png") > none
    for outside in ("../../secret.png", (tmp_path / "secret.png").as_uri(), "link.png"):
        assert images(outside) == none


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file://example.com/app/logo.png",
        "file:///etc/passwd",
        "file:///app/../etc/passwd",
        "logo.png",
    ],
)
def test_only_files_of_the_app_may_be_read(url: str, tmp_path: Path) -> None:
    """No other scheme, no other host, no other folder."""
    with pytest.raises(ValueError, match="only"):
        typesetter.allowed(url, tmp_path)


def test_only_pictures_styles_and_fonts_may_be_read(tmp_path: Path) -> None:
    """The app's own YAML and tables are no pictures."""
    for name, fine in (("logo.PNG", True), ("app.yaml", False), ("people.csv", False), (".env", False)):
        path = tmp_path / name
        path.write_bytes(b"x")
        if fine:
            assert typesetter.allowed(path.as_uri(), tmp_path) == path
        else:
            with pytest.raises(ValueError, match="only"):
                typesetter.allowed(path.as_uri(), tmp_path)
    with pytest.raises(ValueError, match="only"):
        typesetter.allowed((tmp_path / "logo.PNG").as_uri(), None)


def test_without_the_extra_the_page_is_filed_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice says what to install; asking for PDF itself is refused."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    page = rendered(html("<h1>结算单</h1>"))
    filed = file_page(page)
    assert (filed.kind, filed.content, filed.sha256) == ("html", page.content, page.sha256)
    assert "flowkit[print]" in filed.notice
    with pytest.raises(NoPdfError):
        to_pdf(page.content)


def test_without_pango_the_page_is_filed_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """WeasyPrint that cannot load what it needs is like none, and says which packages it needs."""
    broken = tmp_path / "weasyprint.py"
    broken.write_text("raise OSError('cannot load library')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    filed = file_page(rendered(html("x")))
    assert filed.kind == "html"
    assert "libpango" in filed.notice


@needs_extra
def test_a_page_that_takes_too_long_is_given_up() -> None:
    """The process is ended; the caller learns it by an exception that is no NoPdfError."""
    with pytest.raises(PdfError, match="longer than") as caught:
        to_pdf(html("x"), seconds=0.01)
    assert not isinstance(caught.value, NoPdfError)


def test_a_process_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its last words, cut short; never a traceback."""
    script = tmp_path / "fails.py"
    script.write_text("import sys\nsys.stderr.write('first\\nthe page cannot be printed: ' + 'x' * 900)\nsys.exit(1)\n")
    monkeypatch.setattr(paper.typesetter, "__file__", str(script))
    monkeypatch.setattr(paper, "can_print", lambda: True)
    with pytest.raises(PdfError) as caught:
        to_pdf(html("x"))
    assert str(caught.value).startswith("the page cannot be printed: xxx")
    assert len(str(caught.value)) <= 300

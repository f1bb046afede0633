"""What people send is told by its content, made harmless, or refused in words that say what to do."""

from __future__ import annotations

import io
import zlib
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from flowkit.errors import RefusedError
from flowkit.uploads import inspecting, pictures
from flowkit.uploads.boxes import read_film
from flowkit.uploads.inspecting import LARGEST, inspect
from flowkit.uploads.kinds import format_of
from flowkit.uploads.matroska import read_webm
from flowkit.uploads.names import LONGEST, clean_name
from flowkit.uploads.pictures import NoPicturesError, draw
from tests.unit.uploads import corpus, made


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# --- pictures ------------------------------------------------------------------------------------------------------------


def test_a_photo_keeps_its_pixels_and_nothing_else() -> None:
    """It stands upright; neither the place nor the phone, neither a comment nor what lay behind its end is left."""
    sent = made.photo()
    assert b"PhoneMaker" in sent
    assert opened(sent).getexif().get_ifd(0x8825)
    kept = inspect(sent, "door.jpg")
    assert (kept.kind, kept.mime, kept.name) == ("image", "image/jpeg", "door.jpg")
    assert (kept.width, kept.height) == opened(kept.content).size == (48, 64)
    for held in (kept.content, kept.thumbnail):
        assert not opened(held).getexif()
        for trace in (b"PhoneMaker", made.PLACE.encode(), made.SCRIPT, b"Exif", b"<html>"):
            assert trace not in held


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_however_the_phone_was_held(orientation: int) -> None:
    """What was at the upper left once turned as the phone says is at the upper left of what is kept."""
    kept = inspect(made.photo(orientation), "a.jpg")
    sides = (48, 64) if orientation > 4 else (64, 48)
    assert (kept.width, kept.height) == sides
    green = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[orientation]
    corners = {
        (x, y): opened(kept.content).getpixel((x * (sides[0] - 1), y * (sides[1] - 1))) for x in (0, 1) for y in (0, 1)
    }
    assert [at for at, color in corners.items() if color[1] > 128] == [green]  # type: ignore[index]


def test_a_large_photo_becomes_smaller_and_its_thumbnail_small() -> None:
    """At most 2560 pixels a side, 480 for the thumbnail; the shape stays."""
    kept = inspect(made.picture(size=(5200, 2600)), "a.jpg")
    assert (kept.width, kept.height) == (2560, 1280)
    assert opened(kept.thumbnail).size == (480, 240)
    assert opened(kept.thumbnail).format == "JPEG"


@pytest.mark.parametrize(
    ("kind", "mode", "becomes"),
    [
        ("PNG", "RGBA", "PNG"),
        ("PNG", "P", "PNG"),
        ("PNG", "L", "PNG"),
        ("WEBP", "RGBA", "WEBP"),
        ("GIF", "P", "PNG"),
        ("BMP", "RGB", "PNG"),
        ("JPEG", "CMYK", "JPEG"),
    ],
)
def test_every_kind_of_picture_is_drawn_anew(kind: str, mode: str, becomes: str) -> None:
    """As JPEG, PNG or WebP; a clear ground stays clear, as a signature's does, and its thumbnail is white there."""
    out = io.BytesIO()
    Image.new("RGBA" if mode == "RGBA" else "RGB", (60, 40)).convert(mode).save(out, kind)
    kept = inspect(out.getvalue(), f"a.{kind.lower()}")
    assert opened(kept.content).format == becomes
    assert kept.mime == f"image/{becomes.lower()}"
    if mode == "RGBA":
        assert opened(kept.content).convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
        assert opened(kept.thumbnail).getpixel((0, 0)) == (255, 255, 255)


def test_what_is_written_beside_the_pixels_of_a_png_is_gone() -> None:
    """It is not kept; a colour profile that unfolds into 50 MB is refused with its picture."""
    bomb = made.chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000), 9))
    with pytest.raises(RefusedError, match="照片打不开"):
        inspect(made.png(4, 4, bytes(17 * 4), extra=bomb), "a.png")
    extra = made.chunk(b"tEXt", b"Comment\0" + made.PLACE.encode())
    kept = inspect(made.png(4, 4, bytes(17 * 4), extra=extra), "a.png")
    assert made.PLACE.encode() not in kept.content
    assert len(kept.content) < 1000


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    """A few kilobytes that would take 437 MB are told by their head, with the number of pixels and what to do."""
    bomb = made.bomb()
    assert len(bomb) < 20_000
    with pytest.raises(RefusedError) as refused:
        inspect(bomb, "a.png")
    assert refused.value.code == "too-many-pixels"
    assert str(refused.value) == "照片有 10450 x 10450 像素,超过 4000 万,请缩小后再上传"


def test_the_largest_picture_fits_into_the_memory_there_is() -> None:
    """Just below 40 million pixels, clear ones at that, it is drawn anew within the limits of its process."""
    side = 6320
    kept = inspect(made.png(side, side, bytes(4 * side + 1) * side), "a.png")
    assert (kept.width, kept.height) == (2560, 2560)


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends with its time, and the refusal says what to do."""
    with pytest.raises(RefusedError) as refused:
        draw(made.picture(), seconds=0.001)
    assert refused.value.code == "unreadable"
    assert "太慢" in str(refused.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_half_a_picture_is_refused(kind: str) -> None:
    """One whose upload broke off is not kept as if it were whole."""
    whole = made.picture(kind, (400, 300))
    with pytest.raises(RefusedError) as refused:
        inspect(whole[: len(whole) // 2], "a.jpg")
    assert refused.value.code == "unreadable"


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is nobody's fault who sends a picture: an error for whoever runs it."""
    monkeypatch.setattr(pictures.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoPicturesError, match=r"pip install 'flowkit\[web\]'"):
        inspect(made.picture(), "a.jpg")


# --- films and sound -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wide", [False, True])
def test_a_film_is_measured_and_its_places_are_blanked(wide: bool) -> None:
    """As long as it was, its frames where they were; and nothing says any more where it was made."""
    sent = made.film(wide=wide)
    assert sent.count(made.PLACE.encode()) == 5
    kept = inspect(sent, "door.mp4")
    assert (kept.kind, kept.mime, kept.seconds) == ("video", "video/mp4", Decimal("12.3"))
    assert made.PLACE.encode() not in kept.content
    assert len(kept.content) == len(sent)
    assert kept.content.index(b"FRAMES") == sent.index(b"FRAMES")
    assert kept.thumbnail == b""


def test_each_container_is_told_by_what_is_in_it() -> None:
    """MOV by its brand; one without a picture is sound, whatever it is called."""
    assert inspect(made.film(brand=b"qt  "), "a.mov").mime == "video/quicktime"
    assert inspect(made.film(brand=b"3gp4"), "a.3gp").mime == "video/3gpp"
    sound = inspect(made.film(handlers=(b"soun",)), "a.mp4")
    assert (sound.kind, sound.mime, sound.name) == ("audio", "audio/mp4", "a.mp4")
    assert inspect(made.film(handlers=(b"soun",), brand=b"M4A "), "v.m4a").kind == "audio"
    voice = inspect(made.webm(kinds=(2,)), "voice.webm")
    assert (voice.kind, voice.mime) == ("audio", "audio/webm")


def test_a_recording_of_a_browser_is_measured_by_its_blocks() -> None:
    """It tells no length: the begin of its last block does. One that tells its length is believed."""
    assert inspect(made.webm(), "a.webm").seconds == Decimal("9.5")
    assert inspect(made.webm(31_400), "a.webm").seconds == Decimal("31.4")
    assert inspect(made.webm(float("nan")), "a.webm").seconds == Decimal("9.5")


def test_a_film_that_tells_no_length_has_none() -> None:
    """None, not nothing: what that means, the field decides."""
    assert inspect(made.film(None), "a.mp4").seconds is None
    assert inspect(made.webm(last=500), "a.webm").seconds == Decimal("0.5")


@pytest.mark.parametrize("sent", corpus.BROKEN_FILMS, ids=lambda sent: f"{len(sent)}")
def test_half_a_film_is_refused(sent: bytes) -> None:
    """What broke off, lies about its lengths, holds nothing or far too many pieces."""
    with pytest.raises(RefusedError) as refused:
        inspect(sent, "a.mp4")
    assert refused.value.code == "unreadable"


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_no_film_does_harm(data: st.DataObject) -> None:
    """Whatever is changed in one, it is read or refused, and never anything else; never longer than it was."""
    sent = bytearray(data.draw(st.sampled_from([made.film(), made.film(wide=True), made.webm(), made.webm(5.0)])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(sent) - 1))
        sent[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=8))
    for read in (read_film, read_webm):
        try:
            found = read(bytes(sent))
        except RefusedError:
            continue
        assert found.kind in ("video", "audio")
        assert found.seconds is None or 0 < found.seconds <= 360_000
        assert len(found.content) == len(sent)


# --- all else ------------------------------------------------------------------------------------------------------------


def test_documents_are_taken_as_they_are() -> None:
    """PDF and Office files without macros, told by what is in them."""
    pdf = inspect(made.PDF, "报价.pdf")
    assert (pdf.kind, pdf.mime, pdf.content, pdf.name) == ("file", "application/pdf", made.PDF, "报价.pdf")
    assert inspect(made.office(*made.DOCX), "单.docx").name == "单.docx"
    assert inspect(made.office("[Content_Types].xml", "xl/workbook.xml"), "表.zip").name == "表.xlsx"


@pytest.mark.parametrize(("sent", "name", "code", "words"), corpus.NOT_TAKEN)
def test_what_is_not_taken_is_told_with_a_way_out(sent: bytes, name: str, code: str, words: str) -> None:
    """By what it is, whatever it is called."""
    with pytest.raises(RefusedError) as refused:
        inspect(sent, name)
    assert refused.value.code == code
    assert words in str(refused.value)


@pytest.mark.parametrize(("kind", "sent"), [("image", made.picture()), ("video", made.film()), ("file", made.PDF)])
def test_each_kind_has_its_size(monkeypatch: pytest.MonkeyPatch, kind: str, sent: bytes) -> None:
    """The refusal says how large it is, how large it may be, and what to do."""
    monkeypatch.setitem(LARGEST, kind, len(sent))
    inspect(sent, "x")
    monkeypatch.setitem(LARGEST, kind, len(sent) - 1)
    with pytest.raises(RefusedError) as refused:
        inspect(sent, "x")
    assert refused.value.code == "too-large"


def test_how_a_photo_that_is_too_large_is_refused() -> None:
    """In these words, before it is read."""
    with pytest.raises(RefusedError, match=r"^照片有 21.5 MB,超过 20 MB,请换一张或降低画质$"):
        inspect(b"\xff\xd8\xff" + bytes(int(21.5 * inspecting.MEGABYTE)), "a.jpg")
    with pytest.raises(RefusedError, match="超过 64 MB,请录短一些"):
        inspect(bytes(65 * inspecting.MEGABYTE), "a.mp4")


def test_only_what_the_field_takes() -> None:
    """Where only pictures are asked for, a film is refused at once."""
    with pytest.raises(RefusedError, match="这里只收照片、录音,收到的是视频"):
        inspect(made.film(), "a.mp4", accept=("image", "audio"))


@settings(max_examples=500)
@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_are_something_or_refused(content: bytes, name: str) -> None:
    """Never another exception."""
    try:
        format_of(content)
    except RefusedError as refused:
        assert str(refused)


# --- names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("door.jpg", "door.jpg"),
        ("DOOR.JPEG", "DOOR.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\li\\照片 1.jpg", "照片 1.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.jpg"),
        ("a\x00b\r\nSet-Cookie: x.jpg", "abSet-Cookie_ x.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("shell.php", "shell.jpg"),
        ("shell.php.jpg", "shell.php.jpg"),
        ("", "照片.jpg"),
        ("...", "照片.jpg"),
        ("\u200b\ud800.jpg", "照片.jpg"),
        ("<img src=x>.jpg", "_img src=x_.jpg"),
        ("a" * 300 + ".jpg", "a" * 96 + ".jpg"),
        ("2026.03.02 现场", "2026.03.02 现场.jpg"),
    ],
)
def test_a_name_is_a_label(sent: str, kept: str) -> None:
    """No folder, nothing that steers or hides, an ending that is true."""
    assert clean_name(sent, ("jpg", "jpeg"), "照片") == kept


@given(st.text(max_size=400))
def test_any_name_becomes_one(name: str) -> None:
    """Short, printable, without a sign that a file system or a header would take for its own; and it stays what it is."""
    kept = clean_name(name, ("pdf",), "文件")
    assert kept.isprintable()
    assert kept.endswith(".pdf")
    assert len(kept) <= LONGEST
    assert not set(kept) & set('/\\<>:"|?*')
    assert not kept.startswith(".")
    assert clean_name(kept, ("pdf",), "文件") == kept

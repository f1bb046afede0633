"""Files that people send by mistake or to do harm: those that are not taken, and those that are made harmless."""

from __future__ import annotations

import struct
import zlib

from tests.unit.uploads import made


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


BROKEN_FILMS = [
    made.film()[:-1],
    made.film()[:200],
    made.box(b"ftyp", b"isom", bytes(4)) + made.box(b"mdat", b"x"),
    made.film(handlers=()),
    made.box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4sQ", 1, b"moov", 1 << 63),
    made.box(b"ftyp", b"isom", bytes(4)) + struct.pack(">I4s", 4, b"moov"),
    made.box(b"ftyp", b"isom", bytes(4)) + made.box(b"moov", made.box(b"trak") * 200_000),
    made.webm()[:-1],
    made.webm()[:60],
    made.webm(kinds=()),
    made.element(0x1A45DFA3, b"webm") + made.element(0xEC, b"") * 600_000,
]

NOT_TAKEN = [
    (b"", "a.jpg", "empty", "0 字节"),
    (b"MZ\x90\x00" + bytes(200), "photo.jpg", "unknown-kind", "程序"),
    (b"\x7fELF" + bytes(200), "a.png", "unknown-kind", "程序"),
    (b"#!/bin/sh\nrm -rf /", "a.mp4", "unknown-kind", "程序"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "a.svg", "unknown-kind", "SVG"),
    (b'<?xml version="1.0"?><!DOCTYPE svg><svg onload="x"/>', "a.png", "unknown-kind", "SVG"),
    (b"\xef\xbb\xbf \n<!DOCTYPE html><p>", "a.jpg", "unknown-kind", "网页"),
    (b"<script>x</script>", "a.jpg", "unknown-kind", "网页"),
    (made.box(b"ftyp", b"heic", bytes(8)) + bytes(99), "IMG_1.HEIC", "unknown-kind", "兼容性最佳"),
    (b"Rar!\x1a\x07\x00" + bytes(99), "a.rar", "unknown-kind", "压缩包"),
    (made.office("photo.jpg"), "a.zip", "unknown-kind", "压缩包"),
    (made.office(*made.DOCX, "word/vbaProject.bin"), "a.docm", "unknown-kind", "宏"),
    (b"PK\x03\x04" + bytes(99), "a.docx", "unreadable", "重新上传"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a.doc", "unknown-kind", "docx"),
    (b"%PDF-1.7\nhalf of it", "a.pdf", "unreadable", "PDF"),
    ("\ufeff你好".encode("utf-16"), "a.txt", "unknown-kind", "可以上传"),
    (b"hello", "a.txt", "unknown-kind", "可以上传"),
    (made.webm(doc_type=b"matroska"), "a.mkv", "unknown-kind", "MP4"),
    (made.film(), "photo.jpg", "false-name", "内容却是视频"),
    (made.PDF, "clip.mp4", "false-name", "内容却是文件"),
]
"""What is sent, under which name; the code of its refusal, and words that are in it."""

PROFILE = made.chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000), 9))

TAKEN = {
    "photo.jpg": made.photo(),
    "page-behind.jpg": made.picture() + b"<html><script>alert(1)</script>",
    "page-behind.png.html": made.picture("PNG") + b"<script>alert(1)</script>",
    "said-beside.png": made.png(4, 4, bytes(17 * 4), extra=made.chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")),
    "film.mp4": made.film(),
    "film.webm": made.webm(),
    "script.pdf": b"%PDF-1.7\n/JavaScript (app.alert(1))\n%%EOF",
    "page.pdf": made.PDF.replace(b"trailer", b"<script>alert(1)</script>trailer"),
    "order.docx": made.office(*made.DOCX),
}


REFUSED = [
    *((name, sent) for sent, name, _, _ in NOT_TAKEN),
    *(("a.mp4", sent) for sent in BROKEN_FILMS),
    ("a.png", made.bomb()),
    ("a.png", made.png(4, 4, bytes(17 * 4), extra=PROFILE)),
    *((f"a.{kind.lower()}", half(made.picture(kind, (400, 300)))) for kind in ("JPEG", "PNG", "WEBP", "GIF")),
]

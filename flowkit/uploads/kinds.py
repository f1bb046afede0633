"""What a file is by its first bytes: a short list of what is taken, and words for what people send by mistake.

A name and what a browser says of a file are worth nothing: whoever sends it writes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowkit.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Format:
    """`kind` is that of a media field; `endings` fit it, the first best. `container`: how it is looked into, if it is."""

    kind: str
    mime: str
    endings: tuple[str, ...]
    container: str = ""


JPEG = Format("image", "image/jpeg", ("jpg", "jpeg"))
PNG = Format("image", "image/png", ("png",))
WEBP = Format("image", "image/webp", ("webp",))
GIF = Format("image", "image/gif", ("gif",))
BMP = Format("image", "image/bmp", ("bmp",))
MP4 = Format("video", "video/mp4", ("mp4", "m4v"), "boxes")
MOV = Format("video", "video/quicktime", ("mov", "qt"), "boxes")
THREE_GP = Format("video", "video/3gpp", ("3gp",), "boxes")
WEBM = Format("video", "video/webm", ("webm",), "ebml")
M4A = Format("audio", "audio/mp4", ("m4a", "mp4"), "boxes")
WEBA = Format("audio", "audio/webm", ("webm", "weba"), "ebml")
MP3 = Format("audio", "audio/mpeg", ("mp3",))
WAV = Format("audio", "audio/wav", ("wav",))
OGG = Format("audio", "audio/ogg", ("ogg", "oga", "opus"))
AMR = Format("audio", "audio/amr", ("amr",))
AAC = Format("audio", "audio/aac", ("aac",))
PDF = Format("file", "application/pdf", ("pdf",))
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
DOCX = Format("file", f"{_OPEN_XML}wordprocessingml.document", ("docx",))
XLSX = Format("file", f"{_OPEN_XML}spreadsheetml.sheet", ("xlsx",))
PPTX = Format("file", f"{_OPEN_XML}presentationml.presentation", ("pptx",))
ZIP = Format("file", "application/zip", ("zip",), "zip")

_BEGINNINGS: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"\x1a\x45\xdf\xa3", WEBM),
    (b"ID3", MP3),
    (b"OggS", OGG),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
_HEIF = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"))

_MISTAKEN: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"), "这是程序,不能上传"),
    ((b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b"), "不收压缩包,请把里面的照片或文件逐个上传"),
    ((b"\xd0\xcf\x11\xe0",), "不收旧版 Office 文件,请另存为 docx、xlsx 或 pdf 再上传"),
    ((b"II*\x00", b"MM\x00*"), "不收 TIFF 图片,请转成 JPG 再上传"),
)
_TAKEN = "可以上传照片(JPG、PNG、WebP)、视频(MP4、MOV、WebM)、录音(MP3、M4A、AMR)、PDF 和 Office 文件"


def format_of(content: bytes) -> Format:
    """What that is. RefusedError `empty` or `unknown-kind`, which says what to send instead."""
    if not content:
        raise RefusedError("empty", "文件是空的(0 字节),请重新选择或重新拍摄")
    for beginning, found in _BEGINNINGS:
        if content.startswith(beginning):
            return found
    if content.startswith(b"RIFF") and content[8:12] in _RIFF:
        return _RIFF[content[8:12]]
    if content[4:8] == b"ftyp":
        return _boxed(content)
    if content[4:8] in (b"moov", b"mdat", b"wide", b"free") and len(content) > 16:
        return MOV
    # A frame of sound begins with eleven bits, then version and layer: AAC says layer 0, MP3 the second or third.
    if content[0] == 0xFF and content[1:2] > b"\xdf":
        if content[1] & 0xF6 == 0xF0:
            return AAC
        if content[1] & 0x06 in (2, 4):
            return MP3
    if content.startswith(b"BM") and int.from_bytes(content[2:6], "little") in (0, len(content)):
        return BMP
    raise RefusedError("unknown-kind", _mistaken(content))


def _boxed(content: bytes) -> Format:
    brand = content[8:12]
    if brand in _HEIF:
        said = "不收 HEIC 照片,请在手机“设置-相机-格式”里选“兼容性最佳”后重拍,或转成 JPG 再上传"
        raise RefusedError("unknown-kind", said)
    if brand == b"qt  ":
        return MOV
    if brand[:3] == b"3gp":
        return THREE_GP
    return M4A if brand in (b"M4A ", b"M4B ") else MP4


def _mistaken(content: bytes) -> str:
    for beginnings, words in _MISTAKEN:
        if content.startswith(beginnings):
            return words
    text = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml")) and b"<svg" in content[:4000].lower():
        return "不收 SVG 图片,请转成 PNG 或 JPG 再上传"
    if text.startswith((b"<!doctype", b"<html", b"<script", b"<?xml", b"<?php")):
        return "这是网页或程序文本,不是照片或文件,请重新选择"
    return f"认不出这是什么文件: {_TAKEN}"

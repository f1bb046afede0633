"""Office files: which one a ZIP is, told from its table of contents. Nothing in it is ever unpacked."""

from __future__ import annotations

import io
import zipfile

from flowkit.errors import RefusedError
from flowkit.uploads.kinds import DOCX, PPTX, XLSX, Format

MOST_MEMBERS = 10_000
_MAIN = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}


def office_format(content: bytes) -> Format:
    """Which kind of document it is. RefusedError `unknown-kind`, `unreadable`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        raise RefusedError("unreadable", "文件不完整或已损坏,打不开,请重新上传") from None
    found = next((found for name, found in _MAIN.items() if name in names), None)
    if found is None or len(names) > MOST_MEMBERS or "[Content_Types].xml" not in names:
        raise RefusedError("unknown-kind", "不收压缩包,请把里面的照片或文件逐个上传")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RefusedError("unknown-kind", "不收带宏的 Office 文件,请另存为不带宏的 docx、xlsx 或 pdf 再上传")
    return found

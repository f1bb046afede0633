"""How each receiver wants to see that we know its secret. Pure: the moment and the chance come from outside.

Built from public documentation as of 2026-11; the vectors that the tests hold are those of the documentation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from flowkit.wire.addresses import encoded


def dingtalk(secret: str, milliseconds: int) -> str:
    """The `sign` of a DingTalk robot, for a query: it is percent-encoded."""
    return encoded(_base64(hmac.digest(secret.encode(), f"{milliseconds}\n{secret}".encode(), "sha256")))


def feishu(secret: str, seconds: int) -> str:
    """The `sign` of a Feishu robot, for its body. Time and secret are the key here, and nothing is signed with it."""
    return _base64(hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256"))


def aliyun(key: str, secret: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
    """The header `Authorization` of ACS3-HMAC-SHA256 for a POST to `/`. `headers`, with small names, are all signed."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = f"POST\n/\n{query}\n{lines}\n{';'.join(names)}\n{hashlib.sha256(body).hexdigest()}"
    signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), signed.encode(), "sha256").hex()
    return f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={';'.join(names)},Signature={signature}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

"""Personal values, sealed: AES-GCM under a key per person. Destroying the key is how a person's data is erased.

The reference is bound into the seal, so that a value cannot be moved to another place.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flowkit.errors import StoreError

_NONCE = 12


def new_key() -> str:
    return base64.b64encode(AESGCM.generate_key(bit_length=256)).decode()


def seal(key: str, ref: str, value: Any) -> str:
    """The value, in stored form, as text that only this key opens."""
    nonce = os.urandom(_NONCE)
    plain = json.dumps(value, ensure_ascii=False).encode()
    return base64.b64encode(nonce + AESGCM(base64.b64decode(key)).encrypt(nonce, plain, ref.encode())).decode()


def seal_bytes(key: str, ref: str, content: bytes) -> bytes:
    """Bytes that only this key opens."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(base64.b64decode(key)).encrypt(nonce, content, ref.encode())


def unseal_bytes(key: str, ref: str, sealed: bytes) -> bytes:
    """The bytes again; StoreError as `unseal`."""
    try:
        return AESGCM(base64.b64decode(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], ref.encode())
    except (InvalidTag, ValueError) as failure:
        raise StoreError(f"{ref} cannot be opened with its key") from failure


def unseal(key: str, ref: str, ciphertext: str) -> Any:
    """The value again; StoreError when the row was tampered with or the key is another."""
    try:
        raw = base64.b64decode(ciphertext)
        plain = AESGCM(base64.b64decode(key)).decrypt(raw[:_NONCE], raw[_NONCE:], ref.encode())
    except (InvalidTag, ValueError) as failure:
        raise StoreError(f"the personal value {ref} cannot be opened with its key") from failure
    return json.loads(plain)

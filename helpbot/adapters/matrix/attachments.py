"""Files as encrypted rooms want them: AES-CTR under a key of their own that travels in the encrypted event.

Client-server API, "Sending encrypted attachments" (`EncryptedFile`, version v2).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any


def sealed(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return the ciphertext, and the `EncryptedFile` that opens it, still without its `url`."""
    from Crypto.Cipher import AES  # pycryptodome, which nio brings; only where a file is sent

    # The upper half of the counter is drawn, the lower half counts blocks from 0.
    key, nonce = secrets.token_bytes(32), secrets.token_bytes(8)
    ciphertext = AES.new(key, AES.MODE_CTR, nonce=nonce, initial_value=0).encrypt(data)
    return ciphertext, {
        "v": "v2",
        "key": {
            "kty": "oct",
            "key_ops": ["encrypt", "decrypt"],
            "alg": "A256CTR",
            "k": _unpadded(base64.urlsafe_b64encode(key)),
            "ext": True,
        },
        "iv": _unpadded(base64.b64encode(nonce + bytes(8))),
        "hashes": {"sha256": _unpadded(base64.b64encode(hashlib.sha256(ciphertext).digest()))},
    }


def _unpadded(text: bytes) -> str:
    return text.decode().rstrip("=")

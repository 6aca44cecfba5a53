"""Secret storage (SSSS): small secrets on the homeserver, locked with a key that it never sees. Pure.

Specification: Client-Server API, "Secrets", m.secret_storage.v1.aes-hmac-sha2, and the appendix on
the encoding of cryptographic keys that people write down.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Any

from helpbot.core.alone import absent

# See identity.py.
with absent("cffi"):
    from Crypto.Cipher import AES

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
KEY_BYTES = 32
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = b"\x8b\x01"
_IV_BYTES = 16


class WrongKey(ValueError):
    """The key does not open this, or it is no key at all. `str()` says which, without the secret."""


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """The key to one secret storage, 32 bytes."""

    raw: bytes = field(repr=False)

    @classmethod
    def new(cls) -> RecoveryKey:
        """Make a new key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> RecoveryKey:
        """Read a key as people write it down. Raise `WrongKey`, saying what is wrong with it."""
        number = 0
        for letter in "".join(text.split()):
            digit = _ALPHABET.find(letter)
            if digit < 0:
                raise WrongKey("it holds a letter that no recovery key has")
            number = number * 58 + digit
        size = len(_PREFIX) + KEY_BYTES + 1
        if number.bit_length() > size * 8 or number.bit_length() <= (size - 1) * 8:
            raise WrongKey("it is too short or too long")
        raw = number.to_bytes(size, "big")
        if not raw.startswith(_PREFIX) or reduce(xor, raw):
            raise WrongKey("it is mistyped: its check sum is wrong")
        return cls(raw[len(_PREFIX) : -1])

    def text(self) -> str:
        """Return the key as people write it down: base58 in groups of four."""
        raw = _PREFIX + self.raw
        number = int.from_bytes(raw + bytes([reduce(xor, raw)]), "big")
        letters = ""
        while number:
            number, digit = divmod(number, 58)
            letters = _ALPHABET[digit] + letters
        return " ".join(letters[n : n + 4] for n in range(0, len(letters), 4))

    def description(self) -> dict[str, str]:
        """Return what is published of the key: how to tell that one has the right one."""
        iv = _new_iv()
        mac = self._crypt("", iv, bytes(KEY_BYTES))[1]
        return {"algorithm": ALGORITHM, "iv": _b64(iv), "mac": _b64(mac)}

    def fits(self, description: Mapping[str, Any]) -> bool:
        """Tell whether this is the described key."""
        if description.get("algorithm") != ALGORITHM:
            return False
        try:
            iv, mac = _unb64(description["iv"]), _unb64(description["mac"])
        except (KeyError, WrongKey):
            return False
        return len(iv) == _IV_BYTES and hmac.compare_digest(self._crypt("", iv, bytes(KEY_BYTES))[1], mac)

    def seal(self, name: str, secret: str) -> dict[str, str]:
        """Lock a secret that is stored under `name`."""
        iv = _new_iv()
        ciphertext, mac = self._crypt(name, iv, secret.encode())
        return {"iv": _b64(iv), "ciphertext": _b64(ciphertext), "mac": _b64(mac)}

    def open(self, name: str, sealed: object) -> str:
        """Return the secret that `seal` locked. Raise `WrongKey`."""
        if not isinstance(sealed, Mapping):
            raise WrongKey("nothing is stored for this key")
        iv, ciphertext, mac = (_unb64(sealed.get(part)) for part in ("iv", "ciphertext", "mac"))
        aes, mac_key = self._keys(name)
        if len(iv) != _IV_BYTES or not hmac.compare_digest(_mac(mac_key, ciphertext), mac):
            raise WrongKey("what is stored was not locked with this key")
        try:
            return _ctr(aes, iv, ciphertext).decode()
        except UnicodeDecodeError:
            raise WrongKey("what is stored is no text") from None

    def _crypt(self, name: str, iv: bytes, plain: bytes) -> tuple[bytes, bytes]:
        aes, mac_key = self._keys(name)
        ciphertext = _ctr(aes, iv, plain)
        return ciphertext, _mac(mac_key, ciphertext)

    def _keys(self, name: str) -> tuple[bytes, bytes]:
        """Return the AES and the MAC key of one secret: HKDF-SHA256, 64 bytes, no salt."""
        found, block = b"", b""
        extracted = hmac.digest(bytes(KEY_BYTES), self.raw, hashlib.sha256)
        for counter in (1, 2):
            block = hmac.digest(extracted, block + name.encode() + bytes([counter]), hashlib.sha256)
            found += block
        return found[:32], found[32:]


def _ctr(key: bytes, iv: bytes, text: bytes) -> bytes:
    return bytes(AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv).encrypt(text))


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, hashlib.sha256)


def _new_iv() -> bytes:
    iv = bytearray(secrets.token_bytes(_IV_BYTES))
    iv[8] &= 0x7F  # some implementations count in 64 bits: leave them room
    return bytes(iv)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _unb64(text: object) -> bytes:
    if not isinstance(text, str):
        raise WrongKey("what is stored is incomplete")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise WrongKey("what is stored is no base64") from None

"""Pseudonyms for the help log: a keyed HMAC whose key lies outside the database and its backups."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from helpbot.core.problems import Problem, Problems

KEY_BYTES = 32


def load_pseudonyms(key_file: Path) -> Callable[[str], str]:
    """Return the function from a Matrix id to its pseudonym (32 hex digits of HMAC-SHA256, RFC 2104).

    A missing key file is created, readable by its owner alone. Raises `Problems` when it cannot be.
    """
    try:
        key = _read_or_create(key_file)
    except OSError as error:
        what = f"the pseudonym key cannot be used: {error.strerror}"
        raise Problems([Problem(str(key_file), what, "make it readable by the bot's user alone")]) from None
    if len(key) < KEY_BYTES:
        hint = "give back the whole file from your backup of keys, or remove it to begin anew"
        raise Problems([Problem(str(key_file), "the pseudonym key is too short", hint)])
    return lambda user: hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:32]


def _read_or_create(key_file: Path) -> bytes:
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES).hex().encode())
            file.flush()
            os.fsync(file.fileno())
    return key_file.read_bytes().strip()

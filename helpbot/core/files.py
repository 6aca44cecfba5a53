"""Pictures and files that somebody sent: their reference is passed on, never their content.

A file of an encrypted room comes as an `EncryptedFile` (client-server API, "Sending encrypted attachments"):
the address of the ciphertext with the key to it. Whoever can read the message can read the file, so that it
goes only where the message itself might go, and never into a room without encryption.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpbot.core.confidentiality import may_show
from helpbot.core.incoming import RoomFacts

KEYS = ("msgtype", "url", "file", "info", "filename")
"""What of a message's content makes it a file."""


def may_pass_on(file: Mapping[str, Any], source: RoomFacts, target: RoomFacts) -> bool:
    """Tell whether a file of one room may be shown in another."""
    sealed = "file" in file or "thumbnail_file" in file.get("info", {})
    return may_show(source, target) and (target.encrypted or not sealed)


def as_file(content: dict[str, Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message's content with a file in it; the words that it has become the caption."""
    return content | {key: file[key] for key in KEYS if key in file}

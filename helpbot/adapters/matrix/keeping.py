"""What of the keys belongs in a backup, and what never does.

The identity, and the room keys that were given to us: with them a new device is the same person, and reads
what it could read before. No account, no Olm session, no outbound session: a ratchet that ran on after
the backup would run a second time from where it was, which gives its messages away and makes other clients
refuse them. The device that made the backup is named, so that no later one takes its place.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from helpbot.adapters.matrix.files import write_secret
from helpbot.adapters.matrix.identity import IDENTITY_FILE, NEXT_IDENTITY_FILE, load_identity
from helpbot.adapters.matrix.keystore import create_tables
from helpbot.adapters.matrix.login import SESSION_FILE, Kept, read_kept

KEYS_FILE = "crypto.db"
PRIVATE = (KEYS_FILE, f"{KEYS_FILE}-wal", f"{KEYS_FILE}-shm", SESSION_FILE, IDENTITY_FILE, NEXT_IDENTITY_FILE)
"""Every file of a data folder that holds a key or a token."""


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """What `copy_keys` wrote."""

    user_id: str
    room_keys: int


def copy_keys(data_dir: Path, target: Path) -> KeptKeys | None:
    """Copy identity, room keys and the names of used devices; None where there is no identity yet."""
    identity = load_identity(data_dir)
    if identity is None:
        return None
    for name in (IDENTITY_FILE, NEXT_IDENTITY_FILE):
        if (data_dir / name).exists():
            shutil.copyfile(data_dir / name, target / name)
    kept = read_kept(data_dir)
    write_secret(target / SESSION_FILE, json.dumps(kept.as_retired(identity.user_id)))
    with closing(sqlite3.connect(target / KEYS_FILE, isolation_level=None)) as copy:
        create_tables(copy)
        if (data_dir / KEYS_FILE).exists():
            copy.execute("ATTACH DATABASE ? AS source", (str(data_dir / KEYS_FILE),))
            copy.execute("INSERT INTO megolm_session SELECT * FROM source.megolm_session")
            copy.execute("DETACH DATABASE source")
        [count] = copy.execute("SELECT count(*) FROM megolm_session").fetchone()
    return KeptKeys(identity.user_id, count)


def retire(data_dir: Path, restored: Path) -> None:
    """Add the devices of a folder to those that the restored session names as used up."""
    there, kept = read_kept(data_dir), read_kept(restored)
    if there.devices - kept.devices:
        both = Kept(kept.user_id, retired=kept.devices | there.devices)
        write_secret(restored / SESSION_FILE, json.dumps(both.as_retired(kept.user_id)))

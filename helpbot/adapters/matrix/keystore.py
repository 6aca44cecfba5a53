"""The crypto store: one SQLite file that holds every private key, in the shape nio's machine asks for.

nio ships a store of its own. Measured against this one it costs ten times the processor time for
each key that is shared, reads every device with three queries at the start, and commits each write
by itself. Here a start reads devices in one query and sessions when they are first needed, and
`atomic` makes one transaction of a whole sync's keys.

Durability: `synchronous=FULL`. The homeserver forgets a to-device message once we have asked for
what follows it, and a ratchet that ran forward must never run again from an older state; so a
commit has to be on the disk when it returns, also when the power fails. In WAL mode that is one
fsync a commit, and commits happen only when keys move.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import vodozemac

from helpbot.adapters.matrix.olm import (
    DeviceStore,
    OlmAccount,
    OlmDevice,
    Session,
    SessionStore,
    derive_pickle_key,
)

_PICKLE_KEY = derive_pickle_key()
_SESSIONS_KEPT = 2_000
_MAX_SESSIONS_A_DEVICE = 8

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    user_id TEXT NOT NULL, device_id TEXT NOT NULL, shared INTEGER NOT NULL, pickle BLOB NOT NULL,
    PRIMARY KEY (user_id, device_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS olm_session (
    own_device TEXT NOT NULL, session_id TEXT NOT NULL, sender_key TEXT NOT NULL,
    created REAL NOT NULL, used REAL NOT NULL, pickle BLOB NOT NULL,
    PRIMARY KEY (own_device, session_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS olm_session_by_sender ON olm_session (own_device, sender_key);
CREATE TABLE IF NOT EXISTS device (
    user_id TEXT NOT NULL, device_id TEXT NOT NULL, ed25519 TEXT NOT NULL, curve25519 TEXT NOT NULL,
    name TEXT NOT NULL, deleted INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS megolm_session (
    room_id TEXT NOT NULL, session_id TEXT NOT NULL, sender_key TEXT NOT NULL, owner TEXT NOT NULL,
    first_index INTEGER NOT NULL, pickle BLOB NOT NULL,
    PRIMARY KEY (room_id, session_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrived (since TEXT NOT NULL, session_id TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class RoomKey:
    """A megolm session that we can read, and whose it is."""

    session: vodozemac.InboundGroupSession
    owner: str
    """The user whose device sent us the key: only their events may be read with it."""
    sender_key: str


def create_tables(db: sqlite3.Connection) -> None:
    """Make the tables that are not there yet."""
    db.executescript(_SCHEMA)


class KeyStore:
    """Accounts, Olm sessions, devices and room keys. Its methods' names are nio's where nio calls them."""

    def __init__(self, path: Path, user_id: str, device_id: str) -> None:
        # Private from the first byte; SQLite gives its -wal and -shm files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            "PRAGMA busy_timeout=5000; PRAGMA cache_size=-1000;"
        )
        create_tables(self._db)
        self._user_id = user_id
        self._device_id = device_id
        self._depth = 0
        self._room_keys: OrderedDict[tuple[str, str], RoomKey] = OrderedDict()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Keep all that is written inside, or nothing of it. May be nested."""
        if self._depth:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._depth -= 1

    # -- the account ----------------------------------------------------------------------------

    def load_account(self) -> OlmAccount | None:
        """Return this device's account."""
        row = self._db.execute(
            "SELECT pickle, shared FROM account WHERE user_id = ? AND device_id = ?",
            (self._user_id, self._device_id),
        ).fetchone()
        return None if row is None else OlmAccount.from_pickle(row[0], shared=bool(row[1]))

    def save_account(self, account: OlmAccount) -> None:
        """Keep this device's account."""
        self._db.execute(
            "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)",
            (self._user_id, self._device_id, int(account.shared), account.pickle()),
        )

    # -- Olm sessions ---------------------------------------------------------------------------

    def load_sessions(self) -> SessionStore:
        """Return a view that reads sessions when they are asked for."""
        return OlmSessions(self)

    def sessions_of(self, sender_key: str) -> list[Session]:
        """Return the sessions with one device, the last used first."""
        rows = self._db.execute(
            "SELECT pickle, created, used FROM olm_session"
            " WHERE own_device = ? AND sender_key = ? ORDER BY used DESC",
            (self._device_id, sender_key),
        )
        # nio compares these with its own naive now().
        return [
            Session.from_pickle(
                pickle,
                datetime.fromtimestamp(created),  # noqa: DTZ006
                use_time=datetime.fromtimestamp(used),  # noqa: DTZ006
            )
            for pickle, created, used in rows
        ]

    def save_session(self, sender_key: str, session: Session) -> None:
        """Keep one Olm session as it is now."""
        self._db.execute(
            "INSERT OR REPLACE INTO olm_session VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._device_id,
                session.id,
                sender_key,
                session.creation_time.timestamp(),
                session.use_time.timestamp(),
                session.pickle(),
            ),
        )

    def drop_session(self, session: Session) -> None:
        """Forget one Olm session."""
        self._db.execute(
            "DELETE FROM olm_session WHERE own_device = ? AND session_id = ?", (self._device_id, session.id)
        )

    # -- devices --------------------------------------------------------------------------------

    def load_device_keys(self) -> DeviceStore:
        """Return every device that was ever seen."""
        devices = DeviceStore()
        rows = self._db.execute("SELECT user_id, device_id, ed25519, curve25519, name, deleted FROM device")
        for user, device, ed25519, curve25519, name, deleted in rows:
            keys = {"ed25519": ed25519, "curve25519": curve25519}
            devices.add(OlmDevice(user, device, keys, display_name=name, deleted=bool(deleted)))
        return devices

    def save_devices(self, devices: Iterable[OlmDevice]) -> None:
        """Keep devices as they are now."""
        with self.atomic():
            self._db.executemany(
                "INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?, ?, ?)",
                [(d.user_id, d.id, d.ed25519, d.curve25519, d.display_name, int(d.deleted)) for d in devices],
            )

    # -- room keys ------------------------------------------------------------------------------

    def room_key(self, room_id: str, session_id: str) -> RoomKey | None:
        """Return the key of a megolm session."""
        known = self._room_keys.get((room_id, session_id))
        if known is not None:
            self._room_keys.move_to_end((room_id, session_id))
            return known
        row = self._db.execute(
            "SELECT pickle, owner, sender_key FROM megolm_session WHERE room_id = ? AND session_id = ?",
            (room_id, session_id),
        ).fetchone()
        if row is None:
            return None
        session = vodozemac.InboundGroupSession.from_pickle(row[0].decode(), _PICKLE_KEY)
        return self._remember(room_id, session_id, RoomKey(session, row[1], row[2]))

    def add_room_key(self, room_id: str, key: RoomKey) -> bool:
        """Keep a room key; False when the one that we have is as good, or belongs to somebody else."""
        session_id = key.session.session_id
        known = self.room_key(room_id, session_id)
        if known is not None and (
            (known.owner, known.sender_key) != (key.owner, key.sender_key)
            or known.session.first_known_index <= key.session.first_known_index
        ):
            return False
        self._db.execute(
            "INSERT OR REPLACE INTO megolm_session VALUES (?, ?, ?, ?, ?, ?)",
            (
                room_id,
                session_id,
                key.sender_key,
                key.owner,
                key.session.first_known_index,
                key.session.pickle(_PICKLE_KEY).encode(),
            ),
        )
        self._remember(room_id, session_id, key)
        return True

    def _remember(self, room_id: str, session_id: str, key: RoomKey) -> RoomKey:
        self._room_keys[room_id, session_id] = key
        if len(self._room_keys) > _SESSIONS_KEPT:
            self._room_keys.popitem(last=False)
        return key

    # -- keys that came, until the cursor has moved past them --------------------------------------

    def note_arrived(self, since: str, session_ids: Iterable[str]) -> None:
        """Remember which keys came with the sync that began at `since`, and forget older ones."""
        self._db.execute("DELETE FROM arrived WHERE since <> ?", (since,))
        self._db.executemany("INSERT INTO arrived VALUES (?, ?)", [(since, s) for s in session_ids])

    def arrived_at(self, since: str) -> list[str]:
        """Return what `note_arrived` remembers of `since`."""
        return [
            row[0] for row in self._db.execute("SELECT session_id FROM arrived WHERE since = ?", (since,))
        ]

    # -- what nio would like to keep and we do not need --------------------------------------------

    def load_inbound_group_sessions(self) -> None:
        """Room keys are read one by one, see `room_key`."""

    def load_outgoing_key_requests(self) -> dict[str, object]:
        """We ask nobody for keys: today's clients answer only their own user."""
        return {}


class OlmSessions(SessionStore):  # type: ignore[misc]  # nio is untyped
    """Olm sessions by the other device's key, read from the store on first use."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__()
        self._store = store
        self._loaded: OrderedDict[str, list[Session]] = OrderedDict()

    def __getitem__(self, sender_key: str) -> list[Session]:
        found = self._loaded.get(sender_key)
        if found is None:
            found = self._loaded[sender_key] = self._store.sessions_of(sender_key)
            if len(self._loaded) > _SESSIONS_KEPT:
                self._loaded.popitem(last=False)
        return found

    def get(self, sender_key: str) -> Session | None:
        """Return the session used last, the one to write with."""
        return max(self[sender_key], key=lambda session: session.use_time, default=None)

    def add(self, sender_key: str, session: Session) -> bool:
        """Put a new session first; of very many with one device the least used goes."""
        sessions = self[sender_key]
        if any(known.id == session.id for known in sessions):
            return False
        sessions.insert(0, session)
        sessions.sort(key=lambda known: known.use_time, reverse=True)
        for old in sessions[_MAX_SESSIONS_A_DEVICE:]:
            self._store.drop_session(old)
        del sessions[_MAX_SESSIONS_A_DEVICE:]
        return True

"""Backups: database and identity together, taken while the bot runs, put back as a new device.

The order of the steps is the point of it. The database is copied before the keys, so that the copy of the
keys lacks none that the database speaks of. Put back, the old device is gone before the old database is
there: whatever cuts it off half-way, no key of before the loss is used again.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpbot import __version__
from helpbot.adapters.archive import About, NotABackup, pack, read_about, unpack
from helpbot.adapters.db.copying import copy_database
from helpbot.adapters.db.tables import SCHEMA_VERSION
from helpbot.adapters.matrix.keeping import KEYS_FILE, PRIVATE, copy_keys, retire
from helpbot.adapters.matrix.login import SESSION_FILE
from helpbot.adapters.matrix.opening import take_folder
from helpbot.core.problems import Problem, Problems
from helpbot.ports import LoggedOut
from helpbot.settings import Settings

DATABASE = "helpbot.db"
_LEFT_OVERS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written or put back."""

    about: About
    room_keys: int = 0
    upgraded: bool = False
    """The database was of an older version, and is of this one now."""


def make_backup(settings: Settings, file: Path, now: int) -> Backup:
    """Write a backup of a bot that may be running. Raises `Problems`."""
    _only_sqlite(settings, file)
    if file.exists():
        _about(file)  # a file of something else is never overwritten
    try:
        with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".backup-") as place:
            folder = Path(place)
            schema = copy_database(settings.data_dir, folder / DATABASE)
            keys = copy_keys(settings.data_dir, folder)
            if keys is None:
                hint = "lancez le bot une première fois"
                raise Problems([Problem(str(settings.data_dir), "aucune identité à sauvegarder", hint)])
            about = About(keys.user_id, schema, now, __version__)
            pack(folder, file, about)
    except LoggedOut as broken:
        raise Problems([Problem(str(settings.data_dir), str(broken), broken.hint)]) from None
    except FileNotFoundError:
        where = settings.data_dir if file.parent.is_dir() else file.parent
        what = "aucune base à sauvegarder" if file.parent.is_dir() else "ce dossier n'existe pas"
        raise Problems([Problem(str(where), what, "vérifiez data_dir et le chemin donné")]) from None
    except (OSError, sqlite3.Error) as error:
        raise Problems([Problem(str(file), str(error), "vérifiez les droits et la place")]) from None
    return Backup(about, keys.room_keys)


def restore_backup(settings: Settings, file: Path, *, replace: bool) -> Backup:
    """Put a backup back into `data_dir`; with `replace` in place of what is there. Raises `Problems`."""
    _only_sqlite(settings, file)
    about = _about(file)
    _check(settings, file, about)
    data_dir = settings.data_dir
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = take_folder(data_dir)
        try:
            there = [name for name in (DATABASE, *PRIVATE) if (data_dir / name).exists()]
            if there and not replace:
                hint = "ajoutez --replace pour remplacer ce qui s'y trouve"
                raise Problems([Problem(str(data_dir), f"contient déjà {', '.join(there)}", hint)])
            _put_back(file, data_dir)
        finally:
            os.close(lock)
    except NotABackup as broken:
        raise _no_backup(file, broken) from None
    except LoggedOut:
        raise Problems([Problem(str(data_dir), "le bot est en marche", "arrêtez-le d'abord")]) from None
    except OSError as error:
        raise Problems([Problem(str(data_dir), str(error), "vérifiez les droits et la place")]) from None
    return Backup(about, upgraded=_upgrade(data_dir, about))


def _put_back(file: Path, data_dir: Path) -> None:
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as place:
        folder = Path(place)
        unpack(file, folder, (DATABASE, *PRIVATE))
        retire(data_dir, folder)
        # First the session: from here on the device of before is nobody's.
        (folder / SESSION_FILE).replace(data_dir / SESSION_FILE)
        for name in (KEYS_FILE, *(n for n in PRIVATE if n not in (KEYS_FILE, SESSION_FILE)), DATABASE):
            for suffix in ("", *_LEFT_OVERS):
                (data_dir / f"{name}{suffix}").unlink(missing_ok=True)
            if (folder / name).exists():
                (folder / name).replace(data_dir / name)
    folder_handle = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(folder_handle)
    finally:
        os.close(folder_handle)


def _upgrade(data_dir: Path, about: About) -> bool:
    if about.schema == SCHEMA_VERSION:
        return False
    from helpbot.adapters.db.upgrade import upgrade_database

    upgrade_database(None, data_dir)
    return True


def _check(settings: Settings, file: Path, about: About) -> None:
    found = []
    if about.user_id != settings.matrix.user_id:
        what = f"c'est la sauvegarde de {about.user_id}, la configuration nomme {settings.matrix.user_id}"
        found.append(Problem(str(file), what, "corrigez matrix.user_id, ou donnez l'autre sauvegarde"))
    if about.schema > SCHEMA_VERSION:
        what = f"la base est de la version {about.schema}, ce programme connaît {SCHEMA_VERSION}"
        found.append(Problem(str(file), what, "installez une version plus récente"))
    if found:
        raise Problems(found)


def _about(file: Path) -> About:
    try:
        return read_about(file)
    except NotABackup as broken:
        raise _no_backup(file, broken) from None
    except OSError as error:
        what = error.strerror or str(error)
        raise Problems([Problem(str(file), what, "vérifiez le chemin et les droits")]) from None


def _no_backup(file: Path, broken: NotABackup) -> Problems:
    what = f"ce n'est pas une sauvegarde de helpbot ({broken})"
    return Problems([Problem(str(file), what, "vérifiez le chemin ; rien n'a été touché")])


def _only_sqlite(settings: Settings, file: Path) -> None:
    if settings.store.url is not None:
        key = settings.matrix.recovery_key_file
        kept = f"gardez une copie de {key}" if key else "donnez d'abord matrix.recovery_key_file"
        hint = (
            f"sauvegardez la base avec pg_dump (le bot peut tourner) et, pour l'identité, {kept}. Pour"
            " restaurer, bot arrêté : pg_restore --clean, puis data_dir mis de côté pour toujours (aucune"
            " copie n'en est remise) ; le bot revient avec un nouvel appareil et relit les salons avant de"
            " répondre. Les commandes : docs/operations.md, « PostgreSQL »"
        )
        raise Problems([Problem("store.url", f"PostgreSQL ne va pas dans {file.name}", hint)])

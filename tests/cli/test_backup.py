"""`helpbot db backup` and `restore`: what is in the file, what is not, and what they refuse."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpbot.adapters.db import open_store
from helpbot.adapters.matrix.identity import Identity, load_identity, save_identity
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.login import read_kept
from helpbot.adapters.matrix.machine import Machine
from helpbot.adapters.matrix.opening import take_folder
from helpbot.cli import main

USER, ROOM = "@helpbot:exemple.fr", "!salle:exemple.fr"
CONFIG = f"matrix: {{homeserver: 'https://m.exemple.fr', user_id: '{USER}', password: secret}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bot that has worked: a database, an identity, a device with ratchets, a session."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    data = tmp_path / "data"
    open_store(None, data)._close()
    with closing(sqlite3.connect(data / "helpbot.db")) as db:
        db.execute("INSERT INTO state VALUES ('cursor', 's1'), ('device', 'OLD')")
        db.commit()
    save_identity(data, Identity.new(USER, 1))
    session = {"user_id": USER, "device_id": "OLD", "access_token": "jeton", "refresh_token": "suite"}
    (data / "session.json").write_text(json.dumps(session))
    store = KeyStore(data / "crypto.db", USER, "OLD")
    machine = Machine(USER, "OLD", store)
    machine.save_account()
    machine.begin_outbound(ROOM)
    store.close()
    return tmp_path


def db(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["db", *arguments])


def tables(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as keys:
        names = [n for (n,) in keys.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: keys.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def test_there_and_back(folder: Path) -> None:
    data, identity = folder / "data", load_identity(folder / "data")
    assert tables(data / "crypto.db") | {"account": 1, "megolm_session": 1} == tables(data / "crypto.db")
    made = db("backup", "kept.tar.gz")
    assert (made.exit_code, "1 clés" in made.output) == (0, True), made.output
    file = folder / "kept.tar.gz"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(data.glob(".backup-*"))
    with tarfile.open(file) as tar:
        whole = b"".join(content.read() for m in tar if (content := tar.extractfile(m)))
    assert b"jeton" not in whole
    assert b"suite" not in whole

    refused = db("restore", "kept.tar.gz")
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    done = db("restore", "kept.tar.gz", "--replace")
    assert done.exit_code == 0, done.output
    assert load_identity(data) == identity
    counts = tables(data / "crypto.db")
    assert (counts["megolm_session"], counts["account"], counts["olm_session"]) == (1, 0, 0)
    kept = read_kept(data)
    assert (kept.session, kept.retired, kept.to_delete) == (None, {"OLD"}, {"OLD"})
    with closing(sqlite3.connect(data / "helpbot.db")) as database:
        state = dict(database.execute("SELECT key, value FROM state"))
    assert state == {"cursor": "s1", "device": "restored"}
    assert {p.stat().st_mode & 0o777 for p in data.iterdir()} == {0o600}
    assert not list(data.glob(".restore-*"))


def test_a_device_that_came_after_the_backup_is_used_up_too(folder: Path) -> None:
    assert db("backup", "kept").exit_code == 0
    session = {"user_id": USER, "device_id": "NEWER", "access_token": "jeton"}
    (folder / "data" / "session.json").write_text(json.dumps(session))
    assert db("restore", "kept", "--replace").exit_code == 0
    assert read_kept(folder / "data").retired == {"OLD", "NEWER"}


def test_what_is_no_backup_is_left_alone(folder: Path) -> None:
    (folder / "notes.txt").write_text("des notes")
    for verb in ("backup", "restore"):
        refused = db(verb, "notes.txt")
        assert refused.exit_code == 2
        assert "ce n'est pas une sauvegarde de helpbot" in refused.stderr
    assert (folder / "notes.txt").read_text() == "des notes"
    assert db("restore", "absent").exit_code == 2
    assert db("backup", "nulle-part/kept").exit_code == 2
    assert db("backup", "kept").exit_code == 0
    half = (folder / "kept").read_bytes()[:2000]
    (folder / "half").write_bytes(half)
    before = (folder / "data" / "helpbot.db").read_bytes()
    refused = db("restore", "half", "--replace")
    assert (refused.exit_code, "ce n'est pas une sauvegarde" in refused.stderr) == (2, True)
    assert (folder / "data" / "helpbot.db").read_bytes() == before
    assert read_kept(folder / "data").session is not None
    assert db("backup", "kept").exit_code == 0, "a backup of ours is replaced"


def test_nothing_outside_the_folder_is_written(folder: Path) -> None:
    assert db("backup", "kept").exit_code == 0
    with tarfile.open("kept") as old, tarfile.open("evil", "w:gz") as evil:
        for member in old:
            evil.addfile(member, old.extractfile(member))
        for name in ("../escaped", "/escaped", "extra"):
            info = tarfile.TarInfo(name)
            info.size = 4
            evil.addfile(info, io.BytesIO(b"evil"))
    assert db("restore", "evil", "--replace").exit_code == 0
    assert not (folder / "escaped").exists()
    assert not (folder / "data" / "extra").exists()


def test_another_account_and_a_newer_database_are_told_together(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "helpbot.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    assert db("backup", "kept").exit_code == 0
    (folder / "config.yaml").write_text(CONFIG.replace("@helpbot:", "@autre:"))
    refused = db("restore", "kept")
    assert refused.exit_code == 2
    assert len(refused.stderr.splitlines()) == 2
    assert "installez une version plus récente" in refused.stderr


def test_a_running_bot_is_backed_up_and_not_replaced(folder: Path) -> None:
    handle = take_folder(folder / "data")
    with closing(sqlite3.connect(folder / "data" / "helpbot.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE state SET value = 's2' WHERE key = 'cursor'")
        assert db("backup", "kept").exit_code == 0, "a transaction of the bot's is under way"
        writer.execute("COMMIT")
    refused = db("restore", "kept", "--replace")
    assert (refused.exit_code, "le bot est en marche; arrêtez-le d'abord" in refused.stderr) == (2, True)
    os.close(handle)
    assert db("restore", "kept", "--replace").exit_code == 0
    with closing(sqlite3.connect(folder / "data" / "helpbot.db")) as database:
        assert database.execute("SELECT value FROM state WHERE key = 'cursor'").fetchone() == ("s1",)


def test_postgresql_has_its_own_way(folder: Path) -> None:
    store = "store: {url: 'postgresql://base.exemple.fr/helpbot'}\n"
    kept = CONFIG.replace("password", "recovery_key_file: cle.txt, password")
    for config, identity in ((CONFIG, "donnez d'abord matrix.recovery_key_file"), (kept, "copie de")):
        (folder / "config.yaml").write_text(config + store)
        for verb in ("backup", "restore"):
            refused = db(verb, "kept")
            assert refused.exit_code == 2
            for word in ("pg_dump", "pg_restore", "data_dir mis de côté", "nouvel appareil", identity):
                assert word in refused.stderr
    assert str(folder / "cle.txt") in refused.stderr

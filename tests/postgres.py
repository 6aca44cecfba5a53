"""A PostgreSQL for the tests: the one that the environment names, or a short-lived one of our own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

GIVEN = "HELPBOT_TEST_POSTGRES"


@contextmanager
def postgres_url() -> Iterator[str]:
    """Give the URL of a database that may be emptied; skip, saying what is missing, where there is none."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("NOT TESTED ON POSTGRESQL: psycopg is not installed (pip install 'helpbot[postgres]')")
    if url := os.environ.get(GIVEN):
        yield url
        return
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if not (initdb and pg_ctl):
        pytest.skip(f"NOT TESTED ON POSTGRESQL: no server here, and {GIVEN} names none")
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="helpbot-pg-"))
    try:
        if owner is not None:
            shutil.chown(folder, owner)
        data = str(folder / "data")
        _run([initdb, "-D", data, "-U", "helpbot", "-A", "trust", "-E", "UTF8", "--no-sync"], owner, folder)
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        log = str(folder / "log")
        _run([pg_ctl, "start", "-w", "-D", data, "-l", log, "-o", options], owner, folder)
        try:
            yield f"postgresql://helpbot@/postgres?host={folder}"
        finally:
            _run([pg_ctl, "stop", "-m", "immediate", "-D", data], owner, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    """Find a server's program: Debian leaves those of each version out of the way."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or next(filter(None, (shutil.which(name, path=v) for v in versions)), None)


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: there, as the user that its package made, if any."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("NOT TESTED ON POSTGRESQL: it does not run as root, and there is no user postgres")


def _run(command: list[str], owner: str | None, folder: Path) -> None:
    # A server inherits what it is started with: no pipes, or we would wait for it to end.
    with (folder.parent / f"{folder.name}.out").open("w+") as out:
        try:
            subprocess.run(command, user=owner, cwd=folder, stdout=out, stderr=out, check=True)
        except subprocess.CalledProcessError:
            out.seek(0)
            raise RuntimeError(out.read()) from None
        finally:
            Path(out.name).unlink()

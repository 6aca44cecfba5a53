"""What `helpbot run` must not import: each of these was measured to cost memory for nothing it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEFT_ALONE = {
    "aiofiles": "nio's attachments",
    "aiohttp": "only where metrics.listen is set, and for links and embeddings",
    "alembic": "only to migrate",
    "cffi": "pycryptodome does without",
    "h2": "nio's HTTP client",
    "nio": "only its Olm machine, see adapters/matrix/olm.py",
    "peewee": "nio's database",
    "psycopg": "only with PostgreSQL",
    "pytest": "only to test",
    "rich": "only for the demo",
    "pycparser": "comes with cffi",
    "scipy": "numpy does",
    "sklearn": "numpy does",
    "snowballstemmer.arabic_stemmer": "one language is enough",
    "sqlalchemy.dialects.postgresql": "only with PostgreSQL",
    "sqlalchemy.ext": "there is no ORM",
    "sqlalchemy.orm": "there is no ORM",
    "twisted": "nothing here needs it",
}

# As far as `helpbot run` comes without a homeserver: everything imported, a database opened and read.
_RUN = """
import asyncio, sys, tempfile
from pathlib import Path
from helpbot import bootstrap
from helpbot.adapters.db import open_store
from helpbot.adapters.logs import set_up_logs
from helpbot.cli.run import run
from helpbot.texts import load_catalogue

async def use_a_store(folder):
    store = open_store(None, Path(folder))
    await store.run(lambda tx: tx.seed_volunteers([]))
    await store.close()

set_up_logs(json=True)
load_catalogue("fr")
with tempfile.TemporaryDirectory() as folder:
    asyncio.run(use_a_store(folder))
print(*sys.modules)
"""


@pytest.mark.slow
def test_running_imports_nothing_that_it_does_not_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN], capture_output=True, text=True, check=True, timeout=60
    )
    imported = set(done.stdout.split())
    assert {name: why for name, why in LEFT_ALONE.items() if name in imported} == {}

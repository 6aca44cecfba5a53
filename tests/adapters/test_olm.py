"""nio's Olm machine, imported without the rest of nio."""

from __future__ import annotations

import subprocess
import sys

import pytest

ALONE = """
import sys
from pathlib import Path
from importlib.util import find_spec
from helpbot.adapters.matrix import olm
print(*{name.split(".")[0] for name in sys.modules})
nio = Path(find_spec("nio").origin).parent
for part in (olm.Olm, olm.OlmAccount, olm.OutboundGroupSession, olm.Session):
    assert Path(part.__init__.__code__.co_filename).is_relative_to(nio), part
for name in ("decrypt", "verify_json", "sign_json", "group_encrypt", "_handle_key_claiming"):
    assert Path(getattr(olm.Olm, name).__code__.co_filename).is_relative_to(nio), name

import nio, nio.store, nio.responses
assert nio.AsyncClient and nio.store.SqliteStore and nio.responses.SyncResponse
assert nio.crypto.decrypt_attachment.__code__.co_filename.endswith("attachments.py")
"""

AFTER_NIO = """
import nio
from helpbot.adapters.matrix import olm
assert olm.Olm is nio.crypto.Olm
"""

REFUSES = """
from helpbot.adapters.matrix.olm import Olm
names = Olm.handle_response.__globals__
names["KeysQueryResponse"]({}, {})
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
def test_it_is_nio_s_own_code_and_all_of_nio_is_still_there() -> None:
    done = python(ALONE)
    assert done.returncode == 0, done.stderr
    assert {"nio", "aiofiles", "h2", "peewee", "psycopg"}.isdisjoint(done.stdout.split())


@pytest.mark.slow
def test_where_nio_was_imported_already_there_is_one_of_each() -> None:
    assert python(AFTER_NIO).returncode == 0


@pytest.mark.slow
def test_what_was_left_out_says_so() -> None:
    done = python(REFUSES)
    assert done.returncode == 1
    assert "nio.responses was passed over" in done.stderr

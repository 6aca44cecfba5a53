"""The data register names every column there is, and the page made of it says what it says."""

from __future__ import annotations

import runpy
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpbot.adapters.db.tables import metadata
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.core.register import FILES, KEY_TABLES, TABLES, Basis, Erased, Holds, columns
from helpbot.texts.register import load_register

ROOT = Path(__file__).parents[2]


def test_every_column_of_every_table_has_its_entry() -> None:
    there = {(t.name, c.name) for t in metadata.tables.values() for c in t.columns}
    named = {(c.table, c.name) for c in columns()}
    hint = "add it to helpbot/core/register/tables.py and to texts/register.yaml, then `make docs`"
    assert there - named == set(), hint
    assert named - there == set(), "no such column any more"


def test_every_table_of_the_crypto_store_is_left_out_with_its_reason(tmp_path: Path) -> None:
    KeyStore(tmp_path / "crypto.db", "@helpbot:exemple.fr", "DEVICE").close()
    with sqlite3.connect(tmp_path / "crypto.db") as database:
        there = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert there == set(KEY_TABLES)
    words = load_register()
    assert all(words.word("keys", name) for name in KEY_TABLES)
    assert set(words.word("keys")) == set(KEY_TABLES)


def test_the_words_are_those_of_the_register() -> None:
    words = load_register()
    assert {name: set(t["columns"]) for name, t in words.word("tables").items()} == {
        table.name: {column.name for column in table.columns} for table in TABLES
    }
    assert set(words.word("files")) == set(FILES)
    for column in columns():
        assert words.meaning(column)
        assert words.kept(column.kept)


@pytest.mark.parametrize("column", columns(), ids=lambda c: f"{c.table}.{c.name}")
def test_what_says_who_somebody_is_goes_with_an_erasure_and_is_exported(column: object) -> None:
    assert any(column is c for c in columns())
    found = next(c for c in columns() if c is column)
    if found.holds is not Holds.NOTHING:
        assert found.erased is not Erased.KEPT
        assert found.exported
        assert found.basis is not Basis.NONE_NEEDED
    nullable = metadata.tables[found.table].c[found.name].nullable
    text = isinstance(metadata.tables[found.table].c[found.name].type, sa.Text)
    assert found.erased is not Erased.BLANK or nullable or text, "it cannot be emptied"


def test_the_page_is_made_of_the_register() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "register_docs.py"))
    assert tool["TARGET"].read_text("utf-8") == tool["render"](), "run `make docs`"

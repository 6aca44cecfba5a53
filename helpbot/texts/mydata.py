"""A person's data as they read it: the JSON file, and the few lines above it."""

from __future__ import annotations

from typing import Any

from helpbot.core.export import Rows, readable
from helpbot.core.ids import UserId
from helpbot.core.register import TABLES
from helpbot.texts.register import RegisterWords


def counted(words: RegisterWords, rows: Rows) -> tuple[tuple[str, int], ...]:
    """Return (title, rows) of every table that has something about the person."""
    return tuple((words.title(t), len(rows[t.name])) for t in TABLES if rows.get(t.name))


def document(
    words: RegisterWords, rows: Rows, user: UserId, person: str, *, made: str, controller: str, dpo: str
) -> dict[str, Any]:
    """Return the file: who, when, a summary, then every row with what its columns mean.

    `person` is their pseudonym, `made` an ISO time.
    """
    keys, said = words.word("file", "keys"), words.word("file")
    data = readable(rows, user, person, other=said["other"], words=said["hidden"])
    summary = [said["line"].format(title=title, count=n) for title, n in counted(words, rows)]
    return {
        keys["person"]: user,
        keys["made"]: made,
        keys["controller"]: controller,
        keys["dpo"]: dpo,
        keys["summary"]: summary or [said["nothing"]],
        keys["elsewhere"]: list(said["elsewhere"]),
        keys["data"]: {
            table.name: {
                keys["title"]: words.title(table),
                keys["purpose"]: words.purpose(table),
                keys["basis"]: words.basis(table),
                keys["kept"]: words.kept(table.kept),
                keys["meaning"]: {c.name: words.meaning(c) for c in table.columns},
                keys["rows"]: data[table.name],
            }
            for table in TABLES
            if data.get(table.name)
        },
    }

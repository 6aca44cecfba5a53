"""The data register as people read it: the page of the docs, and the words that others take from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from helpbot.core.register import FILES, KEY_TABLES, TABLES, Column, Kept, Table


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the operator keeps what."""

    unsolved_days: int = 30
    solved_days: int = 90
    help_log_months: int = 6


class RegisterWords:
    """The words of the register in one language."""

    def __init__(self, phrases: Mapping[str, Any], durations: Durations) -> None:
        self._phrases = phrases
        self._durations = {
            "unsolved_days": durations.unsolved_days,
            "solved_days": durations.solved_days,
            "help_log_months": durations.help_log_months,
        }

    def word(self, *path: str) -> Any:
        """Return what stands under a path of keys. Raises `KeyError`."""
        found: Any = self._phrases
        for key in path:
            found = found[key]
        return found

    def title(self, table: Table) -> str:
        """Return a table's title."""
        return str(self.word("tables", table.name, "title"))

    def meaning(self, column: Column) -> str:
        """Return what a column holds."""
        return str(self.word("tables", column.table, "columns", column.name))

    def kept(self, kept: Kept) -> str:
        """Return how long, with the operator's numbers."""
        return str(self.word("kept", kept.value)).format(**self._durations)

    def purpose(self, table: Table) -> str:
        """Return what a table is kept for."""
        return str(self.word("purposes", table.purpose.value))

    def basis(self, table: Table) -> str:
        """Return what makes a table lawful."""
        return str(self.word("bases", table.basis.value))

    def page(self) -> str:
        """Return the whole register as a Markdown page."""
        page = self.word("page")
        parts = [page["head"], *map(self._table, TABLES)]
        parts += [page["keys_title"], page["keys_head"], self._pairs("keys", KEY_TABLES)]
        parts += [page["files_title"], self._pairs("files", FILES)]
        return "\n\n".join(parts) + "\n"

    def _table(self, table: Table) -> str:
        page = self.word("page")
        exported = any(column.exported for column in table.columns)
        about = page["table"].format(
            purpose=self.purpose(table),
            basis=self.basis(table),
            kept=self.kept(table.kept),
            exported=page["exported" if exported else "not_exported"],
        )
        head = [f"## {self.title(table)} (`{table.name}`)", "", about, ""]
        return "\n".join(
            [*head, page["columns"], "| --- | --- | --- | --- |", *map(self._row, table.columns)]
        )

    def _row(self, column: Column) -> str:
        holds, erased = self.word("holds", column.holds.value), self.word("erased", column.erased.value)
        return f"| `{column.name}` | {self.meaning(column)} | {holds} | {erased} |"

    def _pairs(self, kind: str, names: tuple[str, ...]) -> str:
        head = [self.word("page", f"{kind}_columns"), "| --- | --- |"]
        return "\n".join([*head, *(f"| `{name}` | {self.word(kind, name)} |" for name in names)])


def load_register(durations: Durations | None = None, language: str = "fr") -> RegisterWords:
    """Return the register's words. Raises `FileNotFoundError` for a language that we do not have."""
    name = "register.yaml" if language == "fr" else f"register.{language}.yaml"
    file = resources.files("helpbot.texts") / name
    return RegisterWords(yaml.safe_load(file.read_text(encoding="utf-8")), durations or Durations())

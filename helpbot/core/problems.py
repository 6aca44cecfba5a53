"""What is wrong, where, and what to do about it: for operators and referents, and for people in a room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file or a setting. `str()` gives `where: what; hint`."""

    where: str
    """`file:line`, or the name of the thing, such as `faq/pix.yaml:12`."""
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")

    @property
    def in_a_chat(self) -> str:
        """As `str()`, without the folders of this machine, which mean nothing to who reads it there."""
        folder = str(PurePath(self.where).parent)
        return str(self).replace(f"{folder}/", "") if len(folder) > 1 else str(self)


class Problems(Exception):
    """Every problem found at once. Raised by loaders; carries them sorted as they were given."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found

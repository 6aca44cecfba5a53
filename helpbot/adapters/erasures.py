"""The journal of erasures: a text file beside the pseudonym key, outside the database and its backups.

One line an erasure: Unix milliseconds, a space, the pseudonym. Lines are only ever added; one that a crash
cut short ends in « … » and does not count.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from helpbot.core.erasure import Erasure

_LINE = re.compile(r"(\d+) ([^\s…]+)")


def journal_beside(key_file: Path) -> FileJournal:
    """Return the journal that belongs to a pseudonym key."""
    return FileJournal(key_file.with_name(key_file.name + ".erasures"))


class FileJournal:
    """The `ErasureJournal` port on a file; a missing file is an empty journal."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, erasures: Iterable[Erasure]) -> None:
        """Append, and return once it is on the disk. Raises `OSError`."""
        lines = "".join(f"{e.at} {e.person}\n" for e in erasures)
        if not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "rb+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    # Half a line, from a program that ended while it wrote: it is no erasure.
                    lines = "…\n" + lines
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Erasure]:
        """Return every erasure, oldest first. Raises `OSError`, or `ValueError` for a damaged file.

        A last line without its end is left out: its erasure is not finished, and is written again.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        found: list[Erasure] = []
        for number, line in enumerate(text.split("\n")[:-1], 1):
            match = _LINE.fullmatch(line)
            if match is not None:
                found.append(Erasure(match[2], int(match[1])))
            elif not line.endswith("…"):
                raise ValueError(f"{self.path}:{number}: not an erasure")
        return sorted(found, key=lambda erasure: erasure.at)

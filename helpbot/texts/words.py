"""What a family of notices needs of the catalogue for its made-up fields."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    """The catalogue, see catalogue.py."""

    def word(self, key: str, **values: str) -> str:
        """Return a phrase by its key, its placeholders filled as they are."""
        ...

    def level(self, level: str) -> str:
        """Return a school level as it is called."""
        ...

    def day(self, iso: str) -> str:
        """Return `2026-11-21…` as « 21 novembre 2026 »."""
        ...

    def month(self, month: str) -> str:
        """Return `2026-11` as « novembre 2026 »."""
        ...

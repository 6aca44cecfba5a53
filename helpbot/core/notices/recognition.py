"""What a helper is told of the help that they gave."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class Thanks(Notice):
    """The day's ✅ and « merci », grouped; never whose."""

    answers: int
    themes: tuple[str, ...]
    """Titles of the themes that they were about; may be empty."""

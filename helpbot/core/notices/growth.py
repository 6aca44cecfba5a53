"""Invitations to give back and to learn. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import Notice


@dataclass(frozen=True, slots=True)
class GiveBack(Notice):
    """Privately, once a term, to somebody whom colleagues helped often: would they offer this theme?"""

    theme: str
    """Its id, as `!volontaire` takes it."""
    title: str


@dataclass(frozen=True, slots=True)
class ThemeFits(GiveBack):
    """Privately, once a term, to a volunteer who answered well on a theme that they do not offer."""


@dataclass(frozen=True, slots=True)
class NoviceFirst(Notice):
    """To the one who would have been asked: somebody who learns the theme goes first."""

    ref: str
    title: str

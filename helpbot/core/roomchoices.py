"""`!reglages`: what an administrator of a room chooses for it, as people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from helpbot.core.volunteering import read_declaration
from helpbot.core.when import fold

Choices = Mapping[str, bool | str]
"""Names of `RoomPolicy`'s fields → what was chosen. What is not in it stays as the configuration has it."""

EXAMPLE = "par exemple « écoute oui », « fils oui », « demande toujours », « collège académie de Dijon »"
_YES = r"(?P<yes>oui|on|activee?s?|marche|true|allumee?s?)"
_NO = r"(?P<no>non|off|desactivee?s?|arret|false|coupee?s?|sans)"
_SWITCHES = (
    ("listen", re.compile(rf"\b(?:ecoutez?|ecouter|listen)\s*[:=]?\s*(?:{_YES}|{_NO})\b")),
    ("threads", re.compile(rf"\b(?:fils?|threads?|discussions?)\s*[:=]?\s*(?:{_YES}|{_NO})\b")),
    (
        "route_always",
        re.compile(
            r"\b(?:demandez?|demander|route)\s*[:=]?\s*"
            r"(?:(?P<yes>toujours|sans demander)|(?P<no>d'abord|avant|ask|demander|jamais))\b"
        ),
    ),
)


def read_choices(text: str) -> dict[str, bool | str]:
    """Return what was chosen, by field. Raises `ValueError`, for the person, where nothing was understood."""
    folded = fold(text)
    chosen: dict[str, bool | str] = {}
    rest = text
    for name, pattern in _SWITCHES:
        if match := pattern.search(folded):
            chosen[name] = match["yes"] is not None
            folded = pattern.sub(" ", folded)
            rest = ""
    said = read_declaration(rest or folded, ())
    for name in ("level", "school", "academie"):
        if value := getattr(said, name):
            chosen[name] = value
    if not chosen:
        raise ValueError(f"« {text.strip()} » n'est pas un réglage ; {EXAMPLE}")
    return chosen

"""Words that may stand for one another in a question: « remplacer », « changement »; « paquet », « colis ».

Stems tell apart what people do not (« perdre », « perdu », « perte »). An entry with one phrasing says a
thing in one way only; that a question says it in another is no sign that it asks for something else.
"""

from __future__ import annotations

from importlib.resources import files

from helpbot.core import french


def kinds() -> dict[str, int]:
    """Give the kinds that each listed stem is of, one bit a kind."""
    lines = files("helpbot.core").joinpath("kinds.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, int] = {}
    for kind, line in enumerate(line for line in lines if line[:1] != "#"):
        for stem in {french.stem(word) for word in line.split()}:
            found[stem] = found.get(stem, 0) | 1 << kind
    return found

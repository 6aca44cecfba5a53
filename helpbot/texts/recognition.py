"""The made-up fields of what helpers are told of the help that they gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpbot.core.notices.recognition import Thanks
from helpbot.texts.markup import escape

if TYPE_CHECKING:
    from helpbot.texts.catalogue import Catalogue


def thanks(catalogue: Catalogue, notice: Thanks) -> dict[str, str]:
    """Return how many answers helped, and what they were about."""
    about = catalogue.word("_thanks_about", themes=escape(", ".join(notice.themes))) if notice.themes else ""
    if notice.answers == 1:
        return {"thanks_words": catalogue.word("_thanks_one", about=about)}
    return {"thanks_words": catalogue.word("_thanks_many", answers=str(notice.answers), about=about)}

"""The made-up fields of what helpers are told of the help that they gave."""

from __future__ import annotations

from helpbot.core.notices.recognition import Thanks
from helpbot.texts.markup import escape
from helpbot.texts.words import Words


def thanks(words: Words, notice: Thanks) -> dict[str, str]:
    """Return how many answers helped, and what they were about."""
    about = words.word("_thanks_about", themes=escape(", ".join(notice.themes))) if notice.themes else ""
    if notice.answers == 1:
        return {"thanks_words": words.word("_thanks_one", about=about)}
    return {"thanks_words": words.word("_thanks_many", answers=str(notice.answers), about=about)}

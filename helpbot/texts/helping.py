"""The made-up fields of what is said while a question finds its helper."""

from __future__ import annotations

from collections.abc import Callable

from helpbot.core.notices import Notice, peers
from helpbot.texts.markup import escape

Word = Callable[..., str]


def derived(notice: Notice, word: Word) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case peers.PeerAnswered(_, helper):
            return {"helper_name": escape(helper) or word("_helper_first")}
        case peers.PeerSolved(_, helper):
            return {"helper_words": escape(helper) or word("_helper")}
        case _:
            return {}

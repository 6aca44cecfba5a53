"""Colleagues who answer a question in its own room: what of it counts as an answer.

Their words are looked at once, on the way in, and never stored (rule 7 of "Finding a helper").
"""

from __future__ import annotations

import re

from helpbot.core import taps
from helpbot.core.french import fold
from helpbot.core.offerwords import of_offer

LEAST_WORDS = 2
TEXT_TYPES = frozenset({"m.text", "m.emote"})
FILE_TYPES = frozenset({"m.image", "m.file", "m.audio", "m.video"})

_NO_ANSWER = re.compile(
    r"(?:moi (?:aussi|non plus|pareil)|pareil|idem|meme (?:question|probleme|souci|chose)|\+ ?1|"
    r"(?:je )?(?:ne |n')?(?:sais|vois|connais) pas|(?:je )?n'(?:en )?(?:sais|ai) (?:rien|aucune|pas)|"
    r"aucune idee|bonne question|bon courage|courage|merci|bonjour|salut|desole|"
    r"(?:ca|cela) m'interesse|(?:je|on) (?:suis|veux bien|voudrais|aimerais|cherche)|a suivre|up)\b"
)


def is_answer(msgtype: str, text: str) -> bool:
    """Tell whether a colleague's message under a question looks like an answer to it.

    A question in return, « moi aussi », « aucune idée », « je regarde », thanks and single signs are none.
    """
    if msgtype in FILE_TYPES:
        return True
    if msgtype not in TEXT_TYPES or taps.of_text(text) is not None or of_offer(text) is not None:
        return False
    folded = fold(text).strip(" .!,;:-…")
    if folded.endswith("?") or _NO_ANSWER.match(folded):
        return False
    return len(folded.split()) >= LEAST_WORDS or "/" in folded

"""From a question and its answer as people wrote them to a drafted entry: no greeting, no name, no secret.

What is drafted is read by a referent before anybody else: what a rule cannot tell (the name of somebody who
wrote nothing) is theirs to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from helpbot.core import french
from helpbot.core.faq import FaqEntry, Source
from helpbot.core.masking import mask
from helpbot.core.matching.lexicon import frame_stems

ID_WORDS = 4
LONGEST_VARIANT = 160
"""Characters. What is longer is a story rather than a way of asking."""
MOST_VARIANTS = 6

_LINK = re.compile(r"https?://[^\s<>\"«»]+")
_GREETING = re.compile(
    r"^(?:(?:re)?bonjour|bonsoir|coucou|salut|hello|bjr|slt|cc|ch[eè]re? [^,.!\n]{1,40}"
    r"|(?:merci|avec plaisir|de rien)(?= [^ ]+ ?[,.!]|[,.!]))"
    r"(?:[ \u00a0]+[^,.!:?\n]{1,30})?[ \u00a0]*[,.!:]+\s*",
    re.IGNORECASE,
)
_HELLO = re.compile(r"^(?:(?:re)?bonjour|bonsoir|coucou|salut|hello|bjr|slt)[ \u00a0]+", re.IGNORECASE)
_FAREWELL = re.compile(
    r"^(?:(?:bien )?(?:cordialement|amicalement)|cdlt|cdt|bien à (?:vous|toi)"
    r"|(?:très )?bonne (?:journée|soirée|fin de journée)|bon (?:courage|week-end)"
    r"|à (?:bientôt|plus|\+)|a bientot|bises?|merci(?: beaucoup| d[’']avance)?|belle journée)"
    r"(?:[ ,]+(?:à )?[^\s.!?,]+){0,2}[ \u00a0.,!;:)]*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[\s,;–-]*\b(?:(?:bien )?cordialement|amicalement|cdlt|bien à (?:vous|toi)"
    r"|(?:très )?bonne (?:journée|soirée)|bon courage|à bientôt|bises?)[^.?\n]{0,30}[.!\s]*$",
    re.IGNORECASE,
)


def drafted(
    asked: Sequence[str],
    said: Sequence[str],
    *,
    theme: str,
    names: Iterable[str] = (),
    reworded: Callable[[str], str],
) -> FaqEntry:
    """Return the entry that questions (the first gives the title) and the words of an answer make.

    `names`: first, whole and last names of those who wrote them. `reworded` spells a question as printed.
    """
    known = tuple(sorted({n for n in names if len(n) > 1}, key=len, reverse=True))
    plain = [text for text in (without_people(a, known) for a in asked) if text]
    question = reworded(plain[0]) if plain else ""
    answer, sources = with_sources("\n\n".join(filter(None, (without_people(s, known) for s in said))))
    return FaqEntry(
        id=entry_id(theme, question),
        theme=theme,
        question=question,
        answer=answer,
        variants=variants_of(plain, question),
        sources=sources,
    )


def without_people(text: str, names: Iterable[str] = ()) -> str:
    """Return a text without what is said around it, without these names, and masked."""
    kept = [line.rstrip() for line in text.strip().splitlines()]
    while kept and (not kept[-1].strip() or _FAREWELL.match(kept[-1].strip()) or _is_name(kept[-1], names)):
        kept.pop()
    body = "\n".join(kept).strip()
    for name in names:
        # « Bonjour Léa, », « merci Léa ! » go with their name; elsewhere it is the name alone.
        body = re.sub(
            rf"(?i:\b(?:bonjour|bonsoir|salut|coucou|merci|chère?)\s+{re.escape(name)}\b)[\s,.!]*", "", body
        )
        body = re.sub(rf"\b{re.escape(name)}\b(?!\w)[ ,]*", "", body)
    body = _CLOSING.sub("", _GREETING.sub("", body, count=1)).strip()
    body = re.sub(r"[ \u00a0]{2,}", " ", _HELLO.sub("", body))
    masked = mask(body).text
    return f"{masked[:1].upper()}{masked[1:]}"


def _is_name(line: str, names: Iterable[str]) -> bool:
    first = line.strip(" .,!-–—").partition(" ")[0]
    return any(first.casefold() == name.casefold() for name in names) and len(line) <= 40


def with_sources(answer: str) -> tuple[str, tuple[Source, ...]]:
    """Return an answer with the addresses in it as sources; a line that is nothing but one goes out of it."""
    found = {
        link: Source(host_of(link), link) for link in (m.rstrip(".,;:!?)]") for m in _LINK.findall(answer))
    }
    lines = [line for line in answer.splitlines() if line.strip(" .-–*:()") not in found]
    return "\n".join(lines).strip(), tuple(found.values())


def host_of(link: str) -> str:
    """Return what an address is called where nobody gave it a title."""
    return (urlsplit(link).hostname or link).removeprefix("www.")


def variants_of(asked: Iterable[str], question: str) -> tuple[str, ...]:
    """Return the ways of asking, without those that say the same words as the title or one another."""
    seen = {phrasing_key(question)}
    kept: list[str] = []
    for text in asked:
        core = " ".join(french.strip_politeness(text).split()).strip(" ?!.,;:")
        usable = 2 < len(core) <= LONGEST_VARIANT and "…" not in core and phrasing_key(core) not in seen
        if usable and len(kept) < MOST_VARIANTS:
            seen.add(phrasing_key(core))
            kept.append(core)
    return tuple(kept)


def phrasing_key(text: str) -> tuple[str, ...]:
    """Return what two ways of asking have in common that are the same words, in whatever order."""
    return tuple(sorted(set(french.words(text))))


def entry_id(theme: str, question: str) -> str:
    """Return an id that says what an entry is about; the files make it unique."""
    told = [word for word in french.content_words(question) if french.stem(word) not in frame_stems()]
    words = (told or list(french.words(question)))[:ID_WORDS]
    theme = theme or "fiche"
    return "-".join([theme, *(w for w in dict.fromkeys(words) if w != theme)])[:60].strip("-")

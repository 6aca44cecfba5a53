"""What use tells of the FAQ: questions asked in vain, confirmed ways of asking, entries that grow old."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from helpbot.core import french
from helpbot.core.disclosure import FEW
from helpbot.core.drafting import phrasing_key, variants_of
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.masking import mask
from helpbot.core.proposals import Change
from helpbot.core.tickets import Outcome, Pending, State, Ticket

MOST_EACH = 3
"""Phrasings proposed for one entry at a time: referents read them."""
MOST_ENTRIES = 8
LEAST = 2
"""Fewer wait for the next week: never one by one."""
REFUSED_SHARE = 0.3
"""Share of ❌ from which an entry is asked about, when it rose."""
RISING = 1.5


def asked_in_vain(ticket: Ticket) -> bool | None:
    """Tell whether the FAQ lacked the answer: False; or gave one that was refused: True; None: neither."""
    if ticket.sensitive or not ticket.text or ticket.state is State.WITHDRAWN:
        return None
    if ticket.refused is not None or (ticket.feedback is False and ticket.entry is not None):
        return True
    if ticket.outcome in (Outcome.FAQ, Outcome.CLARIFIED, Outcome.REDIRECT, Outcome.SELF):
        return None
    if ticket.state is State.OPEN and ticket.pending is Pending.CHOICE:
        return None  # it was asked back, and nobody said that none was meant
    return False


@dataclass(frozen=True, slots=True)
class Topic:
    """What is left of a question asked in vain: its words, in no order that anybody wrote, and of nobody."""

    month: str
    """`2026-11`."""
    theme: str | None
    words: str
    refused: bool = False


def topic_of(ticket: Ticket, month: str) -> Topic | None:
    """Return what to keep of a question whose time is over; None for one that the FAQ answered."""
    refused = asked_in_vain(ticket)
    words = " ".join(sorted(dict.fromkeys(french.content_words(mask(ticket.text).text))))
    if refused is None or not words:
        return None
    return Topic(month, ticket.theme, words, refused)


def new_phrasings(
    confirmed: Iterable[tuple[str, str]],
    refused: Iterable[tuple[str, str]],
    faq: Faq,
    told_before: Collection[tuple[str, ...]] = (),
) -> tuple[Change, ...]:
    """Return the changes that note what use showed of entries: ways of asking, and questions not to answer.

    `confirmed`: (entry, question) pairs marked ✅, most telling first; `refused`: those marked ❌. What was
    both, or is written in the entry, is nobody's counter-example. `told_before`: keys of the phrasings that
    referents have already seen. Empty where there are too few to ask for.
    """
    right, wrong = _by_entry(confirmed), _by_entry(refused)
    found: list[tuple[int, Change]] = []
    for entry in faq.entries:
        said = variants_of(right.get(entry.id, ()), entry.question)
        known = {phrasing_key(p) for p in (*entry.phrasings, *entry.never)}
        new = _unseen(said, known | set(told_before))
        known |= {phrasing_key(p) for p in right.get(entry.id, ())} | {phrasing_key(v) for v in said}
        never = _unseen(variants_of(wrong.get(entry.id, ()), entry.question), known | set(told_before))
        if new or never:
            wanted = replace(entry, variants=(*entry.variants, *new), never=(*entry.never, *never))
            found.append((len(new) + len(never), Change(wanted, entry)))
    found.sort(key=lambda of: -of[0])
    kept = found[:MOST_ENTRIES]
    return tuple(change for _, change in kept) if sum(many for many, _ in kept) >= LEAST else ()


def _by_entry(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    return texts


def _unseen(said: Iterable[str], known: Collection[tuple[str, ...]]) -> list[str]:
    return [v for v in said if phrasing_key(v) not in known][:MOST_EACH]


@dataclass(frozen=True, slots=True)
class Marks:
    """How an entry did for a while: shown, refused, and how many people refused it."""

    uses: int = 0
    refused: int = 0
    people: int = 0

    @property
    def share(self) -> float:
        """The part of those who were shown it that it did not help."""
        shown = self.uses + self.refused
        return self.refused / shown if shown else 0.0


@dataclass(frozen=True, slots=True)
class Old:
    """An entry to be read again, and why: `due`, `refused`, `links`."""

    entry: FaqEntry
    why: tuple[str, ...]
    links: tuple[str, ...] = ()
    """Addresses that no longer answer."""


def grown_old(
    faq: Faq,
    today: date,
    lately: Mapping[str, Marks],
    before: Mapping[str, Marks],
    dead_links: Collection[str] = (),
) -> tuple[Old, ...]:
    """Return the entries to be read again, the longest overdue first.

    A ❌ share counts when at least five people gave it: a figure about fewer tells of them (privacy 1).
    """
    found = []
    for entry in faq.entries:
        why = ["due"] if entry.review_by is not None and entry.review_by < today else []
        now, then = lately.get(entry.id, Marks()), before.get(entry.id, Marks())
        if now.people >= FEW and now.share >= REFUSED_SHARE and now.share >= RISING * then.share:
            why.append("refused")
        links = tuple(s.url for s in entry.sources if s.url in dead_links)
        if links:
            why.append("links")
        if why:
            found.append(Old(entry, tuple(why), links))
    return tuple(sorted(found, key=lambda o: (o.entry.review_by or date.max, o.entry.id)))

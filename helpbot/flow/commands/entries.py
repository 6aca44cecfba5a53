"""`!faq chercher|voir|liste|modifier|variante|archiver|rétablir|historique`: the FAQ from the review room.

What changes something shows it first, as a card: nothing is written before somebody's ✅.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from helpbot.core import proposals as core
from helpbot.core.amending import Amendment, read_amendment
from helpbot.core.editing import EditState
from helpbot.core.faq import FaqEntry
from helpbot.core.french import fold
from helpbot.core.incoming import Message
from helpbot.core.matching import Answer
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import Change, Origin
from helpbot.flow.cards import shown
from helpbot.flow.desk import Desk
from helpbot.flow.proposals import carry, hand_of
from helpbot.flow.publish import question_of, what_of

MOST_FOUND = 5
MOST_LISTED = 60
MOST_CHANGES = 12
FOUND_AT = 0.05
"""An entry less likely than this is not what somebody looks for."""


def search(desk: Desk, event: Message, rest: str) -> None:
    """Show the entries that some words are nearest to."""
    if not rest:
        desk.note(event, say.SayWhat("chercher"))
        return
    entries = _likeliest(desk, rest)
    desk.note(event, say.EntriesFound("found" if entries else "none", rest, _named(entries)))


def show(desk: Desk, event: Message, rest: str) -> None:
    """Show one entry whole."""
    entry = _meant(desk, event, rest, "voir")
    if entry is not None:
        desk.note(event, shown(desk.setting, entry))


def listing(desk: Desk, event: Message, rest: str) -> None:
    """List the entries of a theme; without one, the themes and how many entries each has."""
    faq = desk.setting.index.faq
    wanted = {fold(name): theme for theme, title in faq.titles for name in (theme, title)}
    near = difflib.get_close_matches(fold(rest), wanted, n=1, cutoff=0.7) if rest else []
    if not near:
        counts = ((t, f"{faq.theme_title(t)} ({sum(e.theme == t for e in faq.entries)})") for t in faq.themes)
        desk.note(event, say.EntriesFound("themes", rest, tuple(counts)))
        return
    theme = wanted[near[0]]
    entries = [e for e in (*faq.entries, *faq.archived) if e.theme == theme]
    found = _named(entries[:MOST_LISTED])
    desk.note(
        event,
        say.EntriesFound("theme", faq.theme_title(theme), found, more=max(0, len(entries) - MOST_LISTED)),
    )


def modify(desk: Desk, event: Message, rest: str) -> None:
    """Show what an entry would be with other fields; without fields, the entry, to be changed by replies."""
    name = rest.split(maxsplit=1)[0] if rest else ""
    entry = _meant(desk, event, name, "modifier")
    if entry is None:
        return
    # The raw text: YAML lives by its indentation.
    text = event.body.partition(name)[2].strip("\n: ")
    themes = desk.setting.index.faq.themes
    wanted = read_amendment(text, themes) if text else Amendment()
    if wanted.problems or (text and wanted.empty):
        desk.note(event, say.NotAmended(wanted.problems or (("nothing", text[:60]),), themes))
        return
    _preview(desk, event, entry, wanted.applied(entry))


def phrasing(desk: Desk, event: Message, rest: str) -> None:
    """Show an entry with more ways of asking."""
    name, _, words = rest.partition(" ")
    entry = _meant(desk, event, name, "variante")
    if entry is None:
        return
    wanted = read_amendment(f"variante: {words.strip(' :')}", ())
    if not wanted.added:
        desk.note(event, say.SayWhat("variante"))
        return
    _preview(desk, event, entry, wanted.applied(entry))


def archive(desk: Desk, event: Message, rest: str) -> None:
    """Show an entry that is to be kept and answered no more."""
    entry = _meant(desk, event, rest, "archiver")
    if entry is not None and entry.archived:
        desk.note(event, say.SayWhat("already_archived"))
    elif entry is not None:
        today = desk.setting.policy.calendar.local(desk.now).date()
        _preview(desk, event, entry, replace(entry, archived=today))


def restore(desk: Desk, event: Message, rest: str) -> None:
    """Show an archived entry that is to be answered again."""
    entry = _meant(desk, event, rest, "rétablir")
    if entry is not None and not entry.archived:
        desk.note(event, say.SayWhat("not_archived"))
    elif entry is not None:
        _preview(desk, event, entry, replace(entry, archived=None))


def history(desk: Desk, event: Message, rest: str) -> None:
    """List the newest changes that were published from the chat, of one entry or of all."""
    entry = _meant(desk, event, rest, "historique") if rest else None
    if rest and entry is None:
        return
    states = (EditState.DONE, EditState.RECORDED)
    rows = desk.tx.edits(states, entry=entry.id if entry else None, limit=MOST_CHANGES)
    calendar = desk.setting.policy.calendar
    lines = (
        say.Changed(
            calendar.local(row.at).date().isoformat(),
            what_of(row),
            row.edit.entry,
            question_of(desk.setting, row, desk.tx.edit(row.undoes) if row.undoes else None),
            row.undone,
        )
        for row in rows
    )
    desk.note(event, say.History(tuple(lines)))


def _preview(desk: Desk, event: Message, entry: FaqEntry, wanted: FaqEntry) -> None:
    decision = core.suggested(Origin.CHANGE, [Change(wanted, entry)], proposer=event.sender, now=desk.now)
    carry(hand_of(desk), decision, reply_to=event.event_id)


def _meant(desk: Desk, event: Message, words: str, verb: str) -> FaqEntry | None:
    """Return the entry of an id, or the one that words surely mean; None, having said so, when unsure."""
    faq = desk.setting.index.faq
    known = {fold(e.id): e for e in (*faq.entries, *faq.archived)}
    words = words.strip().strip("`«»\u00a0 :")
    if not words:
        desk.note(event, say.SayWhat(verb))
        return None
    if fold(words) in known:
        return known[fold(words)]
    near = difflib.get_close_matches(fold(words), known, n=MOST_FOUND, cutoff=0.8)
    if len(near) == 1:
        return known[near[0]]
    if not near:
        verdict = desk.setting.index.verdict(words)
        if isinstance(verdict, Answer):
            return faq.entry(verdict.match.entry)
    entries = [known[name] for name in near] or _likeliest(desk, words)
    desk.note(event, say.EntriesFound("which" if entries else "none", words, _named(entries)))
    return None


def _likeliest(desk: Desk, words: str) -> list[FaqEntry]:
    faq = desk.setting.index.faq
    found = [e for e in (*faq.entries, *faq.archived) if fold(words) in (fold(e.id), fold(e.question))]
    for match in desk.setting.index.verdict(words).candidates:
        entry = faq.entry(match.entry)
        if entry is not None and match.score >= FOUND_AT and entry not in found:
            found.append(entry)
    return found[:MOST_FOUND]


def _named(entries: Sequence[FaqEntry]) -> tuple[tuple[str, str], ...]:
    return tuple((e.id, e.question) for e in entries)


VERBS: dict[str, Callable[[Desk, Message, str], None]] = {
    "chercher": search,
    "voir": show,
    "liste": listing,
    "modifier": modify,
    "variante": phrasing,
    "archiver": archive,
    "rétablir": restore,
    "historique": history,
}
ALSO = {
    "cherche": "chercher",
    "search": "chercher",
    "trouver": "chercher",
    "montrer": "voir",
    "show": "voir",
    "lister": "liste",
    "list": "liste",
    "rubriques": "liste",
    "edit": "modifier",
    "changer": "modifier",
    "modifie": "modifier",
    "variant": "variante",
    "variantes": "variante",
    "formulation": "variante",
    "archive": "archiver",
    "supprimer": "archiver",
    "desarchiver": "rétablir",
    "restore": "rétablir",
    "history": "historique",
}

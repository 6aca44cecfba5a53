"""How a proposal looks to the referents: its card, what it resembles, what it contradicts."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core import notices as base
from helpbot.core import proposals as core
from helpbot.core import twins
from helpbot.core.editing import changed
from helpbot.core.effects import Kind
from helpbot.core.faq import FaqEntry, Source
from helpbot.core.ids import EventId, UserId
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import Origin, Proposal
from helpbot.flow.facts import own_hours
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx

NEAR_AT = 0.3
"""Confidence from which an entry is shown as a near one."""
MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Hand:
    """What carrying out a decision needs."""

    tx: Tx
    setting: Setting
    writer: Writer
    now: int


def rung(hand: Hand, user: UserId | None) -> tuple[UserId, ...]:
    """Return whom a message may ring for: nobody outside of their hours, or while they are away."""
    if user is None:
        return ()
    row = hand.tx.listed(user)
    if row is not None and row.away_from <= hand.now < row.away_until:
        return ()
    policy = hand.setting.policy
    hours = own_hours(policy, row.volunteer) if row is not None else policy.hours
    return (user,) if hours.is_open(hand.now) else ()


def show_card(hand: Hand, proposal: Proposal, reply_to: EventId | None = None) -> None:
    """Show a proposal to the referents as it is now."""
    owned = proposal.origin is Origin.REREAD and proposal.place is not None
    room = proposal.place if owned else hand.setting.policy.review_room
    if room is None:
        return
    mentions = rung(hand, proposal.helper) if owned else ()
    slot = f"card/{proposal.id}/{proposal.version}"
    card = card_of(hand.setting, proposal)
    hand.writer.say(
        room,
        card,
        Kind.STATUS,
        purpose=slot,
        slot=slot,
        reply_to=reply_to,
        mentions=mentions,
        about=None if owned else proposal.helper,
    )


def card_of(setting: Setting, proposal: Proposal) -> base.Notice:
    """Return how a proposal reads."""
    if proposal.origin is Origin.VARIANTS:
        return _variants_card(setting, proposal)
    change = proposal.changes[0]
    entry = change.wanted
    if proposal.origin is Origin.REREAD and change.base == entry:
        return say.RereadCard(proposal.id, shown(setting, entry), proposal.why)
    alike = twins.phrased_alike(entry, setting.index)[:MOST_NEAR]
    return say.ProposalCard(
        number=proposal.id,
        origin=proposal.origin.value,
        theme=setting.index.faq.theme_title(entry.theme),
        question=entry.question,
        answer=base.Markdown(entry.answer),
        variants=entry.variants,
        sources=tuple((s.title, s.url) for s in entry.sources),
        credit=entry.credit,
        changes=_compared(change),
        twins=tuple((other.id, theirs, mine) for other, theirs, mine in alike),
        near=_near(setting, entry, {other.id for other, _, _ in alike}),
        contradicts=tuple(
            (found.first, found.said_first)
            for found in twins.contradicting(entry, setting.index.faq.entries)[:2]
        ),
        missing=tuple(n for n in ("question", "answer", "theme") if not getattr(entry, n)),
        themes=() if entry.theme else setting.index.faq.themes,
        waits=proposal.origin is Origin.ANSWER and proposal.credit is None,
    )


def _variants_card(setting: Setting, proposal: Proposal) -> say.VariantsCard:
    groups = tuple((c.wanted.question, *_added(c)) for c in proposal.changes)
    # A phrasing that another entry has as well, or nearly, would make both of them less sure.
    alike = (
        (other.id, theirs, mine)
        for change, (_, added, _) in zip(proposal.changes, groups, strict=True)
        for other, theirs, mine in twins.phrased_alike(change.wanted, setting.index, added)
    )
    return say.VariantsCard(proposal.id, groups, tuple(alike))


def shown(setting: Setting, entry: FaqEntry) -> say.EntryShown:
    """Return an entry as it is shown to referents."""
    return say.EntryShown(
        id=entry.id,
        theme=setting.index.faq.theme_title(entry.theme),
        question=entry.question,
        answer=base.Markdown(entry.answer),
        variants=entry.variants,
        sources=tuple((s.title, s.url) for s in entry.sources),
        credit=entry.credit,
        owner=entry.owner or "",
        reviewed=entry.reviewed.isoformat() if entry.reviewed else "",
        review_by=entry.review_by.isoformat() if entry.review_by else "",
        archived=entry.archived.isoformat() if entry.archived else "",
        never=entry.never,
    )


def _added(change: core.Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the phrasings that a change adds, and the questions that its entry is not to answer any more."""
    known, refused = (change.base.variants, change.base.never) if change.base else ((), ())
    wanted = change.wanted
    return (
        tuple(v for v in wanted.variants if v not in known),
        tuple(v for v in wanted.never if v not in refused),
    )


def _compared(change: core.Change) -> tuple[say.Compared, ...]:
    if change.base is None:
        return ()
    return tuple(
        say.Compared(name, told(getattr(change.base, name)), told(getattr(change.wanted, name)))
        for name in changed(change.base, change.wanted)
    )


def told(value: object) -> str:
    """Return a field's value as lines of text."""
    if value is None:
        return ""
    if not isinstance(value, tuple):
        return str(value)
    lines = []
    for item in value:
        if isinstance(item, Source):
            lines.append(f"{item.title} {item.url}".strip())
        else:
            lines.append("\u00a0: ".join(item) if isinstance(item, tuple) else str(item))
    return "\n".join(lines)


def _near(setting: Setting, entry: FaqEntry, told: set[str]) -> tuple[tuple[str, str], ...]:
    """Return (id, question) of entries that it resembles, but those that are told as its twins."""
    best: dict[str, float] = {}
    for phrasing in entry.phrasings[:4]:
        for match in setting.index.verdict(phrasing).candidates:
            if match.score >= NEAR_AT and match.entry not in {entry.id, *told}:
                best[match.entry] = max(best.get(match.entry, 0.0), match.score)
    ranked = sorted(best, key=lambda name: -best[name])[:MOST_NEAR]
    known = (setting.index.faq.entry(name) for name in ranked)
    return tuple((e.id, e.question) for e in known if e is not None)

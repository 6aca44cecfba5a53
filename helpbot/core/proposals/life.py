"""What happens to a proposal: agreement, amendment, approval by a second person, refusal, writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from helpbot.core.editing import merged
from helpbot.core.faq import FaqEntry
from helpbot.core.ids import RoomId, TicketId, UserId
from helpbot.core.proposals.values import (
    TRANSITIONS,
    AskHelper,
    Change,
    Credit,
    Decision,
    Objection,
    Origin,
    Proposal,
    ProposalId,
    Redact,
    ShowCard,
    State,
    TellHelper,
    Write,
)

REVIEW_MONTHS = 12
"""A new entry is to be read again after so long."""


def from_answer(
    draft: FaqEntry,
    *,
    proposer: UserId | None,
    helper: UserId,
    place: RoomId | None,
    tickets: Sequence[TicketId],
    now: int,
) -> Decision:
    """📌 on a volunteer's answer. Unless it is theirs, nobody else reads it before they agree.

    Without a proposer: several people asked the same, and this was answered to one of them.
    """
    own = proposer == helper
    proposal = Proposal(
        ProposalId(0),
        Origin.ANSWER if proposer is not None else Origin.GAP,
        State.REVIEW if own else State.AGREEING,
        (Change(draft),),
        proposer=proposer,
        helper=helper,
        place=place,
        tickets=tuple(tickets),
        created_at=now,
        changed_at=now,
    )
    return Decision(proposal, (AskHelper(), *((ShowCard(),) if own else ())))


def suggested(
    origin: Origin,
    changes: Sequence[Change],
    *,
    proposer: UserId | None = None,
    owner: UserId | None = None,
    place: RoomId | None = None,
    tickets: Sequence[TicketId] = (),
    why: Sequence[str] = (),
    now: int,
) -> Decision:
    """A change that needs nobody's agreement: show it to the referents, or first to an entry's owner."""
    proposal = Proposal(
        ProposalId(0),
        origin,
        State.REVIEW,
        tuple(changes),
        proposer=proposer,
        helper=owner,
        place=place,
        tickets=tuple(tickets),
        why=tuple(why),
        created_at=now,
        changed_at=now,
    )
    return Decision(proposal, (ShowCard(),))


def agreed(proposal: Proposal, credit: Credit, name: Callable[[Credit], str], now: int) -> Decision:
    """The helper says yes, and how they want to be thanked. Said again in time, the last word counts."""
    if proposal.state not in (State.AGREEING, State.REVIEW):
        return Decision(proposal)
    entry = replace(proposal.entry, credit=name(credit))
    if proposal.credit is credit and entry == proposal.entry:
        return Decision(proposal)
    changed = _with_entry(proposal, entry)
    # A new card only where another one is wrong by now: most are agreed to before any is shown.
    shown = proposal.state is State.REVIEW and entry != proposal.entry
    version = proposal.version + 1 if shown else proposal.version
    proposal = replace(_to(changed, State.REVIEW, now), credit=credit, version=version)
    return Decision(proposal, (ShowCard(),) if shown or changed.state is State.AGREEING else ())


def left(proposal: Proposal, now: int) -> Decision:
    """The helper does not want it."""
    if proposal.state not in (State.AGREEING, State.REVIEW):
        return Decision(proposal)
    effects = (Redact(),) if proposal.state is State.REVIEW else ()
    return Decision(_over(proposal, State.DECLINED, now), effects)


def amended(proposal: Proposal, entry: FaqEntry, now: int) -> Decision:
    """A referent changed the draft: show it anew."""
    if proposal.state is not State.REVIEW or entry == proposal.entry:
        return Decision(proposal)
    changed = replace(_with_entry(proposal, entry), version=proposal.version + 1, changed_at=now)
    return Decision(changed, (ShowCard(),))


def approved(
    proposal: Proposal,
    by: UserId,
    version: int,
    today: date,
    now: int,
    *,
    alone: bool,
    but: frozenset[int] = frozenset(),
) -> Decision | Objection:
    """✅ of a referent on the card of a version: write it, once.

    `alone`: the configuration allows the only referent to approve what they proposed. `but`: numbers (from
    1) of changes to leave out.
    """
    if proposal.state is not State.REVIEW:
        return Objection.OVER
    if version != proposal.version:
        return Objection.OLD_CARD
    # Who changes an entry in the review room is asked to look again, not to find a colleague.
    if proposal.origin in (Origin.ANSWER, Origin.GAP) and by == proposal.proposer and not alone:
        return Objection.ANOTHER
    wanted = [c for n, c in enumerate(proposal.changes, 1) if n not in but]
    if any(not (c.wanted.question and c.wanted.answer and c.wanted.theme) for c in wanted):
        return Objection.INCOMPLETE
    if not wanted:
        return Decision(_over(proposal, State.REFUSED, now))
    if proposal.origin is not Origin.CHANGE and proposal.origin is not Origin.VARIANTS:
        wanted = [replace(c, wanted=reread(c.wanted, today)) for c in wanted]
    if all(c.wanted == c.base for c in wanted):
        return Objection.NOTHING
    proposal = _to(replace(proposal, changes=tuple(wanted)), State.WRITING, now)
    return Decision(proposal, (Write(tuple(wanted)),))


def reread(entry: FaqEntry, today: date) -> FaqEntry:
    """Return an entry as it is after somebody read it that day."""
    year, month = divmod(today.year * 12 + today.month - 1 + REVIEW_MONTHS, 12)
    return replace(entry, reviewed=today, review_by=date(year, month + 1, min(today.day, 28)))


def refused(proposal: Proposal, version: int, word: str, now: int) -> Decision | Objection:
    """❌ of a referent, with a word for the helper."""
    if proposal.state is not State.REVIEW:
        return Objection.OVER
    if version != proposal.version:
        return Objection.OLD_CARD
    told = TellHelper("refused", word, proposal.helper, proposal.place)
    theirs = proposal.helper is not None and proposal.origin is not Origin.REREAD
    return Decision(_over(proposal, State.REFUSED, now), (told,) if theirs else ())


def passed_on(proposal: Proposal, now: int) -> Decision:
    """An entry's owner did not say anything: ask the referents."""
    if proposal.state is not State.REVIEW or proposal.place is None:
        return Decision(proposal)
    again = replace(proposal, helper=None, place=None, version=proposal.version + 1, changed_at=now)
    return Decision(again, (ShowCard(),))


def withdrawn(proposal: Proposal, now: int) -> Decision:
    """What it was made from was deleted, or its time is over."""
    if proposal.state not in (State.AGREEING, State.REVIEW):
        return Decision(proposal)
    return Decision(_over(proposal, State.WITHDRAWN, now), (Redact(),))


def written(proposal: Proposal, entry: str, now: int) -> Decision:
    """The last of its changes stands in the files, under this id."""
    if proposal.state is not State.WRITING:
        return Decision(proposal)
    told = TellHelper("published", proposal.entry.question, proposal.helper, proposal.place)
    known = (
        _with_entry(proposal, replace(proposal.entry, id=entry)) if len(proposal.changes) == 1 else proposal
    )
    theirs = proposal.helper is not None and proposal.origin is not Origin.REREAD
    return Decision(_over(known, State.PUBLISHED, now), (told,) if theirs else ())


def unwritten(proposal: Proposal, here: FaqEntry | None, now: int) -> Decision:
    """It could not be written: back to the referents, nothing lost.

    `here`: the entry as it stands in the files by now. What somebody else changed meanwhile stays, but
    for the very fields that were wanted otherwise: the card shows both.
    """
    if proposal.state is not State.WRITING:
        return Decision(proposal)
    [first, *more] = proposal.changes
    if here is not None and first.base is not None and not more:
        merge = merged(here, first.base, first.wanted)
        wanted = replace(merge.entry, **{name: getattr(first.wanted, name) for name in merge.conflicts})
        proposal = replace(proposal, changes=(Change(wanted, here),))
    proposal = replace(_to(proposal, State.REVIEW, now), version=proposal.version + 1)
    return Decision(proposal, (ShowCard(),))


def _with_entry(proposal: Proposal, entry: FaqEntry) -> Proposal:
    first, *rest = proposal.changes
    return replace(proposal, changes=(replace(first, wanted=entry), *rest))


def _to(proposal: Proposal, state: State, now: int) -> Proposal:
    if state is not proposal.state and state not in TRANSITIONS[proposal.state]:
        raise ValueError(f"a proposal does not go from {proposal.state} to {state}")
    return replace(proposal, state=state, changed_at=now)


def _over(proposal: Proposal, state: State, now: int) -> Proposal:
    """Return the proposal ended: whoever had a part in it need not be known any more."""
    return replace(_to(proposal, state, now), proposer=None, helper=None, place=None)

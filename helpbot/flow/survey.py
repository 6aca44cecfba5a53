"""What use tells of the FAQ: `!lacunes`, and once a week the message to the referents.

Grouping questions takes seconds and another process, so it is done between two transactions: the first says
that it is wanted, the last writes what came of it together with the next date. A crash repeats the work, and
says it once.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from helpbot.core import learning
from helpbot.core import proposals as core
from helpbot.core.confidentiality import may_show
from helpbot.core.disclosure import FEW
from helpbot.core.drafting import drafted, phrasing_key
from helpbot.core.effects import Kind
from helpbot.core.faq import FaqEntry
from helpbot.core.gaps import Gap, GapReport, Unanswered
from helpbot.core.gaps.wording import Wording
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import Change, Origin, State
from helpbot.core.spans import DAY, MINUTE
from helpbot.core.tickets import Outcome, Ticket
from helpbot.flow.cards import Hand
from helpbot.flow.facts import room_facts
from helpbot.flow.gaps import ASKED, TOPIC, asked_in_vain_since
from helpbot.flow.handle import learn_name
from helpbot.flow.proposals import carry, draft_of, place_of, said_in
from helpbot.flow.setting import NameNeeded, Policy, Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, Store, Tx

WEEKLY, LINKS = "faq_week", "faq_dead_links"
MOST_TICKETS = 2_500
MOST_SHOWN = 10
MOST_PROPOSED = 2
MOST_REREAD = 3
REREAD_AGAIN_DAYS = 60
LATELY_DAYS = 28
PATIENCE_DAYS = 90
"""A proposal that nobody touched for so long is withdrawn."""
_MONDAY_MORNING = 8 * 60


@dataclass(frozen=True, slots=True)
class Surveyor:
    """What looks at the questions and at the sources, outside of this process."""

    gaps: Callable[[Sequence[Unanswered]], Awaitable[GapReport | None]]
    """None: it needs an extra that is not installed. Raises `OSError`."""
    links: Callable[[Iterable[str]], Awaitable[frozenset[str]]] | None = None
    """None: the operator does not want sources to be asked."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be worked out."""

    asked: tuple[tuple[RoomId, EventId], ...]
    weekly: int | None
    """When the weekly message was due; None: it is not."""
    questions: tuple[Unanswered, ...]


async def survey_once(
    store: Store, homeserver: Homeserver, clock: Clock, setting: Setting, surveyor: Surveyor
) -> Written | None:
    """Answer who asked what the FAQ lacks, and send the weekly message when due. None: neither."""
    wanted = await store.run(partial(_wanted, setting=setting, now=clock.now()))
    if wanted is None:
        return None
    trouble, report = "", None
    try:
        report = await surveyor.gaps(wanted.questions)
        trouble = "" if report is not None else "unavailable"
    except OSError:
        trouble = "trouble"
    dead: frozenset[str] | None = None
    if wanted.weekly is not None and surveyor.links is not None:
        entries = setting.index.faq.entries
        dead = await surveyor.links(s.url for e in entries for s in e.sources if s.url)
    while True:
        work = partial(
            _tell, setting=setting, wanted=wanted, report=report, trouble=trouble, dead=dead, now=clock.now()
        )
        try:
            return await store.run(work)
        except NameNeeded as needed:
            await learn_name(homeserver, setting, needed)


def next_survey(tx: Tx, policy: Policy, now: int) -> int:
    """Return when the next weekly message is due; plan it where none is."""
    known = tx.remembered(WEEKLY)
    if known is None:
        known = str(_next_week(policy, now))
        tx.remember(WEEKLY, known)
    return int(known)


def _next_week(policy: Policy, now: int) -> int:
    """Return the first open moment of the next week, not before eight in the morning."""
    today = policy.calendar.local(now).date()
    monday = today + timedelta(7 - today.weekday())
    return policy.hours.next_open(policy.calendar.moment(monday, _MONDAY_MORNING))


def _wanted(tx: Tx, setting: Setting, now: int) -> _Wanted | None:
    policy = setting.policy
    asked = json.loads(tx.remembered(ASKED) or "[]")
    due = next_survey(tx, policy, now)
    weekly = due if due <= now and policy.review_room is not None and policy.hours.is_open(now) else None
    if due <= now and weekly is None:
        tx.remember(WEEKLY, str(max(policy.hours.next_open(now), now + MINUTE)))
    if not asked and weekly is None:
        return None
    places = tuple((RoomId(room), EventId(event)) for room, event in asked)
    return _Wanted(places, weekly, asked_in_vain_since(tx, setting.policy, setting.alias, now))


def _tell(
    tx: Tx,
    setting: Setting,
    wanted: _Wanted,
    report: GapReport | None,
    trouble: str,
    dead: frozenset[str] | None,
    now: int,
) -> Written:
    if report is not None:  # what was taken back, or may not be shown any more, since it was begun
        still = {q.ref for q in asked_in_vain_since(tx, setting.policy, setting.alias, now)}
        report = replace(report, gaps=tuple(g for g in report.gaps if still >= {q.ref for q in g.asked}))
    lines = tuple(_line(setting, g) for g in report.gaps[:MOST_SHOWN]) if report else ()
    answer = say.Missing(lines, trouble or ("found" if lines else "none"))
    written = Written()
    left = json.loads(tx.remembered(ASKED) or "[]")
    for room, event in wanted.asked:
        if [room, event] in left:
            left.remove([room, event])
            writer = Writer(tx, setting, event, now)
            writer.say(room, answer, Kind.COMMAND, purpose="Missing", reply_to=event)
            written.rows += writer.written.rows
    tx.remember(ASKED, json.dumps(left))
    if wanted.weekly is not None and tx.remembered(WEEKLY) == str(wanted.weekly):
        hand = Hand(tx, setting, Writer(tx, setting, f"faq-week/{wanted.weekly}", now), now)
        _week(hand, lines, report, dead)
        tx.remember(WEEKLY, str(_next_week(setting.policy, now)))
        written.rows += hand.writer.written.rows
    written.survey = bool(left)
    return written


def _line(setting: Setting, gap: Gap) -> say.Lacking:
    theme = setting.index.faq.theme_title(gap.theme or "")
    return say.Lacking(gap.label, gap.question, gap.count if gap.people >= FEW else 0, theme)


def _week(
    hand: Hand, lines: tuple[say.Lacking, ...], report: GapReport | None, dead: frozenset[str] | None
) -> None:
    waiting = [p for p in hand.tx.open_proposals() if p.state is State.REVIEW and p.place is None]
    old = _old(hand, dead)
    room = hand.setting.policy.review_room
    if room is not None and (lines or waiting or old):
        week = say.FaqWeek(lines[:5], len(waiting), len(old))
        hand.writer.say(room, week, Kind.STATUS, purpose="week")
    for proposal in hand.tx.open_proposals():
        if proposal.changed_at < hand.now - PATIENCE_DAYS * DAY:
            carry(hand, core.withdrawn(proposal, hand.now))
        elif proposal.origin is Origin.REREAD and proposal.changed_at < hand.now - 6 * DAY:
            carry(hand, core.passed_on(proposal, hand.now))
    for gap in [g for g in report.gaps if g.proposes_itself][:MOST_SHOWN] if report else []:
        _propose_gap(hand, gap)
    _propose_phrasings(hand)
    _propose_rereading(hand, old)


def _propose_gap(hand: Hand, gap: Gap) -> None:
    """Make a proposal of a question that three people asked, from a human answer where there was one."""
    numbers = [TicketId(int(q.ref)) for q in gap.asked if not q.ref.startswith(TOPIC)]
    made = hand.tx.proposals_since(Origin.GAP, hand.now - 6 * DAY)
    if len(made) >= MOST_PROPOSED or hand.tx.proposals_of(numbers):
        return
    asked = [t for t in map(hand.tx.ticket, numbers[:6]) if t is not None]
    for ticket in asked:
        said = said_in(hand.tx, ticket) if ticket.feedback is not False else []
        if said and ticket.helper is not None:
            draft = draft_of(hand.setting, ticket, said, also=asked)
            place = place_of(hand.tx, ticket, ticket.helper)
            decision = core.from_answer(
                draft, proposer=None, helper=ticket.helper, place=place, tickets=numbers, now=hand.now
            )
            carry(hand, decision)
            return
    faq, names = hand.setting.index.faq, hand.setting.names
    wording = Wording([t.text for t in asked], [e.phrasings for e in faq.entries])
    draft = drafted(
        [t.text for t in asked],
        [],
        theme=gap.theme if gap.theme and gap.theme in faq.themes else "",
        names=[name for t in asked for name in names.forms(t.asker)],
        reworded=wording.reworded,
    )
    carry(hand, core.suggested(Origin.GAP, [Change(draft)], tickets=numbers, now=hand.now))


def _propose_phrasings(hand: Hand) -> None:
    """Show what askers confirmed and refused that referents have not seen yet, all on one card."""
    told = hand.tx.proposals_since(Origin.VARIANTS, 0)
    if any(not p.ended for p in told):
        return
    wanted = [c.wanted for p in told for c in p.changes]
    before = {phrasing_key(v) for entry in wanted for v in (*entry.variants, *entry.never)}
    asked = hand.tx.asked_since(hand.now - LATELY_DAYS * DAY, limit=MOST_TICKETS)
    confirmed = [t for t in asked if t.feedback and t.entry and t.outcome in (Outcome.FAQ, Outcome.CLARIFIED)]
    confirmed.sort(key=lambda t: t.outcome is Outcome.FAQ)  # what had to be asked back teaches most
    shown = [(t.entry or "", t.text) for t in confirmed if _may_show(hand, t)]
    wrong = [(t.refused, t.text) for t in asked if t.refused and _may_show(hand, t)]
    changes = learning.new_phrasings(shown, wrong, hand.setting.index.faq, before)
    if changes:
        carry(hand, core.suggested(Origin.VARIANTS, changes, now=hand.now))


def _may_show(hand: Hand, ticket: Ticket) -> bool:
    review = hand.setting.policy.review_room
    return review is not None and may_show(room_facts(hand.tx, ticket.room), room_facts(hand.tx, review))


def _old(hand: Hand, dead: frozenset[str] | None) -> list[learning.Old]:
    """Return the entries that grew old. An address counts when it was gone the week before as well."""
    before = frozenset(json.loads(hand.tx.remembered(LINKS) or "[]"))
    if dead is not None:
        hand.tx.remember(LINKS, json.dumps(sorted(dead)))
    now, lately = hand.now, hand.now - LATELY_DAYS * DAY
    today = hand.setting.policy.calendar.local(now).date()
    return list(
        learning.grown_old(
            hand.setting.index.faq,
            today,
            hand.tx.marks(lately, now + DAY),
            hand.tx.marks(lately - 3 * LATELY_DAYS * DAY, lately),
            before & (dead or frozenset()),
        )
    )


def _propose_rereading(hand: Hand, old: Iterable[learning.Old]) -> None:
    """Ask the owners of entries that grew old, else the referents; a few a week."""
    known = hand.tx.proposals_since(Origin.REREAD, hand.now - REREAD_AGAIN_DAYS * DAY)
    asked = {p.entry.id for p in known} | {p.entry.id for p in hand.tx.open_proposals() if p.changes}
    for found in [o for o in old if o.entry.id not in asked][:MOST_REREAD]:
        owner = _owner(found.entry)
        direct = hand.tx.direct_room(owner) if owner else None
        decision = core.suggested(
            Origin.REREAD,
            [Change(found.entry, found.entry)],
            owner=owner if direct else None,
            place=direct.room if direct else None,
            why=(*(w for w in found.why if w != "links"), *found.links),
            now=hand.now,
        )
        carry(hand, decision)


def _owner(entry: FaqEntry) -> UserId | None:
    """Return whom an entry names as its owner, where that is a Matrix id."""
    owner = entry.owner or ""
    return UserId(owner) if owner.startswith("@") and ":" in owner else None

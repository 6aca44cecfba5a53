"""Proposals for the FAQ in the conversation: 📌, the helper's agreement, the referents' cards.

What a card or a question to a helper is about stands in its slot: `card/<proposal>/<version>`,
`credit/<proposal>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from helpbot.core import notices as base
from helpbot.core import proposals as core
from helpbot.core import taps
from helpbot.core.addressing import mentions_me, question_of
from helpbot.core.amending import read_amendment
from helpbot.core.confidentiality import may_show
from helpbot.core.drafting import drafted, entry_id
from helpbot.core.editing import EditRow, EditState, FaqEdit
from helpbot.core.effects import Kind
from helpbot.core.faq import FaqEntry
from helpbot.core.gaps.wording import Wording
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Message, Reaction
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import Credit, Origin, Proposal, ProposalId, State
from helpbot.core.records import SentMessage
from helpbot.core.taps import Tap
from helpbot.core.tickets import State as Asked
from helpbot.core.tickets import Ticket
from helpbot.flow.cards import Hand, rung, show_card
from helpbot.flow.desk import Desk
from helpbot.flow.facts import room_facts
from helpbot.flow.setting import Setting
from helpbot.ports import Tx

SLOTS = ("card/", "credit/", "asked/")
_CHOICES = {
    Tap.FIRST: Credit.FULL,
    Tap.SECOND: Credit.FIRST,
    Tap.THIRD: Credit.NOBODY,
    Tap.YES: Credit.NOBODY,
}
_NO = re.compile(r"^\s*(?:❌|✖️?|👎|non\b|refus[eé]e?r?\b)[\s:,.;–—-]*(.*)$", re.IGNORECASE | re.DOTALL)
_BUT = re.compile(r"^\s*(?:✅|oui\b)?[\s,:]*sauf\b[^\d]*([\d\s,;et]+)$", re.IGNORECASE)
_QUOTED = re.compile(r"^> ?", re.MULTILINE)


def hand_of(desk: Desk) -> Hand:
    """Return the hand of an item on the desk."""
    return Hand(desk.tx, desk.setting, desk.writer, desk.now)


def carry(hand: Hand, decision: core.Decision, *, reply_to: EventId | None = None) -> Proposal:
    """Write a decision on a proposal, with all its effects; returns the proposal with its id."""
    proposal = hand.tx.save_proposal(decision.proposal)
    for effect in decision.effects:
        match effect:
            case core.AskHelper():
                _ask_helper(hand, proposal)
            case core.ShowCard():
                show_card(hand, proposal, reply_to)
            case core.Write(changes):
                for change in changes:
                    edit = FaqEdit(0, change.wanted.id, base=change.base, wanted=change.wanted)
                    hand.tx.save_edit(EditRow(edit, EditState.WANTED, proposal.id, at=hand.now))
                hand.writer.written.publish = True
            case core.TellHelper(what, word, user, place):
                if place is not None and user is not None:
                    notice = say.AnswerKept(what, word)
                    purpose = f"kept/{proposal.id}"
                    hand.writer.say(place, notice, Kind.STATUS, purpose=purpose, mentions=rung(hand, user))
            case core.Redact():
                for row in hand.tx.cards_of(proposal.id):
                    hand.writer.redact_row(row)
    return proposal


# --- 📌


def pin(desk: Desk, ticket: Ticket, event: Message | Reaction) -> None:
    """Draft an entry from a helpful answer, at the wish of one of the people it concerns."""
    user, policy = event.sender, desk.setting.policy
    if user not in {ticket.asker, ticket.helper} and user not in policy.referents:
        if isinstance(event, Message):
            desk.tell(event, say.PinNoted("not_yours"))
        return
    said = said_in(desk.tx, ticket)
    if ticket.helper is None or not said or ticket.state not in (Asked.ANSWERED, Asked.SOLVED):
        desk.tell(event, say.PinNoted("nothing"))
        return
    if desk.tx.proposals_of([ticket.id]):
        desk.tell(event, say.PinNoted("already"))
        return
    if not review_may_see(desk.tx, desk.setting, ticket.room):
        desk.tell(event, say.PinNoted("no_room"))
        return
    decision = core.from_answer(
        draft_of(desk.setting, ticket, said),
        proposer=user,
        helper=ticket.helper,
        place=place_of(desk.tx, ticket, ticket.helper),
        tickets=(ticket.id,),
        now=desk.now,
    )
    proposal = carry(hand_of(desk), decision)
    if user != ticket.asker:
        _tell_asker(desk, ticket, proposal)
    if user == ticket.asker or event.room != ticket.room:
        desk.tell(event, say.PinNoted("proposed" if proposal.state is State.REVIEW else "asking"))


def _tell_asker(desk: Desk, ticket: Ticket, proposal: Proposal) -> None:
    """Tell who asked that their question may stand in the FAQ, and how to prevent it (rule 7)."""
    slot = f"asked/{proposal.id}"
    desk.writer.say(
        ticket.room,
        say.QuestionProposed(),
        Kind.STATUS,
        purpose=slot,
        slot=slot,
        reply_to=ticket.question,
        thread=ticket.thread,
    )


def draft_of(setting: Setting, ticket: Ticket, said: list[str], also: Sequence[Ticket] = ()) -> FaqEntry:
    """Return the entry that a question and its answer make, its people left out.

    `also`: others who asked the same, whose words give more phrasings.
    """
    texts = [ticket.text, *(t.text for t in also if t.id != ticket.id)]
    people = dict.fromkeys([ticket.asker, ticket.helper, *(t.asker for t in also)])
    names = [name for u in people if u is not None for name in setting.names.forms(u)]
    faq = setting.index.faq
    wording = Wording(texts, [entry.phrasings for entry in faq.entries])
    theme = ticket.theme or setting.index.theme_of(ticket.text) or ""
    known = theme if theme in faq.themes else ""
    return drafted(texts, said, theme=known, names=names, reworded=wording.reworded)


def review_may_see(tx: Tx, setting: Setting, room: RoomId) -> bool:
    """Tell whether what was written in a room may be shown to the referents in theirs (rule 7)."""
    review = setting.policy.review_room
    row = tx.room(review) if review is not None else None
    return row is not None and may_show(room_facts(tx, room), row.facts)


def said_in(tx: Tx, ticket: Ticket) -> list[str]:
    """Return the helper's words as they stand in the asker's room: the quoted lines of what was relayed."""
    slots = dict.fromkeys(r.slot for r in tx.ticket_messages(ticket.id) if r.slot.startswith("relay/"))
    found = []
    for slot in slots:
        content = tx.last_content(ticket.id, slot) or {}
        body = str(content.get("m.new_content", content).get("body", ""))
        quoted = [_QUOTED.sub("", line) for line in body.splitlines() if line.startswith(">")]
        found.append("\n".join(quoted).strip())
    return [text for text in found if text]


def place_of(tx: Tx, ticket: Ticket, helper: UserId) -> RoomId | None:
    """Return where a helper can be asked: their direct message, else where they were offered the question."""
    direct = tx.direct_room(helper)
    if direct is not None:
        return direct.room
    return next((o.room for o in ticket.offers if o.user == helper), None)


def _ask_helper(hand: Hand, proposal: Proposal) -> None:
    if proposal.place is None or proposal.helper is None:
        return
    first = next((t for t in map(hand.tx.ticket, proposal.tickets) if t is not None), None)
    notice = say.CreditAsked(first.ref if first else "", own=proposal.helper == proposal.proposer)
    slot = f"credit/{proposal.id}"
    hand.writer.say(
        proposal.place, notice, Kind.STATUS, purpose=slot, slot=slot, mentions=rung(hand, proposal.helper)
    )


# --- what people do with them


def tap(desk: Desk, event: Message | Reaction, sent: SentMessage, tapped: Tap) -> None:
    """Carry out a tap on a card, or a helper's on the question how to be thanked."""
    proposal, version = _of_slot(desk.tx, sent)
    if proposal is None:
        return
    if sent.slot.startswith("credit/"):
        _helper_taps(desk, event, proposal, tapped)
    elif sent.slot.startswith("asked/"):
        _asker_taps(desk, event, proposal, tapped)
    elif not _may_decide(desk, event, proposal):
        return
    elif tapped is Tap.YES:
        approve(desk, event, proposal, version)
    elif tapped is Tap.NO:
        _refuse(desk, event, proposal, version, "")


def words(desk: Desk, event: Message, sent: SentMessage) -> bool:
    """Carry out a reply to a card or to the question how to be thanked; True when it was meant for us."""
    proposal, version = _of_slot(desk.tx, sent)
    text = question_of(event, desk.setting.me)
    tapped = taps.of_text(text)
    if proposal is None or tapped is not None:
        if tapped is not None:
            tap(desk, event, sent, tapped)
        return True
    if sent.slot.startswith("credit/"):
        if event.sender == proposal.helper and not proposal.ended:
            desk.tell(event, say.CreditNoted("unclear"))
        return True
    if sent.slot.startswith("asked/") or not _may_decide(desk, event, proposal):
        return True
    if no := _NO.match(text):
        _refuse(desk, event, proposal, version, no[1].strip())
        return True
    but = _BUT.match(text)
    if but and proposal.origin is Origin.VARIANTS:
        approve(desk, event, proposal, version, but=frozenset(map(int, re.findall(r"\d+", but[1]))))
        return True
    # The raw body: YAML lives by its indentation.
    return _amend(desk, event, proposal, event.body) or not mentions_me(event, desk.setting.me)


def bare(desk: Desk, event: Message, tapped: Tap | None) -> bool:
    """Take a bare sign of a helper in their direct message for the one question that waits there."""
    if tapped is None:
        return False
    waiting = [
        p
        for p in desk.tx.open_proposals()
        if p.helper == event.sender and p.place == event.room and p.credit is None
    ]
    if len(waiting) == 1:
        _helper_taps(desk, event, waiting[0], tapped)
    elif waiting:
        desk.note(event, base.WhichOne())
    return bool(waiting)


def may_review(desk: Desk, event: Message | Reaction) -> bool:
    """Whether somebody decides on proposals where they stand."""
    policy = desk.setting.policy
    return event.room == policy.review_room or (event.sender in policy.referents and desk.direct(event))


def _may_decide(desk: Desk, event: Message | Reaction, proposal: Proposal) -> bool:
    theirs = proposal.origin is Origin.REREAD and event.sender == proposal.helper
    return may_review(desk, event) or (theirs and event.room == proposal.place)


def approve(
    desk: Desk,
    event: Message | Reaction,
    proposal: Proposal,
    version: int,
    *,
    but: frozenset[int] = frozenset(),
) -> None:
    """✅ of a referent."""
    policy = desk.setting.policy
    today = policy.calendar.local(desk.now).date()
    alone = policy.alone_may_approve and policy.referents <= {event.sender}
    done = core.approved(proposal, event.sender, version, today, desk.now, alone=alone, but=but)
    if isinstance(done, core.Objection):
        desk.tell(event, say.CardObjection(done.value))
        return
    carry(hand_of(desk), done)
    if done.proposal.state is State.REFUSED:
        desk.tell(event, say.CardRefused(told=False))


def _refuse(desk: Desk, event: Message | Reaction, proposal: Proposal, version: int, word: str) -> None:
    done = core.refused(proposal, version, word, desk.now)
    if isinstance(done, core.Objection):
        desk.tell(event, say.CardObjection(done.value))
        return
    carry(hand_of(desk), done)
    desk.tell(event, say.CardRefused(told=bool(done.effects)))


def _amend(desk: Desk, event: Message, proposal: Proposal, text: str) -> bool:
    themes = desk.setting.index.faq.themes
    wanted = read_amendment(text, themes)
    if wanted.empty or proposal.origin is Origin.VARIANTS:
        return False
    if wanted.problems:
        desk.tell(event, say.NotAmended(wanted.problems, themes))
        return True
    if proposal.state is not State.REVIEW:
        desk.tell(event, say.CardObjection(core.Objection.OVER.value))
        return True
    entry = wanted.applied(proposal.entry)
    if proposal.changes[0].base is None:  # nobody knows a new entry by its id yet
        entry = replace(entry, id=entry_id(entry.theme, entry.question))
    decision = core.amended(proposal, entry, desk.now)
    carry(hand_of(desk), decision, reply_to=event.event_id)
    return True


def _helper_taps(desk: Desk, event: Message | Reaction, proposal: Proposal, tapped: Tap) -> None:
    if event.sender != proposal.helper:
        if proposal.helper is None and event.room == proposal.place:
            desk.tell(event, say.CreditNoted("over"))
        return
    if tapped in (Tap.NONE_OF_THESE, Tap.NO):
        decision = core.left(proposal, desk.now)
    elif tapped in _CHOICES:
        name = partial(_name, desk.setting, event.sender)
        decision = core.agreed(proposal, _CHOICES[tapped], name, desk.now)
    else:
        return
    what = "declined" if decision.proposal.state is State.DECLINED else str(decision.proposal.credit)
    over = decision.proposal == proposal and proposal.state is State.WRITING
    desk.tell(event, say.CreditNoted("over" if over else what))
    carry(hand_of(desk), decision)


def _asker_taps(desk: Desk, event: Message | Reaction, proposal: Proposal, tapped: Tap) -> None:
    asked = [t for t in map(desk.tx.ticket, proposal.tickets) if t is not None]
    if tapped is not Tap.NO or event.sender not in {t.asker for t in asked}:
        return
    over = proposal.state not in (State.AGREEING, State.REVIEW)
    carry(hand_of(desk), core.withdrawn(proposal, desk.now))
    desk.tell(event, say.CreditNoted("over" if over else "withdrawn"))


def _name(setting: Setting, user: UserId, credit: Credit) -> str:
    if credit is Credit.FULL:
        return setting.names.full_name(user)
    return setting.names.first_name(user) if credit is Credit.FIRST else ""


def withdraw(desk: Desk, ticket: Ticket) -> None:
    """What a proposal was made from was deleted: so is the proposal, unless it stands in the FAQ."""
    for proposal in desk.tx.proposals_of([ticket.id]):
        carry(hand_of(desk), core.withdrawn(proposal, desk.now))


def _of_slot(tx: Tx, sent: SentMessage) -> tuple[Proposal | None, int]:
    _, number, *version = sent.slot.split("/")
    return tx.proposal(ProposalId(int(number))), int(version[0]) if version else 0

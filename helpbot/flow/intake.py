"""A sync batch to inbox rows and cursor: TX 1. Nothing that is not addressed to the bot is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from helpbot.core import addressing, commands
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import (
    Batch,
    Echo,
    Membership,
    Message,
    Reaction,
    Redaction,
    RoomFacts,
    RoomNews,
    Sealed,
    TimelineItem,
)
from helpbot.core.listening import is_sure, may_be_heard
from helpbot.core.masking import mask
from helpbot.core.matching import Redirect
from helpbot.core.matching.danger import alarm
from helpbot.core.peers import is_answer
from helpbot.core.records import HELPER_SLOTS, InboxItem, RoomRow
from helpbot.core.spans import MINUTE
from helpbot.core.taps import Tap, of_found, of_reaction, of_text
from helpbot.core.tickets import Offer, Ticket
from helpbot.flow.moved import note_invitation, note_replacement
from helpbot.flow.peers import followed
from helpbot.flow.setting import Setting
from helpbot.ports import Clock, Homeserver, Refused, Store, Tx

log = logging.getLogger("helpbot.intake")

TEXT_TYPES = ("m.text", "m.emote")
CHOICE_MINUTES = 10
"""How long a bare sign may answer a pending choice (rule 4 of the conversation)."""
MAX_GAP_PAGES = 400

Past = dict[RoomId, tuple[TimelineItem, ...]]
Opened = list[tuple[EventId, Message | Reaction | None]]
"""Events that were sealed, and what they hold; None: nothing of interest."""


async def take_in(
    store: Store,
    homeserver: Homeserver,
    clock: Clock,
    setting: Setting,
    batch: Batch,
    since: str | None,
    sent: Callable[[], list[tuple[str, EventId]]] = list,
) -> list[InboxItem]:
    """Store a batch and its cursor, gaps filled and late keys tried; return what is to be decided.

    `sent` hands over what was sent and not stored yet: it shares the transaction.
    """
    past = {n.room: await fill_gap(homeserver, n, since) for n in batch.rooms if n.gap and not n.joined_here}
    opened = await _unseal(store, homeserver, batch.sessions) if batch.sessions else []
    now = clock.now()
    confirmed = sent()

    def work(tx: Tx) -> list[InboxItem]:
        for txn, event in confirmed:
            tx.confirm(txn, event, now)
        return _Intake(tx, setting, now, frozenset(t for t, _ in confirmed)).batch(batch, past, opened)

    return await store.run(work)


async def open_sealed(
    store: Store, homeserver: Homeserver, clock: Clock, setting: Setting
) -> list[InboxItem]:
    """Try everything that is still sealed: once after a start, when no key need arrive again."""
    opened = await _unseal(store, homeserver, None)
    if not opened:
        return []
    now = clock.now()
    return await store.run(lambda tx: _Intake(tx, setting, now).late(opened))


async def fill_gap(homeserver: Homeserver, news: RoomNews, since: str | None) -> tuple[TimelineItem, ...]:
    """Return what a limited timeline left out, oldest first."""
    if since is None or news.membership is not Membership.JOIN:
        return ()
    newest_first: list[TimelineItem] = []
    start: str | None = news.gap
    for _ in range(MAX_GAP_PAGES):
        if start is None:
            break
        try:
            page = await homeserver.messages(news.room, start=start, stop=since)
        except Refused as no:  # kicked meanwhile, or history hidden: there is no more to be had
            log.warning("gap not readable", extra={"code": no.code})
            break
        newest_first += page.events
        start = page.next
    else:
        log.warning("gap too long", extra={"pages": MAX_GAP_PAGES})
    newest_first.reverse()
    return tuple(newest_first)


async def _unseal(store: Store, homeserver: Homeserver, sessions: tuple[str, ...] | None) -> Opened:
    waiting = await store.run(lambda tx: tx.sealed(sessions))
    opened: Opened = []
    for sealed in waiting:
        event = await homeserver.unseal(sealed)
        if not isinstance(event, Sealed):
            opened.append((sealed.event_id, event))
    return opened


class _Intake:
    """One transaction's worth of taking in."""

    def __init__(self, tx: Tx, setting: Setting, now: int, confirmed: frozenset[str] = frozenset()) -> None:
        self._tx = tx
        self._confirmed = confirmed
        self._setting = setting
        self._now = now
        self._direct: dict[RoomId, bool] = {}

    def batch(self, batch: Batch, past: Past, opened: Opened) -> list[InboxItem]:
        items: list[InboxItem] = []
        for news in batch.rooms:
            self._room(news)
        # Our own echoes first: what people answer to must be known as ours.
        everything = [(e, n) for n in batch.rooms for e in (*past.get(n.room, ()), *n.events)]
        for event, _ in everything:
            if isinstance(event, Echo) and event.txn_id not in self._confirmed:
                self._tx.confirm(event.txn_id, event.event_id, self._now)
        for event, news in everything:
            if news.membership is Membership.JOIN and not isinstance(event, Echo):
                items += self._event(event)
        items += self.late(opened)
        self._tx.set_cursor(batch.next)
        return items

    def late(self, opened: Opened) -> list[InboxItem]:
        """Take in events whose keys came, and forget their ciphertext."""
        items = [item for _, event in opened if event is not None for item in self._event(event)]
        if opened:
            self._tx.drop_sealed(event_id for event_id, _ in opened)
        return items

    def _room(self, news: RoomNews) -> None:
        if news.replacement is not None:
            note_replacement(self._tx, self._setting.policy, news.room, news.replacement)
        if news.membership is Membership.JOIN and news.facts is None and not news.joined_here:
            return  # nothing of it is new
        row = self._tx.room(news.room)
        if news.membership is Membership.INVITE:
            note_invitation(self._tx, news.room)
            self._tx.save_room(
                RoomRow(
                    facts=row.facts if row else RoomFacts(news.room),
                    membership=Membership.INVITE,
                    inviter=news.inviter,
                    invited_direct=news.invited_direct,
                    invite_event=news.invite_event,
                    greeted=row.greeted if row else False,
                )
            )
        elif news.membership is Membership.LEAVE:
            # With whom it was is not kept; who could read there is, for what was written there (rule 7).
            facts = replace(row.facts, direct_with=None) if row else RoomFacts(news.room)
            self._tx.save_room(RoomRow(facts, Membership.LEAVE, greeted=row is not None and row.greeted))
        elif row is None or row.membership is not news.membership or news.facts not in (None, row.facts):
            facts = news.facts or (row.facts if row else RoomFacts(news.room))
            base = row or RoomRow(facts, news.membership)
            self._tx.save_room(replace(base, facts=facts, membership=news.membership, not_before=0))

    def _event(self, event: Message | Reaction | Redaction | Sealed) -> list[InboxItem]:
        policy = self._setting.policy
        if event.sender == self._setting.me.user or policy.ignores(event.sender):
            return []
        if not policy.trusts(event.sender):
            return []
        match event:
            case Sealed():
                self._tx.add_sealed(event, self._now)
                return []
            case Message():
                return self._message(event)
            case Reaction():
                wanted = self._reaction_counts(event)
            case Redaction():
                self._tx.drop_sealed([event.target])
                wanted = self._tx.knows_event(event.target)
        return self._store(InboxItem(event, self._now)) if wanted else []

    def _reaction_counts(self, event: Reaction) -> bool:
        if self._tx.sent_message(event.target) is not None:
            return True
        ticket = self._tx.ticket_of(event.target)
        if ticket is not None:
            return ticket.asker == event.sender
        key = of_reaction(event.key)
        if key is Tap.PIN:  # on one's own words, of which ours are the copy
            return bool(self._tx.relays_of(event.target))
        # ✅ on a colleague's message: it counts where its author has a question open in this room.
        return key is Tap.YES and any(t.room == event.room for t in self._tx.open_tickets(event.sender))

    def _message(self, event: Message) -> list[InboxItem]:
        me = self._setting.me
        if not addressing.is_addressed(event, me, addressing.Surroundings()):
            if self._under_anothers(event):
                return self._peer(event)
            if not addressing.is_addressed(event, me, self._around(event)):
                return self._overheard(event) if self._setting.policy.room(event.room).listen else []
        masked = mask(event.body)  # before anything else looks at the words, and before they are stored
        event = replace(event, html="", body=masked.text)
        if event.file is not None:
            name = mask(str(event.file["filename"])).text
            event = replace(event, file={**event.file, "filename": name})
        urgent = self._urgent(event)
        if urgent:
            return self._store(InboxItem(replace(event, body=""), self._now, sensitive=urgent))
        return self._store(InboxItem(event, self._now, masked=masked.found))

    def _under_anothers(self, event: Message) -> bool:
        """Whether a message stands in a room under a question of somebody else that the bot follows."""
        if event.edits is not None or (event.reply_to is None and event.thread is None):
            return False
        person = addressing.is_addressed(event, self._setting.me, addressing.Surroundings(direct=True))
        return person and not self._is_direct(event.room) and followed(self._tx, event) is not None

    def _peer(self, event: Message) -> list[InboxItem]:
        """Take in that a colleague answered, without a word of what they wrote."""
        if not is_answer(event.msgtype, event.body):
            return []
        bare = replace(event, body="", html="", mentions=None, file=None)
        return self._store(InboxItem(bare, self._now, peer=True))

    def _overheard(self, event: Message) -> list[InboxItem]:
        """Take in what was put to nobody in a listening room, where the answer is very sure."""
        if not may_be_heard(event) or self._setting.policy.ignores(event.sender):
            return []
        masked = mask(event.body)
        if not is_sure(self._setting.judge(masked.text)):
            return []
        return self._store(
            InboxItem(replace(event, html="", body=masked.text), self._now, masked=masked.found)
        )

    def _urgent(self, event: Message) -> str:
        """Return the urgent redirection that a message meets: its text is never stored (privacy 9)."""
        text = addressing.question_of(event, self._setting.me)
        command = commands.parse(text)
        if command is not None:
            text = command.rest if command.name == "aide" else ""
        if not text or of_text(text) is not None or event.msgtype not in TEXT_TYPES:
            return ""
        verdict = self._setting.judge(text)
        if not isinstance(verdict, Redirect) or not verdict.urgent or self._to_asker(event):
            return ""
        # « il est au sous-sol » of somebody who helps: without a word of danger it is asked whom it is for.
        return "" if self._helps_here(event) and alarm(text) is None else verdict.id

    def _to_asker(self, event: Message) -> bool:
        """Whether a volunteer answers a colleague, or a referent edits an entry: such words must arrive."""
        sent = [self._tx.sent_message(e) for e in (event.reply_to, event.thread) if e is not None]
        return any(s is not None and s.slot.startswith((*HELPER_SLOTS, "card/")) for s in sent)

    def _helps_here(self, event: Message) -> bool:
        """Whether this is the direct message of somebody who was offered a question there (rule 8)."""
        return self._is_direct(event.room) and bool(offers_here(self._tx, event.sender, event.room))

    def _around(self, event: Message) -> addressing.Surroundings:
        """Look up what may make a message ours; called only when its own text does not."""
        tx = self._tx
        if event.edits is not None:
            return addressing.Surroundings(edits_known=tx.knows_event(event.edits))
        direct = self._is_direct(event.room)
        replies = event.reply_to is not None and self._follows_reply(event)
        return addressing.Surroundings(
            direct=direct,
            replies_to_me=replies,
            follows_thread=not (direct or replies) and self._follows(event.room, event.thread),
            choice_pending=not direct and addressing.may_be_bare_choice(event) and self._pending(event),
        )

    def _follows_reply(self, event: Message) -> bool:
        """Whether a message answers one of ours, or says that its author's own question is solved."""
        target = event.reply_to
        if target is None or self._tx.sent_message(target) is not None:
            return target is not None
        ticket = self._tx.ticket_of(target) if of_found(event.body) else None
        return ticket is not None and ticket.asker == event.sender

    def _is_direct(self, room: RoomId) -> bool:
        if room not in self._direct:
            row = self._tx.room(room)
            self._direct[room] = row is not None and row.facts.direct_with is not None
        return self._direct[room]

    def _follows(self, room: RoomId, thread: EventId | None) -> bool:
        if thread is None:
            return False
        ours = self._tx.sent_message(thread) is not None
        return ours or self._tx.ticket_in_thread(room, thread) is not None

    def _pending(self, event: Message) -> bool:
        at = min(event.at, self._now)
        return bool(pending_for(self._tx, event.room, event.sender, of_text(event.body), at))

    def _store(self, item: InboxItem) -> list[InboxItem]:
        return [item] if self._tx.add_inbox(item) else []


def offers_here(tx: Tx, user: UserId, room: RoomId) -> list[tuple[Ticket, Offer]]:
    """Return what somebody was offered in a room and may still answer, or holds."""
    offered = ((ticket, offer) for ticket in tx.offered_to(user) for offer in ticket.offers)
    return [(ticket, offer) for ticket, offer in offered if (offer.user, offer.room) == (user, room)]


def pending_for(tx: Tx, room: RoomId, asker: UserId, tap: Tap | None, at: int) -> list[Ticket]:
    """Return the asker's tickets in a room for which a bare sign of the moment `at` may be meant."""
    digits = tap in (Tap.NONE_OF_THESE, Tap.FIRST, Tap.SECOND, Tap.THIRD)
    since = at - CHOICE_MINUTES * MINUTE
    return tx.tickets_pending(room, asker, since=since, choices_only=digits)

"""An inbox item to its decision and everything that follows: TX 2, all or nothing.

`decide_item` runs inside the transaction: it finds out which question an event is about and what it
means there, asks core for the decision, and writes all of it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from helpbot.core import addressing, commands, french, taps, tickets
from helpbot.core import notices as say
from helpbot.core.effects import Edit, Kind, Send
from helpbot.core.ids import RoomId, TicketId, UserId, ticket_ref
from helpbot.core.incoming import Message, Reaction, Redaction
from helpbot.core.records import HELPER_SLOTS, InboxItem, OutboxRow, SentMessage
from helpbot.core.taps import Tap
from helpbot.core.tickets import Decision, Pending, State, Ticket
from helpbot.flow.facts import first_reply, late_reply, load_facts, redirection, room_facts, show, title_of
from helpbot.flow.intake import TEXT_TYPES, pending_for
from helpbot.flow.report import report_lines
from helpbot.flow.setting import NameNeeded, Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, HomeserverError, Store, Tx

log = logging.getLogger("helpbot.handle")

LATE_MS = 48 * 3_600_000
FOLLOW_UP_MS = 10 * 60_000
MAX_ATTEMPTS = 5
_DIGITS = {Tap.NONE_OF_THESE: 0, Tap.FIRST: 1, Tap.SECOND: 2, Tap.THIRD: 3}
_RELAY, _NEW_QUESTION = "relay:", "new"
"""What 1 and 2 stand for while a volunteer is asked whom their words are for."""


async def handle(
    store: Store, homeserver: Homeserver, clock: Clock, setting: Setting, item: InboxItem
) -> Written:
    """Decide one item. On a fault of ours the item waits and is tried again, then parked."""
    while True:
        now = clock.now()
        try:
            return await store.run(partial(decide_item, setting=setting, item=item, now=now))
        except NameNeeded as needed:
            await learn_name(homeserver, setting, needed.user)
        except Exception:
            # One poisoned message must not stop the others: no content here, only the place.
            log.exception("a message could not be handled", extra={"attempts": item.attempts + 1})
            return await store.run(partial(_put_off, setting=setting, item=item, now=now))


async def learn_name(homeserver: Homeserver, setting: Setting, user: UserId) -> None:
    """Ask for somebody's name, for credit; without one the texts say « un·e collègue »."""
    try:
        name = await homeserver.profile_name(user)
    except HomeserverError:
        name = ""
    # « Prénom Nom [Organisme] » on Tchap: the brackets are decoration.
    plain = name.partition("[")[0].strip()
    setting.names.known[user] = "" if "@" in plain else plain.split(" ")[0]


def _put_off(tx: Tx, setting: Setting, item: InboxItem, now: int) -> Written:
    attempts = item.attempts + 1
    park = attempts >= MAX_ATTEMPTS
    wait = now + 2**attempts * 1000
    tx.retry_inbox(item.event.event_id, attempts=attempts, not_before=wait, park=park)
    writer = Writer(tx, setting, item.event.event_id, now)
    if park and isinstance(item.event, Message):
        writer.say(
            item.event.room,
            say.SomebodyWillLook(),
            Kind.STATUS,
            purpose="parked",
            reply_to=item.event.event_id,
        )
    writer.written.wake_at(wait)
    return writer.written


def decide_item(tx: Tx, setting: Setting, item: InboxItem, now: int) -> Written:
    """Decide what an item means and write all that follows. Runs inside one transaction."""
    desk = _Desk(tx, setting, item, now)
    if not tx.finish_inbox(item.event.event_id):
        return desk.writer.written  # it was taken up twice, and decided the first time
    match item.event:
        case Redaction():
            desk.redaction(item.event)
        case Reaction():
            desk.reaction(item.event)
        case Message(edits=None):
            desk.message(item.event)
        case Message():
            desk.edit(item.event)
    return desk.writer.written


class _Desk:
    """One item on the desk, with its transaction."""

    def __init__(self, tx: Tx, setting: Setting, item: InboxItem, now: int) -> None:
        self.tx = tx
        self.setting = setting
        self.item = item
        self.now = now
        self.writer = Writer(tx, setting, item.event.event_id, now)

    # --- what people do

    def redaction(self, event: Redaction) -> None:
        """A deleted question takes everything with it; a deleted relayed text takes its copies."""
        ticket = self.tx.ticket_of(event.target)
        if ticket is not None:
            self._carry(tickets.withdrawn(ticket, self._facts(ticket)))
        for row in self.tx.relays_of(event.target):
            self.writer.redact_row(row)

    def reaction(self, event: Reaction) -> None:
        """A tap on one of our messages, or of an asker on their own question."""
        tap = taps.of_reaction(event.key)
        if tap is None:
            return
        sent = self.tx.sent_message(event.target)
        ticket = self._ticket(sent) if sent else self.tx.ticket_of(event.target)
        if ticket is None:
            return
        if sent is not None and _is_helpers(sent, ticket):
            self._helper_tap(ticket, event.sender, tap, sent, event)
        elif event.sender == ticket.asker and (sent is None or sent.room == ticket.room):
            self._asker_tap(ticket, tap)

    def message(self, event: Message) -> None:
        """A question, a command, a one-sign reply, or words between an asker and a helper."""
        if self.item.sensitive:
            self._question(event, "")
            return
        if event.msgtype not in TEXT_TYPES:
            self._note(event, say.NotAText())
            return
        text = addressing.question_of(event, self.setting.me)
        command = commands.parse(text)
        if command is not None:
            self._command(event, command)
            return
        if self._reply(event, text) or self._in_thread(event, text) or self._bare(event, text):
            return
        if not text:
            self._help(event)
            return
        self._question(event, text)

    def edit(self, event: Message) -> None:
        """An edited question edits its answer; an edited relayed text edits its copies."""
        if event.edits is None:
            return
        ticket = self.tx.ticket_of(event.edits)
        if ticket is not None:
            self._edited_question(event, ticket)
        # Words that were asked about (« pour votre collègue ? ») have both a ticket and a copy.
        for row in self.tx.relays_of(event.edits):
            self._edited_relay(event, row)

    # --- replies and threads

    def _reply(self, event: Message, text: str) -> bool:
        """Handle a reply to one of our messages; False when it is a question like any other."""
        sent = self.tx.sent_message(event.reply_to) if event.reply_to else None
        ticket = self._ticket(sent)
        if sent is None or ticket is None:
            return False
        if _is_helpers(sent, ticket):
            self._helper_words(ticket, event, text, sent)
            return True
        if event.sender != ticket.asker:
            # Somebody else's remark on an answer: only a mention makes it a question of theirs.
            return not addressing.mentions_me(event, self.setting.me)
        return self._asker_words(ticket, event, text)

    def _in_thread(self, event: Message, text: str) -> bool:
        if event.thread is None:
            return False
        root = self.tx.sent_message(event.thread)
        ticket = self._ticket(root) if root else self.tx.ticket_in_thread(event.room, event.thread)
        if ticket is None:
            return False
        if root is not None and _is_helpers(root, ticket):
            self._helper_words(ticket, event, text, root)
            return True
        if event.sender != ticket.asker:
            return not addressing.mentions_me(event, self.setting.me)
        return self._asker_words(ticket, event, text)

    def _asker_words(self, ticket: Ticket, event: Message, text: str) -> bool:
        tap = taps.of_text(text)
        if tap is not None and self._asker_tap(ticket, tap):
            return True
        if tap is not None and ticket.ended:
            return True  # « merci » after the end asks nothing
        if ticket.helper is not None and ticket.state in (State.CLAIMED, State.ANSWERED):
            self._carry(tickets.asker_says(ticket, event.event_id, text, self._facts(ticket)))
            return True
        if ticket.state is State.ASKED or (ticket.posted and not ticket.ended):
            self._carry(tickets.asker_says(ticket, event.event_id, text, self._facts(ticket)))
            return True
        return False

    def _bare(self, event: Message, text: str) -> bool:
        """Handle a sign without a reply: it counts when exactly one choice waits (rule 4)."""
        if not taps.is_bare(event.body) and not (taps.of_text(text) and self._direct(event)):
            return False
        tap = taps.of_text(text)
        if tap in (Tap.CLAIM, Tap.PASS):
            return self._bare_claim(event, tap)
        waiting = pending_for(self.tx, event.room, event.sender, tap, min(event.at, self.now))
        if len(waiting) == 1 and tap is not None:
            self._asker_tap(waiting[0], tap)
            return True
        if waiting:
            self._note(event, say.WhichOne())
            return True
        return taps.is_bare(event.body)

    def _bare_claim(self, event: Message, tap: Tap) -> bool:
        """✋ or ⏭️ typed in a direct message, when one offer waits there."""
        found = [
            (t, o)
            for t in self.tx.offered_to(event.sender)
            for o in t.offers
            if o.user == event.sender and o.room == event.room
        ]
        if len(found) != 1:
            if found:
                self._note(event, say.WhichOne())
            return True
        ticket, offer = found[0]
        sent = SentMessage(ticket.id, offer.slot, Kind.OFFER, offer.room)
        self._helper_tap(ticket, event.sender, tap, sent, event)
        return True

    # --- the asker

    def _asker_tap(self, ticket: Ticket, tap: Tap) -> bool:
        """Carry out an asker's tap; False when it means nothing where the ticket stands."""
        if tap in _DIGITS and ticket.pending is Pending.CHOICE and _NEW_QUESTION in ticket.options:
            self._for_whom(ticket, _DIGITS[tap])
            return True
        facts = self._facts(ticket, people=tap not in _DIGITS)
        before = (ticket.state, ticket.pending)
        if tap in _DIGITS:
            answers = lambda entry: show(self.setting, entry, self.now)  # noqa: E731
            decision = tickets.chose(ticket, _DIGITS[tap], answers, facts)
        elif tap is Tap.YES:
            decision = tickets.said_yes(ticket, facts)
        elif tap is Tap.NO:
            decision = tickets.said_no(ticket, title_of(self.setting), facts)
        elif tap in (Tap.HUMAN, Tap.NAMED):
            decision = tickets.wants_human(ticket, facts, named=tap is Tap.NAMED)
        else:
            return False
        self._carry(decision)
        return (decision.ticket.state, decision.ticket.pending) != before or bool(decision.effects)

    def _question(self, event: Message, text: str) -> None:
        before = self._before(event) if french.is_follow_up(text) else None
        ticket = Ticket(
            id=TicketId(0),
            ref=ticket_ref(event.event_id),
            room=event.room,
            asker=event.sender,
            question=event.event_id,
            thread=event.thread,
            text=text,
            asked_at=min(event.at, self.item.received_at),
        )
        if self.item.sensitive:
            reply = redirection(self.setting, self.item.sensitive, urgent=True)
        elif event.at < self.item.received_at - LATE_MS:
            reply = late_reply(event.at, self.setting.policy)
        else:
            reply = first_reply(self.setting, text, before, self.now)
        if reply.kind is not Kind.LATE and not self.item.sensitive and self._for_colleague(ticket, text):
            return
        self.writer.written.first_reply = reply.kind.value
        people = reply.kind is Kind.ROUTE and self.setting.policy.room(event.room).route_always
        self._carry(tickets.ask(ticket, reply, self._facts(ticket, people=people)))

    def _before(self, event: Message) -> str | None:
        """Return what the same person asked here just before, for « et pour les bts ? »."""
        last = self.tx.last_ticket(event.room, event.sender, since=self.now - FOLLOW_UP_MS)
        return last.text if last else None

    def _for_colleague(self, ticket: Ticket, text: str) -> bool:
        """Ask a volunteer who is helping whether words that are no reply are for the colleague (rule 8)."""
        if not self._in_direct(ticket.room):
            return False
        working = [
            (t, o)
            for t in self.tx.offered_to(ticket.asker)
            for o in t.offers
            if o.user == ticket.asker and o.room == ticket.room and o.private
        ]
        if not working:
            return False
        other, offer = working[-1]
        notice = say.ForColleague(other.ref)
        asked = replace(
            ticket,
            pending=Pending.CHOICE,
            pending_at=self.now,
            options=(f"{_RELAY}{other.id}/{offer.slot}", _NEW_QUESTION),
            text=text,
        )
        send = Send("reply", ticket.room, notice, Kind.CLARIFY, reply_to=ticket.question)
        self._carry(Decision(asked, (send,)))
        return True

    def _for_whom(self, ticket: Ticket, choice: int) -> None:
        """Carry out the answer to « pour votre collègue, ou une nouvelle question ? »."""
        if choice != 1:
            reply = first_reply(self.setting, ticket.text, None, self.now)
            self.writer.written.first_reply = reply.kind.value
            facts = self._facts(ticket)
            self._carry(tickets.edited(replace(ticket, options=()), ticket.text, reply, facts))
            return
        number, _, slot = ticket.options[0].removeprefix(_RELAY).partition("/")
        other = self.tx.ticket(TicketId(int(number)))
        passed_on = None
        if other is not None:
            passed_on = tickets.helper_says(
                other,
                ticket.asker,
                ticket.question,
                ticket.text,
                slot,
                ticket.room,
                self._facts(other),
                private=True,
            )
            self._carry(passed_on)
        done = bool(passed_on and passed_on.effects)
        notice: say.Notice = say.PassedOn() if done else say.AlreadyTaken(other.ref if other else "")
        facts = self._facts(ticket)
        ended = tickets.set_aside(ticket, facts)
        self._carry(Decision(ended, (Edit("reply", notice, Kind.STATUS),)))

    def _edited_question(self, event: Message, ticket: Ticket) -> None:
        if event.sender != ticket.asker:
            return
        text = addressing.question_of(event, self.setting.me)
        if self.item.sensitive:
            reply = redirection(self.setting, self.item.sensitive, urgent=True)
        elif not text or text == ticket.text:
            return
        else:
            reply = first_reply(self.setting, text, None, self.now)
        self._carry(tickets.edited(ticket, text, reply, self._facts(ticket)))

    # --- the helper

    def _helper_tap(
        self, ticket: Ticket, user: UserId, tap: Tap, sent: SentMessage, event: Message | Reaction
    ) -> None:
        if tap is Tap.PASS:
            self._carry(tickets.passed(ticket, user, self._facts(ticket, people=True)))
        elif tap is Tap.CLAIM:
            if not self._is_volunteer(user):
                self._tell(event, say.NotAVolunteer())
                return
            slot, private = self._offer_slot(ticket, sent), self._direct(event)
            facts = self._facts(ticket)
            decision = tickets.claimed(ticket, user, slot, event.room, facts, private=private)
            if decision.ticket.helper != user:
                self._tell(event, say.AlreadyTaken(ticket.ref))
            self._carry(decision)

    def _helper_words(self, ticket: Ticket, event: Message, text: str, sent: SentMessage) -> None:
        tap = taps.of_text(text)
        if tap in (Tap.CLAIM, Tap.PASS):
            self._helper_tap(ticket, event.sender, tap, sent, event)
            return
        if not self._is_volunteer(event.sender):
            self._tell(event, say.NotAVolunteer())
            return
        if not text:
            return
        slot, private = self._offer_slot(ticket, sent), self._direct(event)
        facts = self._facts(ticket)
        decision = tickets.helper_says(
            ticket, event.sender, event.event_id, text, slot, event.room, facts, private=private
        )
        if not decision.effects:
            self._tell(event, say.AlreadyTaken(ticket.ref))
        self._carry(decision)

    def _edited_relay(self, event: Message, row: OutboxRow) -> None:
        ticket = self.tx.ticket(row.ticket) if row.ticket else None
        if ticket is None or ticket.state is State.WITHDRAWN:
            return
        name = self.setting.names.first_name
        text = addressing.question_of(event, self.setting.me)
        if row.slot.startswith("relay/") and event.sender == ticket.helper:
            notice: say.Notice = say.Relayed(name(event.sender), text)
        elif row.slot.startswith("follow/") and event.sender == ticket.asker:
            notice = say.FollowUp(ticket.ref, name(ticket.asker) if ticket.named else "", text)
        else:
            return
        if text:
            self._carry(Decision(ticket, (Edit(row.slot, notice, Kind.RELAY),)))
        else:  # nothing is left of it, or it must not be shown
            self.writer.redact_row(row)

    def _is_volunteer(self, user: UserId) -> bool:
        return any(seed.user == user for seed, _ in self.tx.volunteers())

    def _offer_slot(self, ticket: Ticket, sent: SentMessage) -> str:
        """Return the slot of the offer itself, also for an answer to a reminder or a follow-up."""
        return sent.slot if sent.slot.startswith("offer/") else ticket.helper_slot or sent.slot

    # --- commands and small words

    def _command(self, event: Message, command: commands.Command) -> None:
        if command.name == "aide":
            if command.rest:
                self._question(event, command.rest)
            else:
                self._help(event)
        elif command.name == "annuler":
            self._cancel(event)
        elif command.name == "rgpd":
            policy = self.setting.policy
            notice = say.Privacy(
                policy.controller,
                policy.dpo,
                policy.unsolved_days,
                policy.solved_days,
                policy.help_log_months,
            )
            self._note(event, notice)
        elif command.name == "bilan":
            self._report(event)
        else:
            self._note(event, say.UnknownCommand(command.meant))

    def _help(self, event: Message) -> None:
        shown = tuple(f"!{c.name}" for c in commands.COMMANDS if self._allowed(event, c.who))
        self._note(event, say.Help(self.setting.me.name, shown))

    def _allowed(self, event: Message, who: commands.Who) -> bool:
        if who is commands.Who.ANYONE:
            return True
        policy = self.setting.policy
        return event.room == policy.review_room or (event.sender in policy.referents and self._direct(event))

    def _cancel(self, event: Message) -> None:
        mine = self.tx.open_tickets(event.sender)
        here = [t for t in mine if t.room == event.room] or mine
        if not here:
            self._note(event, say.NothingToCancel())
            return
        if here[0].state is State.ANSWERED and here[0].helper is None:
            self._carry(tickets.withdrawn(here[0], self._facts(here[0])))
        else:
            self._carry(tickets.cancelled(here[0], self._facts(here[0])))

    def _report(self, event: Message) -> None:
        if not self._allowed(event, commands.Who.REVIEW):
            self._note(event, say.ForReviewers())
            return
        totals = self.tx.totals(since=0, timezone=str(self.setting.policy.calendar.timezone))
        self._note(event, say.Report(report_lines(totals)))

    def _note(self, event: Message, notice: say.Notice) -> None:
        self._tell(event, notice, kind=Kind.COMMAND)

    def _tell(self, event: Message | Reaction, notice: say.Notice, *, kind: Kind = Kind.STATUS) -> None:
        """Say something small where the event stands, as an answer to it."""
        thread = event.thread if isinstance(event, Message) else None
        about = event.event_id if isinstance(event, Message) else event.target
        purpose = type(notice).__name__
        self.writer.say(event.room, notice, kind, purpose=purpose, reply_to=about, thread=thread)

    # --- parts

    def _carry(self, decision: Decision) -> None:
        self.writer.carry_out(decision)

    def _facts(self, ticket: Ticket, *, people: bool = False) -> tickets.Facts:
        return load_facts(self.tx, self.setting, ticket, self.now, people=people)

    def _ticket(self, sent: SentMessage | None) -> Ticket | None:
        return self.tx.ticket(sent.ticket) if sent is not None and sent.ticket is not None else None

    def _direct(self, event: Message | Reaction) -> bool:
        return self._in_direct(event.room)

    def _in_direct(self, room: RoomId) -> bool:
        return room_facts(self.tx, room).direct_with is not None


def _is_helpers(sent: SentMessage, ticket: Ticket) -> bool:
    """Whether a message of ours stands on the helpers' side of a question."""
    return sent.slot.startswith(HELPER_SLOTS) and (sent.room != ticket.room or sent.slot.startswith("offer/"))

"""What people do, event by event: which question it is about, and what it means there.

Core decides, `Desk` writes. Everything here runs inside the transaction of one inbox item.
"""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import addressing, commands, french, taps, tickets
from helpbot.core import notices as say
from helpbot.core.effects import Edit, Kind, RedactSlot
from helpbot.core.ids import EventId, TicketId, ticket_ref
from helpbot.core.incoming import LATE_MS, Message, Reaction, Redaction
from helpbot.core.notices.files import RelayedFile
from helpbot.core.records import OutboxRow, SentMessage
from helpbot.core.spans import MINUTE
from helpbot.core.taps import Tap
from helpbot.core.tickets import Decision, Pending, State, Ticket
from helpbot.flow import files, growth, meeting, peers, proposals
from helpbot.flow.commands import carry_out, rights
from helpbot.flow.commands.basics import help_with
from helpbot.flow.desk import on_helpers_side
from helpbot.flow.facts import credit, first_reply, late_reply, redirection, show, title_of
from helpbot.flow.helperside import NEW_QUESTION, HelperSide
from helpbot.flow.intake import TEXT_TYPES, pending_for
from helpbot.flow.write import HELD_SLOT

FOLLOW_UP_MS = 10 * MINUTE
_DIGITS = {Tap.NONE_OF_THESE: 0, Tap.FIRST: 1, Tap.SECOND: 2, Tap.THIRD: 3}


class Conversation(HelperSide):
    """What one item means, and what follows."""

    # --- what people do

    def redaction(self, event: Redaction) -> None:
        """A deleted question takes everything with it; a deleted relayed text takes its copies."""
        ticket = self.tx.ticket_of(event.target)
        if ticket is not None:
            self.carry(tickets.withdrawn(ticket, self.facts(ticket)))
            proposals.withdraw(self, ticket)
        self.tx.drop_held(slot=f"{HELD_SLOT}{event.target}")
        for row in self._copies_of(event.target):
            self._take_copy_back(row)
            helped = self.tx.ticket(row.ticket) if row.ticket else None
            if helped is not None:
                proposals.withdraw(self, helped)
            if helped is not None and helped.shared_helper:
                self.tx.save_ticket(replace(helped, shared_helper=False))

    def reaction(self, event: Reaction) -> None:
        """A tap on one of our messages, or of an asker on their own question."""
        tap = taps.of_reaction(event.key)
        if tap is None:
            return
        sent = self.tx.sent_message(event.target)
        if sent is not None and sent.slot.startswith(proposals.SLOTS):
            proposals.tap(self, event, sent, tap)
            return
        if rights.confirmed(self, event, sent, tap):
            return
        ticket = self.ticket(sent) if sent else self.tx.ticket_of(event.target)
        if tap is Tap.PIN:
            ticket = ticket or self._answered_by(event.target)
            if ticket is not None:
                proposals.pin(self, ticket, event)
            return
        if ticket is None:
            if sent is None and tap is Tap.YES:
                peers.marked(self, event)
            return
        if sent is not None and on_helpers_side(sent, ticket):
            self._helper_tap(ticket, event.sender, tap, sent, event)
        elif event.sender == ticket.asker and (sent is None or _is_askers(sent, ticket)):
            own = sent is None and tap is Tap.YES and ticket.pending is Pending.NOTHING
            self._asker_tap(ticket, Tap.FOUND if own else tap, on=event.target)

    def message(self, event: Message) -> None:
        """A question, a command, a one-sign reply, or words between an asker and a helper."""
        if self.item.peer:
            peers.answered(self, event)
            return
        self._use_direct(event)
        if self.item.sensitive:
            self._question(event, "")
            return
        if event.msgtype == "m.key.verification.request":
            self.writer.decline_verification(event.room, event.event_id, event.sender)
            return
        if event.msgtype not in TEXT_TYPES and (event.file is None or not self._captioned(event)):
            files.pass_on(self, event)
            return
        text = addressing.question_of(event, self.setting.me)
        command = commands.parse(text)
        if command is not None:
            self._command(event, command)
            return
        if self._reply(event, text) or self._in_thread(event, text) or self._bare(event, text):
            return
        if not text:
            help_with(self, event)
            return
        if not any(char.isalnum() for char in text):
            self.note(event, say.NotAText())  # « ? » or « 😀 » is no question to put to a colleague
            return
        self._question(event, text)

    def _use_direct(self, event: Message) -> None:
        """Note in which direct message somebody speaks: they may have several."""
        row = self.tx.room(event.room)
        if row is not None and row.facts.direct_with == event.sender and not row.in_use:
            self.tx.use_direct(event.sender, event.room)

    def edit(self, event: Message) -> None:
        """An edited question edits its answer; an edited relayed text edits its copies."""
        if event.edits is None:
            return
        ticket = self.tx.ticket_of(event.edits)
        if ticket is not None:
            self._edited_question(event, ticket)
        # Words that were asked about (« pour votre collègue ? ») have both a ticket and a copy.
        for row in self._copies_of(event.edits):
            self._edited_relay(event, row)

    def _copies_of(self, event: EventId) -> list[OutboxRow]:
        """Return the newest copy of somebody's words in each slot: a slot changes and goes as a whole."""
        return list({(row.ticket, row.slot): row for row in self.tx.relays_of(event)}.values())

    def _take_copy_back(self, row: OutboxRow) -> None:
        """Delete a copy of somebody's words; its edits are events of their own and hold words too."""
        ticket = self.tx.ticket(row.ticket) if row.ticket else None
        if ticket is None:
            self.writer.redact_row(row)
        else:
            self.carry(Decision(ticket, (RedactSlot(row.slot),)))

    def _captioned(self, event: Message) -> bool:
        """Whether the words under a picture are a question of their own, beside which it does not count."""
        alone = event.reply_to is None and event.thread is None and event.file is not None
        return alone and bool(addressing.question_of(event, self.setting.me))

    def _answered_by(self, event: EventId) -> Ticket | None:
        """Return the question that somebody's own message answered."""
        rows = self.tx.relays_of(event)
        return self.tx.ticket(rows[0].ticket) if rows and rows[0].ticket else None

    # --- replies and threads

    def _reply(self, event: Message, text: str) -> bool:
        """Handle a reply to one of our messages; False when it is a question like any other."""
        sent = self.tx.sent_message(event.reply_to) if event.reply_to else None
        if sent is not None and sent.slot.startswith(proposals.SLOTS):
            return proposals.words(self, event, sent)
        if rights.confirmed(self, event, sent, taps.of_text(text)):
            return True
        if sent is None:
            return self._to_own_question(event, text)
        ticket = self.ticket(sent)
        if ticket is None:
            return False
        if on_helpers_side(sent, ticket):
            self._helper_words(ticket, event, text, sent)
            return True
        if taps.of_text(text) is Tap.PIN:
            proposals.pin(self, ticket, event)
            return True
        if event.sender != ticket.asker:
            # Somebody else's remark on an answer: only a mention makes it a question of theirs.
            return not addressing.mentions_me(event, self.setting.me)
        return self._asker_words(ticket, event, text)

    def _to_own_question(self, event: Message, text: str) -> bool:
        """Take what somebody says in reply to their own question as a word about it."""
        ticket = self.tx.ticket_of(event.reply_to) if event.reply_to else None
        if ticket is None or ticket.asker != event.sender:
            return False
        return self._asker_words(ticket, event, text)

    def _in_thread(self, event: Message, text: str) -> bool:
        if event.thread is None:
            return False
        root = self.tx.sent_message(event.thread)
        if root is not None and root.slot.startswith(proposals.SLOTS):
            return proposals.words(self, event, root)
        ticket = self.ticket(root) if root else self.tx.ticket_in_thread(event.room, event.thread)
        if ticket is None:
            return False
        if root is not None and on_helpers_side(root, ticket):
            self._helper_words(ticket, event, text, root)
            return True
        if event.sender != ticket.asker:
            return not addressing.mentions_me(event, self.setting.me)
        if self._asker_words(ticket, event, text):
            return True
        # Said to a colleague who spoke there: the bot reads it, and has nothing to add.
        return taps.thanks_somebody(text) and not addressing.mentions_me(event, self.setting.me)

    def _asker_words(self, ticket: Ticket, event: Message, text: str) -> bool:
        tap = taps.of_text(text)
        if tap is None and ticket.state is State.ANSWERED:
            tap = taps.of_feedback(text)
            if tap is Tap.NO and ticket.helper is not None:
                tap = None  # the helper reads what does not work, and goes on
        searched = tickets.is_searched(ticket)
        if searched and taps.of_found(text):
            tap = Tap.FOUND
        if tap is not None and self._asker_tap(ticket, tap, on=event.reply_to):
            return True
        if tap is not None and (ticket.ended or (tap is Tap.YES and searched)):
            return True  # « merci » after the end asks nothing, nor does one for having searched
        if ticket.twin is not None:
            return False  # its helper was asked something of somebody else: a question of its own
        if ticket.helper is not None and ticket.state in (State.CLAIMED, State.ANSWERED):
            self.carry(tickets.asker_says(ticket, event.event_id, text, self.facts(ticket)))
            return True
        if ticket.state is State.ASKED or (ticket.posted and not ticket.ended):
            self.carry(tickets.asker_says(ticket, event.event_id, text, self.facts(ticket)))
            return True
        return False

    def _bare(self, event: Message, text: str) -> bool:
        """Handle a sign without a reply: it counts when exactly one choice waits (rule 4)."""
        if taps.of_found(text) and self._found(event):
            return True
        if not taps.is_bare(event.body) and not (taps.of_text(text) and self.direct(event)):
            return False
        tap = taps.of_text(text)
        if tap in (Tap.CLAIM, Tap.PASS):
            return self._bare_claim(event, tap)
        waiting = pending_for(self.tx, event.room, event.sender, tap, min(event.at, self.now))
        if len(waiting) == 1 and tap is not None:
            self._asker_tap(waiting[0], tap)
            return True
        if waiting and taps.of_feedback(text) is Tap.YES and not taps.is_bare(event.body):
            return False  # « merci » for all of it
        if waiting:
            self.note(event, say.WhichOne())
            return True
        if self.direct(event) and proposals.bare(self, event, tap):
            return True
        return taps.is_bare(event.body)

    def _found(self, event: Message) -> bool:
        """Take « c'est bon, j'ai trouvé » for the one question of its author that is searched here."""
        searched = [
            t for t in self.tx.open_tickets(event.sender) if t.room == event.room and tickets.is_searched(t)
        ]
        if len(searched) > 1:
            self.note(event, say.WhichOne())
        return len(searched) > 1 or any(self._asker_tap(t, Tap.FOUND) for t in searched)

    # --- the asker

    def _asker_tap(self, ticket: Ticket, tap: Tap, *, on: EventId | None = None) -> bool:
        """Carry out an asker's tap; False when it means nothing where the ticket stands.

        `on`: the message that it is a tap on, or an answer to.
        """
        if tap in _DIGITS and ticket.pending is Pending.CHOICE and NEW_QUESTION in ticket.options:
            self._for_whom(ticket, _DIGITS[tap])
            return True
        facts = self.facts(ticket, people=tap not in _DIGITS)
        before = (ticket.state, ticket.pending)
        if tap in _DIGITS:
            answers = lambda entry: show(self.setting, entry, self.now)  # noqa: E731
            decision = tickets.chose(ticket, _DIGITS[tap], answers, facts)
        elif tap is Tap.YES:
            decision = tickets.said_yes(ticket, facts)
        elif tap is Tap.NO and ticket.state is State.SOLVED:
            sent = self.tx.sent_message(on) if on is not None else None
            is_answer = sent is not None and sent.slot.startswith("relay/")
            decision = tickets.took_back(ticket, facts) if is_answer else tickets.Decision(ticket)
        elif tap is Tap.NO:
            decision = tickets.said_no(ticket, title_of(self.setting), facts)
        elif tap in (Tap.HUMAN, Tap.NAMED):
            decision = tickets.wants_human(ticket, facts, named=tap is Tap.NAMED)
        elif tap is Tap.FOUND:
            decision = tickets.found(ticket, facts)
        elif tap is Tap.SHARE:
            decision = tickets.shared(ticket, ticket.asker)
        else:
            return False
        self.carry(decision)
        if tap is Tap.YES:
            growth.after_yes(self, decision.ticket)
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
        if reply.kind is not Kind.LATE and not self.item.sensitive and self._for_colleague(event, ticket):
            return
        self.writer.written.first_reply = reply.kind.value
        if reply.kind is Kind.ROUTE and meeting.meet(self, ticket, reply):
            return
        people = reply.kind is Kind.ROUTE and self.setting.policy.room(event.room).route_always
        self.carry(tickets.ask(ticket, reply, self.facts(ticket, people=people)))
        if event.file is not None and reply.kind is Kind.ROUTE:
            files.of_question(self, event)

    def _before(self, event: Message) -> str | None:
        """Return what the same person asked here just before, for « et pour les bts ? »."""
        last = self.tx.last_ticket(event.room, event.sender, since=self.now - FOLLOW_UP_MS)
        return last.text if last else None

    def _edited_question(self, event: Message, ticket: Ticket) -> None:
        if event.sender != ticket.asker:
            return
        text = addressing.question_of(event, self.setting.me)
        if self.item.sensitive:
            reply = redirection(self.setting, self.item.sensitive, urgent=True)
        elif not text:  # nothing is left of it: as good as deleted
            self.carry(tickets.withdrawn(ticket, self.facts(ticket)))
            return
        elif text == ticket.text:
            return
        else:
            reply = first_reply(self.setting, text, None, self.now)
        self.carry(tickets.edited(ticket, text, reply, self.facts(ticket)))

    def _edited_relay(self, event: Message, row: OutboxRow) -> None:
        ticket = self.tx.ticket(row.ticket) if row.ticket else None
        if ticket is None or ticket.state is State.WITHDRAWN:
            return
        name = self.setting.names.first_name
        text = addressing.question_of(event, self.setting.me)
        if row.slot.startswith("relay/") and event.sender == (row.about or ticket.helper):
            of_file = any(key in row.content for key in ("url", "file"))
            relayed = RelayedFile if of_file else say.Relayed
            notice: say.Notice = relayed(credit(self.tx, self.setting, event.sender), text)
        elif row.slot.startswith("follow/") and event.sender == ticket.asker:
            notice = say.FollowUp(ticket.ref, name(ticket.asker) if ticket.named else "", text)
        else:
            return
        if text or event.file is not None:
            self.carry(Decision(ticket, (Edit(row.slot, notice, Kind.RELAY),)))
        else:  # nothing is left of it, or it must not be shown
            self._take_copy_back(row)

    # --- commands

    def _command(self, event: Message, command: commands.Command) -> None:
        if command.name == "aide" and command.rest:
            self._question(event, command.rest)
        else:
            carry_out(self, event, command)


def _is_askers(sent: SentMessage, ticket: Ticket) -> bool:
    """Whether a message of ours stands on the asker's side, or went to their direct message instead."""
    return sent.room == ticket.room or sent.slot.startswith("relay/")

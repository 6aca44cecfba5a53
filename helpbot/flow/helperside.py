"""What volunteers say and tap: to what they were offered, and to what they hold."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import notices as say
from helpbot.core import taps, tickets
from helpbot.core.effects import Edit, Kind, Send
from helpbot.core.ids import TicketId, UserId
from helpbot.core.incoming import Message, Reaction
from helpbot.core.offerwords import is_asked, of_offer, said_to_offers
from helpbot.core.records import SentMessage
from helpbot.core.spans import DAY
from helpbot.core.taps import Tap
from helpbot.core.tickets import Decision, Offer, Pending, Ticket
from helpbot.flow import proposals
from helpbot.flow.desk import Desk, offer_slot
from helpbot.flow.facts import first_reply
from helpbot.flow.intake import offers_here

LATE_CLAIM_MS = 3 * DAY
NEW_QUESTION = "new"
_RELAY = "relay:"
"""What 1 and 2 stand for while a volunteer is asked whom their words are for; 2: `NEW_QUESTION`."""


class HelperSide(Desk):
    """What one item of a volunteer means, and what follows."""

    def _helper_tap(
        self, ticket: Ticket, user: UserId, tap: Tap, sent: SentMessage, event: Message | Reaction
    ) -> None:
        if tap in (Tap.YES, Tap.NO) and is_asked(ticket, user):
            tap = Tap.CLAIM if tap is Tap.YES else Tap.PASS
        if tap is Tap.PIN:
            proposals.pin(self, ticket, event)
        elif tap is Tap.PASS:
            self.carry(tickets.passed(ticket, user, self.facts(ticket, people=True)))
        elif tap is Tap.SHARE and user == ticket.helper:
            self.carry(tickets.shared(ticket, user))
        elif tap is Tap.CLAIM:
            if not self.is_volunteer(user):
                self.tell(event, say.NotAVolunteer())
                return
            slot, private = offer_slot(ticket, sent), self.direct(event)
            facts = self.facts(ticket)
            decision = tickets.claimed(ticket, user, slot, event.room, facts, private=private)
            if decision.ticket.helper != user:
                self.tell(event, say.AlreadyTaken(ticket.ref))
            self.carry(decision)

    def _helper_words(self, ticket: Ticket, event: Message, text: str, sent: SentMessage) -> None:
        tap = taps.of_text(text)
        if tap not in (Tap.CLAIM, Tap.PASS, Tap.PIN) and not sent.slot.startswith("follow/"):
            tap = said_to_offers(event.sender, [ticket], text)
        if tap in (Tap.CLAIM, Tap.PASS, Tap.PIN):
            self._helper_tap(ticket, event.sender, tap, sent, event)
            return
        if not self.is_volunteer(event.sender) and ticket.helper != event.sender:
            self.tell(event, say.NotAVolunteer())
            return
        if not text:
            return
        slot, private = offer_slot(ticket, sent), self.direct(event)
        facts = self.facts(ticket)
        decision = tickets.helper_says(
            ticket, event.sender, event.event_id, text, slot, event.room, facts, private=private
        )
        if not decision.effects:
            self.tell(event, say.AlreadyTaken(ticket.ref))
        self.carry(decision)

    def _bare_claim(self, event: Message, tap: Tap) -> bool:
        """✋ or ⏭️ typed in a direct message, when one offer waits there."""
        found = offers_here(self.tx, event.sender, event.room) or self._offered_before(event, tap)
        if len(found) != 1:
            if found:
                self.note(event, say.WhichOne())
            return True
        ticket, offer = found[0]
        sent = SentMessage(ticket.id, offer.slot, Kind.OFFER, offer.room)
        self._helper_tap(ticket, event.sender, tap, sent, event)
        return True

    def _offered_before(self, event: Message, tap: Tap) -> list[tuple[Ticket, Offer]]:
        """Return the last offer that stood here, for a « je prends » that comes after its end."""
        last = self.tx.last_offer(event.sender, since=self.now - LATE_CLAIM_MS) if tap is Tap.CLAIM else None
        offers = last.offers if last is not None else ()
        return [(last, o) for o in offers if last and o.user == event.sender and o.room == event.room]

    def _for_colleague(self, event: Message, ticket: Ticket) -> bool:
        """Ask a volunteer who is helping whether words that are no reply are for the colleague (rule 8)."""
        if not self.in_direct(ticket.room):
            return False
        working = [(t, o) for t, o in offers_here(self.tx, ticket.asker, ticket.room) if o.private]
        if not working:
            late = of_offer(ticket.text)
            asked = late and self.tx.last_offer(ticket.asker, since=self.now - LATE_CLAIM_MS)
            return self._bare_claim(event, late) if late and asked else False
        other, offer = working[-1]
        if tap := said_to_offers(ticket.asker, [t for t, _ in working], ticket.text):
            return self._bare_claim(event, tap)
        notice = say.ForColleague(other.ref)
        asked = replace(
            ticket,
            pending=Pending.CHOICE,
            pending_at=self.now,
            options=(f"{_RELAY}{other.id}/{offer.slot}", NEW_QUESTION),
        )
        send = Send("reply", ticket.room, notice, Kind.CLARIFY, reply_to=ticket.question)
        self.carry(Decision(asked, (send,)))
        return True

    def _for_whom(self, ticket: Ticket, choice: int) -> None:
        """Carry out the answer to « pour votre collègue, ou une nouvelle question ? »."""
        if choice != 1:
            reply = first_reply(self.setting, ticket.text, None, self.now)
            self.writer.written.first_reply = reply.kind.value
            facts = self.facts(ticket)
            self.carry(tickets.edited(replace(ticket, options=()), ticket.text, reply, facts))
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
                self.facts(other),
                private=True,
            )
            self.carry(passed_on)
        done = bool(passed_on and passed_on.effects)
        notice: say.Notice = say.PassedOn() if done else say.AlreadyTaken(other.ref if other else "")
        facts = self.facts(ticket)
        ended = tickets.set_aside(ticket, facts)
        self.carry(Decision(ended, (Edit("reply", notice, Kind.STATUS),)))

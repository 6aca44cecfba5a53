"""What becomes of a question whose room is replaced by another."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.tickets import Offer, OfferState, State, Ticket, moved, offered_in

OLD, NEW, OTHER = RoomId("!old:t"), RoomId("!new:t"), RoomId("!other:t")
VERA, SAM = UserId("@vera:t"), UserId("@sam:t")
TICKET = Ticket(
    TicketId(1), "REF", OLD, UserId("@lea:t"), EventId("$q"), EventId("$root"), "texte", 0, state=State.ASKED
)
OFFERS = (Offer(VERA, OLD, "offer/vera", 0), Offer(SAM, OTHER, "offer/sam", 0, OfferState.CLAIMED))


def test_a_question_stands_in_the_new_room_and_in_no_thread_of_it() -> None:
    after = moved(replace(TICKET, offers=OFFERS), OLD, NEW)
    assert (after.room, after.thread, after.moved) == (NEW, None, True)
    assert [offer.room for offer in after.offers] == [NEW, OTHER]


def test_a_question_of_another_room_moves_its_offers_only() -> None:
    after = moved(replace(TICKET, offers=OFFERS), OTHER, NEW)
    assert (after.room, after.thread, after.moved) == (OLD, EventId("$root"), False)
    assert [offer.room for offer in after.offers] == [OLD, NEW]


def test_which_messages_still_offer_it() -> None:
    asked = replace(TICKET, offers=OFFERS)
    assert offered_in(asked, OLD) == ("offer/vera",)
    assert offered_in(replace(asked, posted=True), OTHER) == ("offer/sam", "offer/room")
    assert offered_in(replace(asked, posted=True, helper=SAM), OTHER) == ("offer/sam",)
    assert offered_in(replace(asked, state=State.SOLVED), OLD) == ()
    passed = replace(OFFERS[0], state=OfferState.PASSED)
    assert offered_in(replace(asked, offers=(passed,)), OLD) == ()

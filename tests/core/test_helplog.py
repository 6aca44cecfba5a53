"""What the log keeps of an ended question: pseudonyms, open minutes beside wall time, who answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from helpbot.core.helplog import help_record
from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.records import HelpRecord
from helpbot.core.tickets import Outcome, State, Ticket

HOURS = OpenHours.parse("lun-ven 08:00-18:00", Calendar(ZoneInfo("Europe/Paris")))
REFERENT = UserId("@ref:test")


def at(day: int, hour: int, minute: int = 0) -> int:
    """A moment of November 2026 in Paris; the 20th is a Friday."""
    return int(datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC).timestamp() * 1000)


ASKED = Ticket(
    TicketId(7), "K3M9P", RoomId("!r"), UserId("@a:test"), EventId("$q"), None, "texte",
    asked_at=at(20, 17, 50), theme="pix", entry="pix-mdp", first_reply_at=at(20, 17, 50),
)  # fmt: skip


def recorded(ticket: Ticket) -> HelpRecord:
    return help_record(
        ticket,
        ended_at=at(23, 9),
        level="college",
        hours=HOURS,
        referents={REFERENT},
        alias=lambda user: user.upper(),
    )


def test_a_weekend_is_wall_time_and_not_open_time() -> None:
    answered = replace(
        ASKED,
        state=State.SOLVED,
        outcome=Outcome.VOLUNTEER,
        helper=UserId("@v:test"),
        claimed_at=at(23, 8, 5),
        answered_at=at(23, 8, 20),
    )
    record = recorded(answered)
    assert (record.claim_minutes, record.answer_minutes) == (15, 30)
    assert record.claimed_at is not None
    assert record.claimed_at - record.asked_at == at(23, 8, 5) - at(20, 17, 50)
    assert (record.asker, record.helper) == ("@A:TEST", "@V:TEST")
    assert (record.theme, record.level, record.month) == ("pix", "college", "2026-11")


@pytest.mark.parametrize(
    ("outcome", "helper", "told"),
    [
        (Outcome.VOLUNTEER, REFERENT, "referent"),
        (Outcome.VOLUNTEER, UserId("@v:test"), "volunteer"),
        (Outcome.CLARIFIED, None, "clarified"),
        (Outcome.NOBODY, None, "nobody"),
        (None, None, "withdrawn"),
    ],
)
def test_how_it_ended(outcome: Outcome | None, helper: UserId | None, told: str) -> None:
    ticket = replace(ASKED, state=State.WITHDRAWN, outcome=outcome, helper=helper, answered_at=at(20, 17, 51))
    assert recorded(ticket).outcome == told


def test_an_answer_of_the_faq_has_neither_helper_nor_waiting_time() -> None:
    record = recorded(replace(ASKED, state=State.SOLVED, outcome=Outcome.FAQ, answered_at=at(20, 17, 50)))
    assert (record.helper, record.claim_minutes, record.answer_minutes) == (None, None, None)


def test_who_did_not_answer_is_not_in_the_log() -> None:
    """A claim alone is no help: the pseudonym of somebody who let it lie is not kept."""
    assert recorded(replace(ASKED, state=State.EXPIRED, helper=UserId("@v:test"))).helper is None

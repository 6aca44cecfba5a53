"""Is it for the bot? Everything else is neither stored nor answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.addressing import Me, Surroundings, is_addressed, mentions_me, question_of
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Message

ME = Me(UserId("@helpbot:agent.tchap.fr"), "Helpbot")
PILL = '<a href="https://matrix.to/#/%s">x</a> une question'
NOWHERE = Surroundings()


def message(body: str = "bonjour", **more: Any) -> Message:
    return Message(EventId("$1"), RoomId("!r:t"), UserId("@lea:agent.tchap.fr"), 0, body, **more)


@pytest.mark.parametrize(
    "told",
    [
        message(mentions=(ME.user,)),
        message(mentions=(UserId("@sam:t"), ME.user)),
        message("helpbot, un mot de passe"),
        message("HELPBOT : un mot de passe"),
        message("@helpbot un mot de passe"),
        message("Helpbot [DRANE Lyon] : un mot de passe"),
        message("Bonjour Helpbot !"),
        message("merci à @helpbot:agent.tchap.fr"),
        message("!aide"),
        message("  !bilan"),
        message(html=PILL % ME.user),
        message(html=PILL % "%40helpbot%3Aagent.tchap.fr"),
        message(html=(PILL % ME.user).replace("matrix.to", "www.tchap.gouv.fr")),
        message(html='<a href="matrix:u/helpbot:agent.tchap.fr">x</a>'),
    ],
)
def test_what_names_the_bot_is_for_it(told: Message) -> None:
    assert is_addressed(told, ME, NOWHERE)


@pytest.mark.parametrize(
    "said",
    [
        message("on se voit à midi ?"),
        message(mentions=(UserId("@sam:t"),)),
        message("le helpbots de l'an dernier"),
        message("superhelpbot"),
        message("trop bien!"),
        message("!! réunion à 17 h, qui vient ?"),
        message("! important"),
        message("!"),
        message(html=PILL % "@sam:t"),
        message("1"),
        message("helpbot", msgtype="m.notice"),
        message("helpbot", from_program=True),
        replace(message("helpbot"), sender=ME.user),
        message("helpbot", edits=EventId("$0")),
    ],
)
def test_what_does_not_is_not(said: Message) -> None:
    assert not is_addressed(said, ME, NOWHERE)


@pytest.mark.parametrize(
    ("around", "body", "wanted"),
    [
        (Surroundings(direct=True), "bonjour", True),
        (Surroundings(replies_to_me=True), "bonjour", True),
        (Surroundings(follows_thread=True), "bonjour", True),
        (Surroundings(choice_pending=True), "1", True),
        (Surroundings(choice_pending=True), "✅", True),
        (Surroundings(choice_pending=True), "1 heure", False),
        (Surroundings(edits_known=True), "bonjour", False),
    ],
)
def test_what_stands_around_a_message_may_make_it_the_bots(
    around: Surroundings, body: str, wanted: bool
) -> None:
    assert is_addressed(message(body), ME, around) is wanted


def test_an_edit_counts_when_its_original_did_and_for_no_other_reason() -> None:
    edit = message("helpbot", edits=EventId("$0"))
    assert is_addressed(edit, ME, Surroundings(edits_known=True))
    assert not is_addressed(edit, ME, Surroundings(direct=True, follows_thread=True))


@pytest.mark.parametrize(
    ("body", "question"),
    [
        ("helpbot: mot de passe perdu ?", "mot de passe perdu ?"),
        ("@Helpbot mot de passe perdu", "mot de passe perdu"),
        ("bonjour helpbot, mot de passe perdu", "bonjour , mot de passe perdu"),
        ("@helpbot:agent.tchap.fr : mot de passe", "mot de passe"),
        ("mot de passe perdu !", "mot de passe perdu !"),
        ("!aide helpbot mot de passe", "!aide mot de passe"),
        ("Helpbot [DRANE Lyon] : mot de passe perdu", "mot de passe perdu"),
        ("helpbot", ""),
        ("Helpbot :", ""),
    ],
)
def test_the_question_is_the_text_without_the_bots_name(body: str, question: str) -> None:
    assert question_of(message(body), ME) == question


def test_a_bot_without_a_name_is_not_named_by_every_text() -> None:
    nameless = Me(ME.user, "")
    assert not mentions_me(message("bonjour"), nameless)
    assert question_of(message("bonjour"), nameless) == "bonjour"


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_is_too_strange(body: str, html: str) -> None:
    told = message(body, html=html)
    is_addressed(told, ME, NOWHERE)
    assert len(question_of(told, ME)) <= len(body)

"""Events to our own words: what each means, and that nothing at all makes it raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.adapters.matrix.translate import MAX_TEXT, Malformed, parse, translate
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Echo, Message, Reaction, Redaction, Sealed

ROOM, ME = RoomId("!r:test"), UserId("@helpbot:test")
LEA = "@lea:test"


def event(content: Any, kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    base = {"type": kind, "event_id": "$e", "sender": LEA, "origin_server_ts": 5, "content": content}
    return {**base, **more}


def text(body: Any = "Bonjour", **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def message(content: Any, **more: Any) -> Message:
    found = translate(event(content, **more), ROOM, ME)
    assert isinstance(found, Message)
    return found


def test_a_plain_message() -> None:
    assert message(text()) == Message("$e", ROOM, LEA, 5, "Bonjour")  # type: ignore[arg-type]


def test_mentions_say_whether_there_were_any() -> None:
    assert message(text()).mentions is None
    assert message(text(**{"m.mentions": {}})).mentions == ()
    assert message(text(**{"m.mentions": {"user_ids": [ME, 7, "", ME]}})).mentions == (ME,)
    assert message(text(**{"m.mentions": "@helpbot:test"})).mentions == ()


def test_an_edit_gives_the_new_text() -> None:
    new = text("Nouveau", **{"m.mentions": {"user_ids": [ME]}, "formatted_body": "<b>N</b>"})
    relation = {"rel_type": "m.replace", "event_id": "$old"}
    found = message(text("* Nouveau", **{"m.new_content": new, "m.relates_to": relation, "m.mentions": {}}))
    assert (found.body, found.html, found.edits, found.mentions) == ("Nouveau", "<b>N</b>", "$old", (ME,))
    assert message(text("* Seul", **{"m.relates_to": relation})).body == "Seul"


def test_a_reply_loses_its_quotation() -> None:
    relation = {"m.in_reply_to": {"event_id": "$q"}}
    body = "> <@max:test> Une question\n> sur deux lignes\n\nMa réponse\n> une vraie citation"
    html = "<mx-reply><blockquote>…</blockquote></mx-reply>Ma réponse"
    found = message(text(body, formatted_body=html, **{"m.relates_to": relation}))
    assert (found.body, found.html) == ("Ma réponse\n> une vraie citation", "Ma réponse")
    assert found.reply_to == "$q"
    assert message(text("> cité à la main\n\noui", **{"m.relates_to": relation})).body.startswith("> cité")


def test_threads() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$last"}}
    found = message(text(**{"m.relates_to": {**thread, "is_falling_back": True}}))
    assert (found.thread, found.reply_to) == ("$root", None)
    found = message(text(**{"m.relates_to": thread}))
    assert (found.thread, found.reply_to) == ("$root", "$last")


def test_other_programs_are_known_by_their_mark() -> None:
    assert message(text(**{"fr.helpbot": {"kind": "answer"}})).from_program
    assert not message(text(**{"fr.helpbot": True})).from_program


def test_reactions_and_redactions() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$a", "key": "✅"}
    found = translate(event({"m.relates_to": relation}, "m.reaction"), ROOM, ME)
    assert found == Reaction("$e", ROOM, LEA, 5, "$a", "✅")  # type: ignore[arg-type]
    gone = Redaction("$e", ROOM, LEA, 5, "$a")  # type: ignore[arg-type]
    assert translate(event({"redacts": "$a"}, "m.room.redaction"), ROOM, ME) == gone
    assert translate(event({}, "m.room.redaction", redacts="$a"), ROOM, ME) == gone


def test_our_own_events_are_echoes_of_this_device_only() -> None:
    mine = event(text(), sender=ME, unsigned={"transaction_id": "t1"})
    assert translate(mine, ROOM, ME) == Echo("$e", ROOM, "t1")  # type: ignore[arg-type]
    assert translate(event(text(), sender=ME), ROOM, ME) is None


def test_what_was_deleted_is_nothing() -> None:
    assert translate(event({}), ROOM, ME) is None
    assert translate(event(text(), unsigned={"redacted_because": {}}), ROOM, ME) is None


def test_a_sealed_event_can_be_opened_later() -> None:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "s"}
    found = translate(event(content, "m.room.encrypted"), ROOM, ME)
    assert isinstance(found, Sealed)
    assert found.session_id == "s"
    assert json.loads(found.raw)["content"] == content


@pytest.mark.parametrize(
    "bad",
    [
        None,
        event("text"),
        event({"msgtype": "m.text"}),
        event(text(7)),
        event({"body": "sans type"}),
        event(text(), sender=None),
        event(text(), event_id="$" + "e" * 300),
        event(text(), origin_server_ts="now"),
        event(text(), origin_server_ts=True),
        event({"m.relates_to": []}, "m.reaction"),
        event({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$a", "key": 1}}, "m.reaction"),
        event({}, "m.room.redaction"),
        event({"algorithm": "rot13", "ciphertext": "", "session_id": "s"}, "m.room.encrypted"),
    ],
)
def test_malformed_events(bad: Any) -> None:
    with pytest.raises(Malformed):
        parse(bad, ROOM, ME)
    assert translate(bad, ROOM, ME) is None


def test_hostile_text_becomes_harmless() -> None:
    found = message(text("a\0b\ud800" + "x" * 100_000, formatted_body="<b>" + "y" * 100_000))
    assert found.body.startswith("ab?")
    assert len(found.body) <= MAX_TEXT
    assert len(found.html) == MAX_TEXT
    relation = {"m.in_reply_to": {"event_id": "$\ud800"}, "rel_type": "m.thread", "event_id": ["$x"]}
    found = message(text(**{"m.relates_to": relation}))
    assert (found.reply_to, found.thread) == (None, None)


_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_TYPES = st.sampled_from(["m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction"])
_NAMES = st.sampled_from(
    [
        "body",
        "msgtype",
        "formatted_body",
        "m.relates_to",
        "m.new_content",
        "m.mentions",
        "user_ids",
        "event_id",
        "rel_type",
        "m.in_reply_to",
        "key",
        "is_falling_back",
        "fr.helpbot",
        "algorithm",
        "ciphertext",
        "session_id",
        "redacts",
    ]
)
_WORDS = st.sampled_from(
    [
        "m.text",
        "m.replace",
        "m.thread",
        "m.annotation",
        "m.megolm.v1.aes-sha2",
        "$x",
        "> <@a:b> \n",
        "\0\ud800",
    ]
)
_JSON = st.recursive(
    _LEAF | _WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)
_EVENT = st.fixed_dictionaries(
    {"type": _TYPES | _JSON, "content": st.dictionaries(_NAMES, _JSON, max_size=8) | _JSON},
    optional={
        "event_id": st.just("$e") | _JSON,
        "sender": st.sampled_from([LEA, ME]) | _JSON,
        "origin_server_ts": st.just(5) | _JSON,
        "unsigned": _JSON,
        "redacts": _JSON,
    },
)


@given(_EVENT | _JSON, st.booleans())
def test_nothing_raises_and_everything_can_be_stored(anything: Any, encrypted: bool) -> None:
    found = translate(anything, ROOM, ME, encrypted=encrypted)
    for name in getattr(found, "__slots__", ()):
        value = getattr(found, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, str):
                assert "\0" not in part.encode().decode()


@given(_JSON)
def test_well_formed_outside_anything_inside(content: Any) -> None:
    for kind in ("m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted"):
        translate(event(content, kind), ROOM, ME)

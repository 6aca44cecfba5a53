"""Every table of the database, of the crypto store, and every file beside them.

A new column: name it here, in the words of texts/register.yaml, and run `make docs`.
"""

from __future__ import annotations

from helpbot.core.register.values import Basis, Column, Erased, Holds, Kept, Purpose, Table

_Entry = tuple[Holds, Erased, str]

PLAIN: _Entry = (Holds.NOTHING, Erased.KEPT, "")
THEIRS: _Entry = (Holds.USER, Erased.ROW, "")
NAMED: _Entry = (Holds.USER, Erased.BLANK, "")
SHARED: _Entry = (Holds.USER, Erased.TOKEN, "")
THEIR_ALIAS: _Entry = (Holds.ALIAS, Erased.ROW, "")
ALIAS: _Entry = (Holds.ALIAS, Erased.TOKEN, "")
OF_QUESTION: _Entry = (Holds.TICKET, Erased.ROW, "")
STUB_OF_QUESTION: _Entry = (Holds.TICKET, Erased.BLANK, "")
MENTIONS: _Entry = (Holds.MENTIONS, Erased.TOKEN, "")
WORDS: _Entry = (Holds.WORDS, Erased.ROW, "")
BLANKED_WORDS: _Entry = (Holds.WORDS, Erased.BLANK, "")
BLANKED_JSON: _Entry = (Holds.WORDS, Erased.BLANK, "{}")


def _table(name: str, purpose: Purpose, kept: Kept, /, **entries: _Entry) -> Table:
    nobody = kept in (Kept.ALWAYS, Kept.YEAR)
    basis = Basis.NONE_NEEDED if nobody else Basis.PUBLIC_TASK
    if kept is Kept.WISHED:
        basis = Basis.CONSENT
    columns = tuple(
        Column(name, column, holds, erased, purpose, basis, kept, not nobody, empty)
        for column, (holds, erased, empty) in entries.items()
    )
    return Table(name, purpose, basis, kept, columns)


TABLES: tuple[Table, ...] = (
    _table("state", Purpose.RUN, Kept.ALWAYS, key=PLAIN, value=PLAIN),
    _table(
        "rooms",
        Purpose.ANSWER,
        Kept.ROOM,
        room=PLAIN,
        membership=PLAIN,
        encrypted=PLAIN,
        version=PLAIN,
        direct_with=THEIRS,
        access=PLAIN,
        public=PLAIN,
        inviter=NAMED,
        invited_direct=PLAIN,
        invite_event=PLAIN,
        greeted=PLAIN,
        attempts=PLAIN,
        not_before=PLAIN,
        in_use=PLAIN,
    ),
    _table(
        "replaced_rooms",
        Purpose.RUN,
        Kept.ALWAYS,
        old=PLAIN,
        new=PLAIN,
        via=PLAIN,
        state=PLAIN,
        attempts=PLAIN,
        not_before=PLAIN,
    ),
    _table(
        "inbox",
        Purpose.ANSWER,
        Kept.INBOX,
        event_id=PLAIN,
        payload=BLANKED_WORDS,
        received_at=PLAIN,
        attempts=PLAIN,
        not_before=PLAIN,
        state=PLAIN,
    ),
    _table(
        "sealed",
        Purpose.ANSWER,
        Kept.KEY,
        event_id=PLAIN,
        room=PLAIN,
        sender=THEIRS,
        at=PLAIN,
        session_id=PLAIN,
        raw=WORDS,
        seen_at=PLAIN,
    ),
    _table(
        "tickets",
        Purpose.HELP,
        Kept.QUESTION,
        id=PLAIN,
        question=PLAIN,
        ref=PLAIN,
        room=PLAIN,
        thread=PLAIN,
        asker=THEIRS,
        state=PLAIN,
        epoch=PLAIN,
        pending=PLAIN,
        pending_at=PLAIN,
        asked_at=PLAIN,
        ended_at=PLAIN,
        helper=NAMED,
        theme=PLAIN,
        text=WORDS,
        detail=MENTIONS,
    ),
    _table(
        "offers",
        Purpose.HELP,
        Kept.QUESTION,
        ticket=OF_QUESTION,
        volunteer=SHARED,
        at=PLAIN,
        state=PLAIN,
        unasked=PLAIN,
    ),
    _table(
        "jobs",
        Purpose.HELP,
        Kept.QUESTION,
        ticket=OF_QUESTION,
        kind=PLAIN,
        due=PLAIN,
        epoch=PLAIN,
    ),
    _table(
        "outbox",
        Purpose.ANSWER,
        Kept.QUESTION,
        id=PLAIN,
        txn_id=PLAIN,
        room=PLAIN,
        event_type=PLAIN,
        content=BLANKED_JSON,
        priority=PLAIN,
        ticket=STUB_OF_QUESTION,
        slot=MENTIONS,
        kind=PLAIN,
        edits_slot=PLAIN,
        reply_slot=MENTIONS,
        redacts_txn=PLAIN,
        created_at=PLAIN,
        state=PLAIN,
        attempts=PLAIN,
        first_try_at=PLAIN,
        event_id=PLAIN,
        sent_at=PLAIN,
        about=NAMED,
    ),
    _table(
        "volunteers",
        Purpose.HELP,
        Kept.DIRECTORY,
        user=THEIRS,
        themes=PLAIN,
        hours=PLAIN,
        zone=PLAIN,
        school=PLAIN,
        academie=PLAIN,
        level=PLAIN,
        seeded=PLAIN,
        noticed_at=PLAIN,
        chosen=PLAIN,
        away_from=PLAIN,
        away_until=PLAIN,
        stopped_at=PLAIN,
        usual_minutes=PLAIN,
        habits=PLAIN,
    ),
    _table(
        "help_log",
        Purpose.IMPROVE,
        Kept.LOG,
        ticket=PLAIN,
        theme=PLAIN,
        level=PLAIN,
        outcome=PLAIN,
        entry=PLAIN,
        asker=ALIAS,
        helper=ALIAS,
        asked_at=PLAIN,
        first_reply_at=PLAIN,
        claimed_at=PLAIN,
        answered_at=PLAIN,
        ended_at=PLAIN,
        feedback=PLAIN,
        offers=PLAIN,
        month=PLAIN,
        refused=PLAIN,
        claim_minutes=PLAIN,
        answer_minutes=PLAIN,
    ),
    _table("told", Purpose.RIGHTS, Kept.TOLD, person=THEIR_ALIAS, what=PLAIN, at=PLAIN),
    _table(
        "proposals",
        Purpose.IMPROVE,
        Kept.PROPOSAL,
        id=PLAIN,
        origin=PLAIN,
        state=PLAIN,
        proposer=NAMED,
        helper=THEIRS,
        created_at=PLAIN,
        changed_at=PLAIN,
        detail=WORDS,
    ),
    _table(
        "topics", Purpose.IMPROVE, Kept.YEAR, id=PLAIN, month=PLAIN, theme=PLAIN, words=PLAIN, refused=PLAIN
    ),
    _table("proposal_tickets", Purpose.IMPROVE, Kept.PROPOSAL, ticket=OF_QUESTION, proposal=PLAIN),
    _table(
        "faq_edits",
        Purpose.IMPROVE,
        Kept.ALWAYS,
        id=PLAIN,
        proposal=PLAIN,
        entry=PLAIN,
        state=PLAIN,
        at=PLAIN,
        undoes=PLAIN,
        undone=PLAIN,
        detail=PLAIN,
    ),
    _table("credits", Purpose.IMPROVE, Kept.CREDITED, person=THEIR_ALIAS, entry=PLAIN, at=PLAIN),
    _table(
        "journeys",
        Purpose.RIGHTS,
        Kept.WISHED,
        person=THEIR_ALIAS,
        month=PLAIN,
        theme=PLAIN,
        level=PLAIN,
        answers=PLAIN,
        thanks=PLAIN,
    ),
    _table("journey_wishes", Purpose.RIGHTS, Kept.WISHED, person=THEIR_ALIAS, since=PLAIN),
    _table("report_months", Purpose.IMPROVE, Kept.ALWAYS, month=PLAIN, line=PLAIN),
)

KEY_TABLES: tuple[str, ...] = ("account", "olm_session", "device", "megolm_session", "arrived")
"""The crypto store: left out of export and erasure, each for the reason in texts/register.yaml."""

FILES: tuple[str, ...] = (
    "pseudonym.key",
    "pseudonym.key.erasures",
    "identity.json",
    "session.json",
    "index",
    "backups",
)
"""What lies beside the database; texts/register.yaml says what it holds and for how long."""

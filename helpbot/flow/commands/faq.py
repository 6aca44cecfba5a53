"""`!faq …`: proposing, and taking back what was published. What referents do with entries: entries.py."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from helpbot.core.commands import Command
from helpbot.core.editing import EditRow, EditState, FaqEdit
from helpbot.core.french import fold
from helpbot.core.incoming import Message
from helpbot.core.notices import ForReviewers
from helpbot.core.notices import proposals as say
from helpbot.flow.commands import entries
from helpbot.flow.desk import Desk
from helpbot.flow.gaps import ask_for_gaps
from helpbot.flow.proposals import may_review, pin

_DONE = (EditState.DONE, EditState.RECORDED)
Verb = Callable[[Desk, Message, str], None]


def faq(desk: Desk, event: Message, command: Command) -> None:
    """Do what a `!faq` command asks; without a word, or with one that is none, show the list."""
    word, *more = command.rest.split(maxsplit=1) or [""]
    rest = more[0] if more else ""
    name = _verb(word)
    if name in _ANYONE:
        _ANYONE[name](desk, event, rest)
    elif not may_review(desk, event):
        desk.note(event, ForReviewers())
    elif name in _REVIEW:
        _REVIEW[name](desk, event, rest)
    else:
        desk.note(event, say.FaqHelp(tuple(_ANYONE) + tuple(_REVIEW)))


def _verb(word: str) -> str:
    """Return the verb that a word stands for, forgiving its spelling; the word itself for none."""
    folded = fold(word)
    known = {**{fold(verb): verb for verb in (*_ANYONE, *_REVIEW)}, **_ALSO}
    if folded in known:
        return known[folded]
    near = difflib.get_close_matches(folded, known, n=1, cutoff=0.75)
    return known[near[0]] if near else folded


def propose(desk: Desk, event: Message, _rest: str) -> None:
    """📌 in words: the answer that this replies to, else the newest one that the sender had or gave."""
    sent = desk.tx.sent_message(event.reply_to) if event.reply_to else None
    ticket = desk.ticket(sent)
    if ticket is None and event.reply_to is not None:
        rows = desk.tx.relays_of(event.reply_to)
        ticket = desk.tx.ticket(rows[0].ticket) if rows and rows[0].ticket else None
    ticket = ticket or desk.tx.last_helped(event.sender)
    if ticket is None:
        desk.tell(event, say.PinNoted("nothing"))
    else:
        pin(desk, ticket, event)


def undo(desk: Desk, event: Message, rest: str) -> None:
    """Take back the newest change that stands, of one entry or of all."""
    if desk.tx.edit_in_hand() is not None:
        desk.note(event, say.NotUndone("busy"))
        return
    done = desk.tx.edits(_DONE, entry=rest or None, limit=50)
    last = next((row for row in done if not (row.undone or row.edit.uncredited) and row.undoes is None), None)
    if last is None:
        desk.note(event, say.NotUndone("nothing"))
        return
    edit = FaqEdit(0, last.edit.entry, file=last.edit.file, before=last.edit.after, after=last.edit.before)
    desk.tx.save_edit(EditRow(edit, EditState.WANTED, undoes=last.edit.id, at=desk.now))
    desk.writer.written.publish = True


_ANYONE: Mapping[str, Verb] = {"proposer": propose}
_REVIEW: Mapping[str, Verb] = {**entries.VERBS, "annuler": undo}
_ALSO: Mapping[str, str] = {"propose": "proposer", "undo": "annuler", **entries.ALSO}


def missing(desk: Desk, event: Message, _command: Command) -> None:
    """Work out what is asked for and not there; the answer comes as soon as it is."""
    ask_for_gaps(desk.tx, event.room, event.event_id)
    desk.writer.written.survey = True


HANDLERS = {"faq": faq, "lacunes": missing}

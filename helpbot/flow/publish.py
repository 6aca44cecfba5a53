"""An approved change of the FAQ to its files: stored, prepared beside the file, put in place, used, recorded.

Each step is stored before the next: whoever takes a change up after a crash finds by the draft's name whether
it stands in the file already (adapters/faqfiles/write.py). So each is made once, and none is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from helpbot.core import proposals as core
from helpbot.core.editing import EditRow, EditState, Ready, Refused, Why
from helpbot.core.effects import Kind
from helpbot.core.notices import Notice
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import ProposalId
from helpbot.flow.cards import Hand
from helpbot.flow.proposals import carry
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx
from helpbot.ports.faqfiles import FaqFiles

log = logging.getLogger("helpbot.publish")

MOST_TRIES = 20
"""How often a file may change between the preparation and the renaming before a person has to look."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Where changes of the FAQ go: its files, and what puts changed files in use at once."""

    files: FaqFiles
    reload: Callable[[], Awaitable[Written]]


async def publish_one(store: Store, clock: Clock, setting: Setting, to: Publisher) -> Written | None:
    """Take the oldest change that is on its way one step further. Return None when there is none."""
    row = await store.run(lambda tx: tx.edit_in_hand())
    if row is None:
        return None
    match row.state:
        case EditState.WANTED:
            return await _prepare(store, clock, setting, to, row)
        case EditState.PREPARED:
            return await _put_in_place(store, clock, setting, to, row)
        case _:
            return await _record(store, clock, setting, to, row)


async def _prepare(store: Store, clock: Clock, setting: Setting, to: Publisher, row: EditRow) -> Written:
    found = await to.files.prepare(row.edit)
    if isinstance(found, Refused):
        return await _give_back(store, clock, setting, to, row, found)
    return await store.run(partial(_prepared, row=row, ready=found))


def _prepared(tx: Tx, row: EditRow, ready: Ready) -> Written:
    edit = replace(
        row.edit,
        entry=ready.entry,
        file=ready.file,
        draft=ready.draft,
        digest=ready.digest,
        before=ready.before,
        after=ready.after,
        clean=ready.clean,
    )
    tx.save_edit(replace(row, edit=edit, state=EditState.PREPARED))
    return Written(publish=True)


async def _put_in_place(store: Store, clock: Clock, setting: Setting, to: Publisher, row: EditRow) -> Written:
    try:
        done = await to.files.commit(row.edit)
    except OSError as error:
        refused = Refused(Why.UNWRITABLE, (error.strerror or type(error).__name__,))
        log.error("a FAQ file cannot be written", extra={"edit": row.edit.id, "why": error.strerror})
        return await _give_back(store, clock, setting, to, row, refused)
    if done:
        reloaded = await to.reload() if row.edit.draft else Written()
        return _joined(reloaded, await store.run(partial(_done, setting=setting, row=row, now=clock.now())))
    if row.edit.tries >= MOST_TRIES:
        return await _give_back(store, clock, setting, to, row, Refused(Why.CHANGED))
    again = replace(row, edit=replace(row.edit, tries=row.edit.tries + 1), state=EditState.WANTED)
    await store.run(lambda tx: tx.save_edit(again))
    return Written(publish=True)


def _done(tx: Tx, setting: Setting, row: EditRow, now: int) -> Written:
    current = tx.edit(row.edit.id)
    if current is None or current.state is not EditState.PREPARED:
        return Written()
    edit = row.edit
    tx.save_edit(replace(row, state=EditState.DONE))
    if row.undoes is not None and (other := tx.edit(row.undoes)):
        tx.save_edit(replace(other, undone=True))
    hand = _hand(tx, setting, edit.id, "done", now)
    proposal = tx.proposal(ProposalId(row.proposal)) if row.proposal else None
    _say(hand, say.EntryWritten(edit.entry, question_of(setting, row), what_of(row)), "written")
    if proposal is not None and not tx.edits_left(proposal.id):
        carry(hand, core.written(proposal, edit.entry, now))
    hand.writer.written.publish = True
    return hand.writer.written


async def _give_back(
    store: Store, clock: Clock, setting: Setting, to: Publisher, row: EditRow, refused: Refused
) -> Written:
    """Tell the referents why a change was not made, and show its card again as things stand now."""
    reloaded = await to.reload() if refused.why in (Why.CHANGED, Why.GONE) else Written()
    work = partial(_refused, setting=setting, row=row, refused=refused, now=clock.now())
    return _joined(reloaded, await store.run(work))


def _refused(tx: Tx, setting: Setting, row: EditRow, refused: Refused, now: int) -> Written:
    tx.save_edit(replace(row, state=EditState.REFUSED))
    hand = _hand(tx, setting, row.edit.id, "refused", now)
    _say(hand, say.EntryNotWritten(row.edit.entry, refused.why.value, refused.details), "refused")
    proposal = tx.proposal(ProposalId(row.proposal)) if row.proposal else None
    if proposal is not None and len(proposal.changes) == 1:
        faq = setting.index.faq
        here = next((e for e in (*faq.entries, *faq.archived) if e.id == row.edit.entry), None)
        carry(hand, core.unwritten(proposal, here, now))
    elif proposal is not None and not tx.edits_left(proposal.id):
        carry(hand, core.written(proposal, proposal.entry.id, now))
    hand.writer.written.publish = True
    return hand.writer.written


async def _record(store: Store, clock: Clock, setting: Setting, to: Publisher, row: EditRow) -> Written:
    message = setting.catalogue.word(
        f"_commit_{what_of(row)}", question=question_of(setting, row), entry=row.edit.entry
    )
    problem = await to.files.record(row.edit, message)
    return await store.run(partial(_recorded, setting=setting, row=row, problem=problem, now=clock.now()))


def _recorded(tx: Tx, setting: Setting, row: EditRow, problem: str, now: int) -> Written:
    tx.save_edit(replace(row, state=EditState.RECORDED))
    hand = _hand(tx, setting, row.edit.id, "recorded", now)
    if problem:
        _say(hand, say.HistoryTrouble(problem), "history")
    hand.writer.written.publish = True
    return hand.writer.written


def what_of(row: EditRow) -> str:
    """Return what a change does: `added`, `changed`, `archived`, `undone`."""
    base, wanted = row.edit.base, row.edit.wanted
    if wanted is None:
        return "undone"
    if base is None:
        return "added"
    return "archived" if wanted.archived and not base.archived else "changed"


def question_of(setting: Setting, row: EditRow) -> str:
    """Return the question of the entry that a change is about."""
    if row.edit.wanted is not None:
        return row.edit.wanted.question
    entry = setting.index.faq.entry(row.edit.entry)
    return entry.question if entry else row.edit.entry


def _hand(tx: Tx, setting: Setting, number: int, step: str, now: int) -> Hand:
    return Hand(tx, setting, Writer(tx, setting, f"edit/{number}/{step}", now), now)


def _say(hand: Hand, notice: Notice, purpose: str) -> None:
    room = hand.setting.policy.review_room
    if room is not None:
        hand.writer.say(room, notice, Kind.STATUS, purpose=purpose)


def _joined(first: Written, second: Written) -> Written:
    second.rows[:0] = first.rows
    return second

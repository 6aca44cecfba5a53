"""An approved change of the FAQ to its files: stored, prepared beside the file, put in place, used, recorded.

Each step is stored before the next: whoever takes a change up after a crash finds by the draft's name whether
it stands in the file already (adapters/faqfiles/write.py). So each is made once, and none is forgotten.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from functools import partial

from helpbot.core import proposals as core
from helpbot.core.editing import EditRow, EditState, Ready, Refused, Unshared, Why
from helpbot.core.effects import Kind
from helpbot.core.notices import Notice
from helpbot.core.notices import proposals as say
from helpbot.core.proposals import Proposal, ProposalId
from helpbot.core.spans import HOUR, MINUTE
from helpbot.flow.cards import Hand
from helpbot.flow.proposals import carry
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx
from helpbot.ports.faqfiles import FaqFiles

log = logging.getLogger("helpbot.publish")

SHARE_AGAIN_MS, SHARE_AT_MOST_MS = 15 * MINUTE, 4 * HOUR
"""A remote that does not take the history is asked again after a quarter of an hour, then twice as late."""
_SHARING = "faq_share"
MOST_TRIES = 20
"""How often a file may change between the preparation and the renaming before a person has to look."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Where changes of the FAQ go: its files, and what puts changed files in use at once."""

    files: FaqFiles
    reload: Callable[[], Awaitable[Written]]
    shares: bool = False
    """The history goes elsewhere too, as soon as that can be reached."""


async def publish_one(store: Store, clock: Clock, setting: Setting, to: Publisher) -> Written | None:
    """Take the oldest change that is on its way one step further, else share what is recorded.

    Returns None when there is neither.
    """
    row = await store.run(lambda tx: tx.edit_in_hand())
    if row is None:
        return await _share(store, clock, setting, to) if to.shares else None
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
    undone = tx.edit(row.undoes) if row.undoes is not None else None
    if undone is not None:
        tx.save_edit(replace(undone, undone=True))
    hand = _hand(tx, setting, edit.id, "done", now)
    proposal = tx.proposal(ProposalId(row.proposal)) if row.proposal else None
    _note_credit(tx, setting, row, proposal, now)
    question = question_of(setting, row, undone)
    if edit.uncredited:
        _say(hand, say.CreditTakenOut(edit.entry, question), "written")
    else:
        _say(hand, say.EntryWritten(edit.entry, question, what_of(row)), "written")
    if proposal is not None and not tx.edits_left(proposal.id):
        carry(hand, core.written(proposal, edit.entry, now))
    hand.writer.written.publish = True
    return hand.writer.written


def _note_credit(tx: Tx, setting: Setting, row: EditRow, proposal: Proposal | None, now: int) -> None:
    """Note whom an entry thanks by name, so that the name can be taken out when they want to be forgotten."""
    wanted, gone = row.edit.wanted, not row.edit.after
    if gone or (wanted is not None and not wanted.credit):
        tx.forget_credit(row.edit.entry)
    elif wanted is None:
        return
    elif proposal is not None and proposal.helper is not None and proposal.credit is not None:
        tx.note_credited(setting.alias(proposal.helper), row.edit.entry, now)


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
    work = partial(_recorded, setting=setting, row=row, problem=problem, shares=to.shares, now=clock.now())
    return await store.run(work)


def _recorded(tx: Tx, setting: Setting, row: EditRow, problem: str, *, shares: bool, now: int) -> Written:
    tx.save_edit(replace(row, state=EditState.RECORDED))
    if row.edit.uncredited:
        tx.forget_changes(row.edit.entry)  # what was in hand meanwhile
    if shares and not problem:
        tx.remember(_SHARING, json.dumps(asdict(replace(_sharing(tx) or _Sharing(), at=now, tries=0))))
    hand = _hand(tx, setting, row.edit.id, "recorded", now)
    if problem:
        _say(hand, say.HistoryTrouble(problem), "history")
    hand.writer.written.publish = True
    return hand.writer.written


@dataclass(frozen=True, slots=True)
class _Sharing:
    """There are commits that others may not have yet."""

    at: int = 0
    """When to try next."""
    tries: int = 0
    told: str = ""
    """`behind` or `trouble`: what the referents were told of it."""


def share_at(tx: Tx) -> int | None:
    """Return when the history is to be shared; None: all of it is, or nobody wants that."""
    wanted = _sharing(tx)
    return wanted.at if wanted else None


def _sharing(tx: Tx) -> _Sharing | None:
    known = tx.remembered(_SHARING)
    return _Sharing(**json.loads(known)) if known else None


async def _share(store: Store, clock: Clock, setting: Setting, to: Publisher) -> Written | None:
    """Share the history when that is due. Return None when it is not."""
    wanted = await store.run(_sharing)
    if wanted is None or wanted.at > clock.now():
        return None
    found = await to.files.share()
    work = partial(_shared, setting=setting, wanted=wanted, found=found, now=clock.now())
    return await store.run(work)


def _shared(tx: Tx, setting: Setting, wanted: _Sharing, found: Unshared | None, now: int) -> Written:
    """Tell what changed: that it does not work, for another reason than before, or that it does again."""
    if _sharing(tx) != wanted:
        return Written(publish=True)  # there is more to share since
    hand = Hand(tx, setting, Writer(tx, setting, f"share/{wanted.at}/{wanted.tries}", now), now)
    if found is None:
        tx.remember(_SHARING, "")
        if wanted.told:
            _say(hand, say.HistoryShared(), "shared")
        return hand.writer.written
    what = "behind" if found.behind else "trouble"
    if what != wanted.told:
        _say(hand, say.HistoryNotShared(what, found.problem), "unshared")
    log.warning("the history of the FAQ cannot be pushed", extra={"why": what})
    wait = min(SHARE_AT_MOST_MS, SHARE_AGAIN_MS * 2**wanted.tries)
    tx.remember(_SHARING, json.dumps(asdict(_Sharing(now + wait, wanted.tries + 1, what))))
    return hand.writer.written


def what_of(row: EditRow) -> str:
    """Return what a change does: `added`, `changed`, `archived`, `undone`."""
    if row.edit.uncredited:
        return "uncredited"
    base, wanted = row.edit.base, row.edit.wanted
    if wanted is None:
        return "undone"
    if base is None:
        return "added"
    return "archived" if wanted.archived and not base.archived else "changed"


def question_of(setting: Setting, row: EditRow, undone: EditRow | None = None) -> str:
    """Return the question of the entry that a change is about; `undone`: the change that it takes back."""
    if row.edit.wanted is not None:
        return row.edit.wanted.question
    if undone is not None and undone.edit.wanted is not None and not undone.edit.base:
        return undone.edit.wanted.question  # it was new: the files know it no more
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

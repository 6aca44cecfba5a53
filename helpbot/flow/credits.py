"""Taking somebody's name out of the FAQ: its files, what is kept of its changes, the answers that showed it.

An entry that names its author was published with their agreement; they may take it back by `!oubliezmoi`. The
file is changed as any other is (flow/publish.py), and its history in git is not: that is said.
"""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.editing import EditRow, EditState, FaqEdit
from helpbot.core.effects import Edit, Kind, RedactSlot
from helpbot.core.ids import TicketId, UserId
from helpbot.core.notices import FaqAnswer
from helpbot.core.tickets import Decision
from helpbot.flow.facts import show
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx


def unname(tx: Tx, setting: Setting, writer: Writer, user: UserId, now: int) -> bool:
    """Take a person's name out of the entries that thank them; returns whether there were any.

    Those that were published from their answers, and those that have their whole name. May raise
    `NameNeeded`.
    """
    found = tx.credited(setting.alias(user)) | dict.fromkeys(_by_whole_name(setting, user), True)
    for row in tx.changes_under_way(user):
        if row.state is EditState.PREPARED:  # it is in its file in a moment, if it is not already
            found[row.edit.entry] = True
        elif row.edit.wanted is not None:
            nobody = replace(row.edit, wanted=replace(row.edit.wanted, credit=""))
            tx.save_edit(replace(row, edit=nobody))
    for entry, stands in found.items():
        if stands:
            _take_out(tx, setting, writer, entry, now)
        else:  # the entry names somebody else by now
            tx.forget_changes(entry)
    return bool(found)


def _by_whole_name(setting: Setting, user: UserId) -> list[str]:
    faq = setting.index.faq
    credited = [e for e in (*faq.entries, *faq.archived) if e.credit]
    if not credited:
        return []
    name = setting.names.full_name(user)
    return [e.id for e in credited if name and e.credit == name]


def _take_out(tx: Tx, setting: Setting, writer: Writer, entry: str, now: int) -> None:
    faq = setting.index.faq
    here = [e.credit for e in (*faq.entries, *faq.archived) if e.id == entry and e.credit]
    names = {*tx.names_credited(entry), *here}
    answers = {number for name in names for number in tx.answers_naming(entry, name)}
    for number in sorted(answers):
        _answer_without(tx, setting, writer, number, entry, now)
    for row in tx.cards_naming(entry):
        writer.redact_row(row)
    tx.unname(entry, names)
    tx.save_edit(EditRow(FaqEdit(0, entry, uncredited=True), EditState.WANTED, at=now))
    writer.written.publish = True


def _answer_without(tx: Tx, setting: Setting, writer: Writer, number: TicketId, entry: str, now: int) -> None:
    """Show an answer again, without the name; delete it where the entry is answered no more."""
    ticket, shown = tx.ticket(number), show(setting, entry, now)
    if ticket is None:
        return
    if shown is None or not isinstance(shown.notice, FaqAnswer):
        writer.carry_out(Decision(ticket, (RedactSlot("reply"),)))
        return
    again = Edit("reply", replace(shown.notice, credit=""), Kind.ANSWER, entry)
    writer.carry_out(Decision(ticket, (again,)))

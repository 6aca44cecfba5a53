"""« Merci » to a helper: privately, without a name, once a day at most, all of the day together."""

from __future__ import annotations

from datetime import timedelta

from helpbot.core.effects import Kind
from helpbot.core.notices.recognition import Thanks
from helpbot.core.tickets import State, Ticket
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer
from helpbot.ports import Tx


def thank(tx: Tx, setting: Setting, writer: Writer, ticket: Ticket, now: int) -> None:
    """Tell a ticket's helper of every answer that helped and that they were not told of yet.

    Thanks that fall due later on the same day go along, so that a bot that was away says it once. Where
    there is no direct message nothing is said: thanks in public would be a comparison.
    """
    if ticket.helper is None:
        return
    calendar = setting.policy.calendar
    midnight = calendar.moment(calendar.local(now).date() + timedelta(1), 0)
    thanked = [ticket] if ticket.state is State.SOLVED else []
    for job in tx.thanks_waiting(ticket.helper, before=midnight):
        tx.finish_job(job)
        other = tx.ticket(job.ticket)
        thanked += [other] if other is not None and other.state is State.SOLVED else []
    direct = tx.direct_room(ticket.helper)
    if direct is None or not thanked:
        return
    title = setting.index.faq.theme_title
    themes = dict.fromkeys(title(t.theme) for t in thanked if t.theme)
    writer.say(direct.room, Thanks(len(thanked), tuple(themes)), Kind.STATUS, purpose="thanks")

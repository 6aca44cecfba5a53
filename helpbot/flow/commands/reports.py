"""What the review room may ask: counts, never a person."""

from __future__ import annotations

from helpbot.core import notices as say
from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.flow.desk import Desk
from helpbot.flow.report import report_lines


def report(desk: Desk, event: Message, _command: Command) -> None:
    """Show the counts of all ended questions."""
    totals = desk.tx.totals(since=0, timezone=str(desk.setting.policy.calendar.timezone))
    desk.note(event, say.Report(report_lines(totals)))


HANDLERS = {"bilan": report}

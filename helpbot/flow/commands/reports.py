"""What the review room may ask: counts, never a person."""

from __future__ import annotations

from helpbot.core import notices as say
from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.core.report import publish
from helpbot.flow.desk import Desk
from helpbot.flow.report import report_lines


def report(desk: Desk, event: Message, _command: Command) -> None:
    """Show the counts of all ended questions."""
    desk.note(event, say.Report(report_lines(publish(desk.tx.counts()))))


HANDLERS = {"bilan": report}

"""What the review room may ask: counts, never a person."""

from __future__ import annotations

from helpbot.core import notices as say
from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.flow.desk import Desk
from helpbot.flow.report import read_report, report_lines


def report(desk: Desk, event: Message, _command: Command) -> None:
    """Show the counts of all ended questions."""
    desk.note(event, say.Report(report_lines(read_report(desk.tx, desk.setting.policy, desk.now))))


HANDLERS = {"bilan": report}

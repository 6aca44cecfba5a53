"""What the review room may ask: counts, never a person."""

from __future__ import annotations

from helpbot.core.commands import Command
from helpbot.core.incoming import Message
from helpbot.flow.desk import Desk
from helpbot.flow.report import ask_for_report


def report(desk: Desk, event: Message, _command: Command) -> None:
    """Count all ended questions; the answer comes as soon as that is done."""
    ask_for_report(desk.tx, event)
    desk.writer.written.report = True


HANDLERS = {"bilan": report}

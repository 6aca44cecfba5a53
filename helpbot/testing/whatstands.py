"""All that a database or a homeserver holds, to look for what must not be there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from helpbot.adapters.db.engine import make_engine
from helpbot.testing.tester import BOT, BotTester


def everything_stored(folder: Path) -> str:
    """Return every row of every table of a bot's SQLite file as one text."""
    engine = make_engine(f"sqlite:///{folder / 'helpbot.db'}")
    with engine.begin() as connection:
        named = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        tables = [sa.table(row[0]) for row in named]
        every = sa.text("*")
        rows = [list(connection.execute(sa.select(every).select_from(table))) for table in tables]
    engine.dispose()
    return repr(rows)


def still_sent(bot: BotTester, words: str) -> list[str]:
    """Return the bodies of the bot's events with these words that were not deleted, each edit for itself."""
    events = [event for room in bot.server.rooms.values() for event in room.events]
    ours = [event for event in events if event.sender == BOT and event.redacted_by is None]
    return [str(event.content.get("body")) for event in ours if words in str(event.content)]

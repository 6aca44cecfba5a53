"""What people were told once, and what they said of being counted."""

from __future__ import annotations

import sqlalchemy as sa

from helpbot.adapters.db.prepared import upsert
from helpbot.adapters.db.queries import Area, Param, select
from helpbot.adapters.db.tables import help_log, told
from helpbot.core.tickets import Outcome

_TOLD = select(told.c.at, where=(told.c.person == Param("of_person"), told.c.what == Param("of_what")))
_NOTE = upsert(told)


class Told(Area):
    """What people were told once, and what they said of being counted. People are pseudonyms."""

    def told_at(self, person: str, what: str) -> int | None:
        """Return when somebody was told of something; None: never."""
        row = self._row(_TOLD, of_person=person, of_what=what)
        return row[0] if row else None

    def note_told(self, person: str, what: str, now: int) -> None:
        """Note that somebody was told of something now."""
        self._do(_NOTE, {"person": person, "what": what, "at": now})

    def unsay(self, person: str, what: str) -> None:
        """Forget that somebody was told of something."""
        where = (told.c.person == person, told.c.what == what)
        self._connection.execute(sa.delete(told).where(*where))

    def uncount(self, helper: str) -> int:
        """Take a person out of the records of what was answered unasked; returns how many there were."""
        mine = (help_log.c.helper == helper, help_log.c.outcome == Outcome.PEER.value)
        return self._connection.execute(sa.update(help_log).where(*mine).values(helper=None)).rowcount

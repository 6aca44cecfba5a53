"""One transaction: the named queries of every area. The same expressions on SQLite and PostgreSQL."""

from __future__ import annotations

from helpbot.adapters.db.arrivals import Arrivals
from helpbot.adapters.db.credits import Credits
from helpbot.adapters.db.departures import Departures
from helpbot.adapters.db.helplog import Helplog
from helpbot.adapters.db.journeys import Journeys
from helpbot.adapters.db.keeping import Keeping
from helpbot.adapters.db.moves import Moves
from helpbot.adapters.db.people import People
from helpbot.adapters.db.proposals import Proposals
from helpbot.adapters.db.questions import Questions
from helpbot.adapters.db.rights import Rights
from helpbot.adapters.db.told import Told


class SqlTx(
    Arrivals,
    Departures,
    Questions,
    People,
    Helplog,
    Journeys,
    Told,
    Rights,
    Keeping,
    Proposals,
    Credits,
    Moves,
):
    """The `Tx` port on one SQLAlchemy connection."""

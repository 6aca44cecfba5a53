"""The database, one transaction at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from helpbot.ports.arrivals import ArrivalsTx
from helpbot.ports.credits import CreditsTx
from helpbot.ports.departures import DeparturesTx
from helpbot.ports.helplog import HelplogTx
from helpbot.ports.journeys import JourneysTx
from helpbot.ports.keeping import KeepingTx
from helpbot.ports.moves import MovesTx
from helpbot.ports.people import PeopleTx
from helpbot.ports.proposals import ProposalsTx
from helpbot.ports.questions import QuestionsTx
from helpbot.ports.rights import RightsTx
from helpbot.ports.told import ToldTx

T = TypeVar("T")


class Tx(
    ArrivalsTx,
    DeparturesTx,
    QuestionsTx,
    PeopleTx,
    HelplogTx,
    JourneysTx,
    ToldTx,
    RightsTx,
    KeepingTx,
    ProposalsTx,
    CreditsTx,
    MovesTx,
    Protocol,
):
    """One transaction: named queries, nothing else. Times are Unix milliseconds.

    Lives only inside `Store.run`.
    """


class Store(Protocol):
    """The database. One transaction at a time."""

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction and return what it returns; on any error nothing is kept."""
        ...

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Return what `work` reads, as the database stood when it began; transactions go on meanwhile.

        For what takes longer than an answer may wait. `work` changes nothing, and may run on another thread.
        """
        ...

    async def checkpoint(self) -> None:
        """Do the database's own slow upkeep beside the transactions that go on."""
        ...

    async def scrub(self) -> bool:
        """Overwrite what was deleted, wherever the database's files may still hold it. False: not now."""
        ...

    async def close(self) -> None:
        """Finish the transaction in hand and close."""
        ...

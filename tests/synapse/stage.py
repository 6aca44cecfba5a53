"""A bot and people on one real homeserver: what the adapter's tests play on."""

from __future__ import annotations

import itertools
from pathlib import Path

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import Account, MatrixHomeserver, connect
from helpbot.core.ids import RoomId
from helpbot.core.incoming import Batch, Membership, RoomNews, TimelineItem
from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse

_numbers = itertools.count(1)


class Stage:
    """A bot and people on one Synapse. What it opened it closes."""

    def __init__(self, hs: LocalSynapse, folder: Path) -> None:
        self.hs = hs
        self.folder = folder
        self.number = next(_numbers)
        self.bot_account = self.account("helpbot")
        self.cursor: str | None = None
        self._unread: list[RoomNews] = []
        self._people: list[Person] = []
        self._bots: list[MatrixHomeserver] = []

    def account(self, name: str) -> Account:
        user = self.hs.user(f"{name}{self.number}", "secret")
        return Account(self.hs.url, user, "secret")

    async def person(self, name: str) -> Person:
        account = self.account(name)
        person = await Person.login(self.hs.url, account.user_id, "secret")
        self._people.append(person)
        return person

    async def unsigned_device(self, person: Person) -> Person:
        """Log a person in on another device, one that their identity has not signed."""
        device = await Person.login(self.hs.url, person.user_id, "secret", signed=False)
        self._people.append(device)
        return device

    async def bot(self) -> MatrixHomeserver:
        """Connect, and make the first sync if there was none yet."""
        bot = await connect(self.bot_account, self.folder / "bot", SystemClock())
        self._bots.append(bot)
        if self.cursor is None:
            self.cursor = (await bot.sync(None, wait_ms=0)).next
        return bot

    def keep(self, bot: MatrixHomeserver) -> None:
        """Close a bot in the end that was connected elsewhere."""
        self._bots.append(bot)

    async def sync(self, bot: MatrixHomeserver, wait_ms: int = 5000) -> Batch:
        batch = await bot.sync(self.cursor, wait_ms=wait_ms)
        self.cursor = batch.next
        self._unread += batch.rooms
        return batch

    async def news(self, bot: MatrixHomeserver, room: str) -> RoomNews:
        """Return the oldest news of a room that no one has asked for yet, syncing for it if need be."""
        while True:
            for news in self._unread:
                if news.room == room:
                    self._unread.remove(news)
                    return news
            await self.sync(bot)

    async def events(self, bot: MatrixHomeserver, room: str, count: int) -> list[TimelineItem]:
        """Read news of a room until `count` timeline events have come."""
        found: list[TimelineItem] = []
        while len(found) < count:
            found += (await self.news(bot, room)).events
        return found

    async def joined(self, bot: MatrixHomeserver, person: Person, room: str) -> RoomId:
        """Let the bot accept its invitation to a room, and everybody see that it has."""
        while (news := await self.news(bot, room)).membership is not Membership.INVITE:
            pass
        await bot.join(news.room)
        while not (await self.news(bot, room)).joined_here:
            pass
        await person.wait_membership(room, bot.user_id, "join")
        return news.room

    async def close(self) -> None:
        for thing in [*self._people, *self._bots]:
            await thing.close()

"""A whole bot on a fake homeserver and a real database: tests are conversations.

```python
async with BotTester(tmp_path, clock) as bot:
    await bot.says("@lea:test", "un élève a perdu son mot de passe Pix")
    assert bot.last(bot.school).content["fr.helpbot"]["kind"] == "answer"
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from helpbot.adapters.calendars import load_calendar
from helpbot.adapters.db import open_store
from helpbot.adapters.erasures import FileJournal
from helpbot.adapters.faqfiles.load import load_faq
from helpbot.adapters.faqfiles.write import FaqFolder
from helpbot.core.addressing import Me
from helpbot.core.faq import Faq, FaqEntry, Redirect, Source
from helpbot.core.gaps import GapReport, Unanswered, find_gaps
from helpbot.core.hours import OpenHours
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.matching import Answer, FaqIndex
from helpbot.core.records import Seed
from helpbot.core.report import Counts
from helpbot.core.tickets import Plan, Ticket
from helpbot.flow.publish import Publisher
from helpbot.flow.reload import reload_faq
from helpbot.flow.runner import Bot
from helpbot.flow.setting import Policy, RoomPolicy, Setting
from helpbot.flow.survey import Surveyor
from helpbot.flow.write import Written
from helpbot.ports import Homeserver, Store
from helpbot.ports.faqfiles import FaqFiles
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import Seen
from helpbot.testing.homeserver import FakeServer
from helpbot.texts import Catalogue, load_catalogue

BOT = UserId("@helpbot:test")
LEA, SAM, ANNE = "@lea:test", "@sam:test", "@anne:test"
VOLUNTEERS = ("@vera:test", "@victor:test", "@valentin:test", "@violette:test", "@vincent:test")

PASSWORD = "un élève a perdu son mot de passe Pix"  # noqa: S105
SESSION = "comment ouvrir une session de certification"
UNKNOWN = "quelqu'un sait brancher le thermostat du gymnase ?"


def small_faq() -> Faq:
    """Return a FAQ of a few entries, enough to be answered, asked back, routed and redirected."""
    source = (Source("Aide Pix", "https://support.pix.fr"),)
    return Faq(
        entries=(
            FaqEntry(
                "pix-mdp",
                "pix",
                "Un élève a perdu son mot de passe Pix, que faire ?",
                "Dans **Pix Orga**, ouvrez *Élèves*, puis réinitialisez le mot de passe.",
                variants=(PASSWORD, "réinitialiser le mdp pix", "mot de passe pix oublié"),
                sources=source,
            ),
            FaqEntry(
                "pix-session",
                "pix",
                "Comment ouvrir une session de certification Pix ?",
                "Dans **Pix Certif**, créez la session puis importez les candidats.",
                variants=(SESSION, "créer une session pix certif", "nouvelle session certif pix"),
                sources=source,
            ),
            FaqEntry(
                "apps-nuage",
                "apps",
                "Combien de place dans Nuage ?",
                "**100 Go** par compte.",
                variants=("taille du nuage", "quota nuage apps", "espace disque nuage"),
            ),
        ),
        redirects=(
            Redirect("paie", ("quand suis-je payé", "ma paie est en retard"), "Voyez votre gestionnaire."),
        ),
        revision="test",
    )


def write_faq(folder: Path, faq: Faq) -> None:
    """Write a FAQ's entries as files, a theme each."""
    from helpbot.adapters.faqfiles.blocks import written

    folder.mkdir(exist_ok=True)
    for theme in dict.fromkeys(e.theme for e in faq.entries):
        parts = [written(e) for e in faq.entries if e.theme == theme]
        body = "\n".join("".join(f"  {line}" for line in part.splitlines(keepends=True)) for part in parts)
        head = f"# Tenu par les référents.\ntheme: {theme}\ntitle: {theme.capitalize()}\nentries:\n"
        (folder / f"{theme}.yaml").write_text(head + body, encoding="utf-8")


class BotTester:
    """The bot, its server, three rooms and some people. Everything settles after each act."""

    def __init__(
        self,
        folder: Path,
        clock: FakeClock,
        *,
        faq: Faq | None = None,
        encrypted: bool = True,
        volunteers: Iterable[str] = VOLUNTEERS,
        themes: tuple[str, ...] = ("pix", "apps"),
        hours: str = "toujours",
        plan: Plan | None = None,
        rate: float = 1000.0,
        room_settings: RoomPolicy | None = None,
        files: bool = False,
        git: bool = False,
        push: bool = False,
        links: Callable[[Iterable[str]], Awaitable[frozenset[str]]] | None = None,
        wrap_files: Callable[[FaqFiles], FaqFiles] = lambda files: files,
        wrap_store: Callable[[Store], Store] = lambda store: store,
        wrap_homeserver: Callable[[Homeserver], Homeserver] = lambda homeserver: homeserver,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.server = FakeServer(clock)
        self.faq = faq or small_faq()
        self.index = _learned(self.faq)
        self.faq_folder = folder / "faq"
        """Real FAQ files, which the bot may change, where `files` are wanted."""
        self.links = links
        self.files, self.git, self.push, self.wrap_files = files, git, push, wrap_files
        if files:
            write_faq(self.faq_folder, self.faq)
        self.rate = rate
        self.wrap_store, self.wrap_homeserver = wrap_store, wrap_homeserver
        self.seeds = [Seed(UserId(v), themes) for v in volunteers]
        self.server.account(BOT, name="helpbot")
        for user, name in ((LEA, "Léa Martin [Collège]"), (SAM, "Sam Petit"), (ANNE, "Anne Roy")):
            self.server.person(user, name=name)
        for user in volunteers:
            self.server.person(user, name=user[1:].partition(":")[0].capitalize() + " Dupont [Lycée]")
        anne, lea = self.server.person(ANNE), self.server.person(LEA)
        self.school = lea.create_room(encrypted=encrypted, invite=[BOT, SAM])
        self.helpers = anne.create_room(encrypted=encrypted, invite=[BOT, *volunteers])
        self.review = anne.create_room(encrypted=encrypted, invite=[BOT])
        self.server.person(SAM).join(self.school)
        for user in volunteers:
            self.server.person(user).join(self.helpers)
        calendar = load_calendar("A" if hours != "toujours" else None, "Europe/Paris")
        self.policy = Policy(
            plan=plan or Plan(),
            hours=OpenHours.parse(hours, calendar),
            calendar=calendar,
            trusted_servers=("test",),
            rooms={self.school: room_settings or RoomPolicy(level="collège")},
            review_room=self.review,
            volunteers_room=self.helpers,
            referents=frozenset({UserId(ANNE)}),
            hours_of=lambda own, zone: OpenHours.parse(
                own or hours, load_calendar(zone, "Europe/Paris") if zone else calendar
            ),
        )
        self.journal = FileJournal(folder / "keys" / "erasures")
        self.bot: Bot | None = None

    # --- life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the program: the same database and device as before, nothing in memory."""
        store = self.wrap_store(open_store(None, self.folder))
        await store.run(lambda tx: tx.seed_volunteers(self.seeds))
        homeserver = self.wrap_homeserver(self.server.account(BOT))
        setting = Setting(
            me=Me(BOT, "helpbot"),
            policy=self.policy,
            catalogue=_catalogue(),
            index=self.index,
            alias=pseudonym,
        )
        self.bot = Bot(store, homeserver, self.clock, setting, self.journal, self.rate)
        if self.files:
            await self._open_files(self.bot, self.faq_folder)
        await self.bot.start()
        await self.bot.settle()

    async def _open_files(self, bot: Bot, folder: Path) -> None:
        """Let the bot answer from real files, and change them."""

        async def load() -> FaqIndex:
            return _learned(load_faq(folder))

        async def reload() -> Written:
            return await reload_faq(bot.store, self.clock, bot.setting, load)

        bot.setting.index = await load()
        files = self.wrap_files(FaqFolder(folder, commits=self.git))
        bot.publisher = Publisher(files, reload, shares=self.push)

        async def gaps(asked: Sequence[Unanswered]) -> GapReport:
            index = bot.setting.index
            lacking = [q for q in asked if q.refused or not isinstance(index.verdict(q.text), Answer)]
            return find_gaps(lacking, [e.phrasings for e in index.faq.entries])

        bot.surveyor = Surveyor(gaps, self.links)

    async def reload(self) -> None:
        """Put what stands in the files in use, as the watcher does."""
        if self.running.publisher is not None:
            written = await self.running.publisher.reload()
            self.running.deliverer.add(written.rows, written.cancelled)
            await self.settle()

    async def stop(self) -> None:
        """End the program as a crash would: nothing is finished."""
        bot, self.bot = self.running, None
        await bot.store.close()

    async def restart(self) -> None:
        """End it and start it again."""
        await self.stop()
        await self.start()

    @property
    def running(self) -> Bot:
        """The bot that runs now."""
        if self.bot is None:
            raise RuntimeError("the bot is not running")
        return self.bot

    async def settle(self) -> None:
        """Let the bot do everything that it can do now."""
        await self.running.settle()

    async def advance(self, **units: float) -> None:
        """Let time pass, timers included: `minutes=20`."""
        self.clock.advance(**units)  # type: ignore[arg-type]
        await self.running.retry_inbox()
        await self.settle()

    async def sweep(self) -> dict[str, int]:
        """Do the daily upkeep; returns what went, by table."""
        gone = await self.running.sweep()
        await self.settle()
        return gone

    def set_policy(self, **changes: Any) -> None:
        """Change the operator's choices for this run."""
        self.policy = replace(self.policy, **changes)
        self.running.setting.policy = self.policy

    # --- people

    async def says(
        self, user: str, text: str, *, room: RoomId | None = None, to_bot: bool = True, **more: Any
    ) -> EventId:
        """Somebody writes, mentioning the bot unless `to_bot` is false or it is a reply."""
        room = room or self.school
        plain = not to_bot or "reply_to" in more or "thread" in more or "edit" in more
        event = self.server.person(user).say(room, text, mention=() if plain else (BOT,), **more)
        await self.settle()
        return event

    async def reacts(self, user: str, target: EventId, key: str, *, room: RoomId | None = None) -> EventId:
        """Somebody taps a reaction."""
        event = self.server.person(user).react(room or self.school, target, key)
        await self.settle()
        return event

    async def deletes(self, user: str, target: EventId, *, room: RoomId | None = None) -> None:
        """Somebody deletes a message."""
        self.server.person(user).redact(room or self.school, target)
        await self.settle()

    async def direct(self, user: str, *, encrypted: bool = True) -> RoomId:
        """Somebody opens a direct message with the bot."""
        room = self.server.person(user).create_room(encrypted=encrypted, direct=True, invite=[BOT])
        await self.settle()
        return room

    # --- what stands in the rooms

    def shown(self, room: RoomId | None = None, *, kind: str | None = None) -> list[Seen]:
        """Return the bot's messages in a room as people see them now, greetings left out."""
        here = self.server.room(room or self.school).timeline()
        mine = [m for m in here if m.sender == BOT and _kind(m) != "greeting"]
        return [m for m in mine if kind is None or _kind(m) == kind]

    def last(self, room: RoomId | None = None) -> Seen:
        """Return the bot's last message in a room."""
        return self.shown(room)[-1]

    def kinds(self, room: RoomId | None = None) -> list[str]:
        """Return the kinds of the bot's messages in a room, in order."""
        return [_kind(m) for m in self.shown(room)]

    async def tickets(self) -> list[Ticket]:
        """Return every ticket, oldest first."""

        def read(tx: Any) -> list[Ticket]:
            found = [tx.ticket(n) for n in range(1, 500)]
            return [t for t in found if t is not None]

        return await self.running.store.run(read)

    async def totals(self) -> Counts:
        """Return the counts of the help log, nothing withheld."""
        return await self.running.store.run(lambda tx: tx.counts())


def pseudonym(user: str) -> str:
    """Return the pseudonym of a person."""
    return hashlib.sha256(f"test {user}".encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _learned(faq: Faq) -> FaqIndex:
    """Learn from a FAQ once: many tests have the same, and so has a bot that dies and starts again."""
    return FaqIndex.build(faq)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()


def _kind(message: Seen) -> str:
    meta = message.content.get("fr.helpbot")
    return str(meta.get("kind", "")) if isinstance(meta, dict) else ""

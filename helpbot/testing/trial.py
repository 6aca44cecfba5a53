"""A running `helpbot run` on a real homeserver, killed while it works: is each question answered once?

Used by tests/synapse/test_kill.py (small) and benchmarks/exactly_once.py (as large as one likes).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Self

from helpbot.testing.person import Event, Person
from helpbot.testing.synapse import LocalSynapse

FIRST_KINDS = frozenset({"answer", "clarify", "redirect", "route", "late"})
QUESTIONS = (
    "bjr, un élève a perdu son mot de passe pix, je fais quoi ?",
    "comment envoyer un fichier de plus de 2 Go svp",
    "qui sait brancher le thermostat du gymnase ?",
    "droit à l'image pour une photo de classe",
    "quand suis-je payé ce mois-ci",
)


class BotProcess:
    """`helpbot run` as an operator starts it, in a folder that outlives it."""

    def __init__(
        self, hs: LocalSynapse, folder: Path, faq: Path, *, name: str, rate: float, more: str = ""
    ) -> None:
        """`more` is added to the configuration file."""
        self.user_id = hs.user(name, "secret")
        self.folder = folder
        self.starts = 0
        self._died_early = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "config.yaml"
        self._log = folder / "helpbot.log"
        folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text(
            f"""matrix:
  homeserver: {hs.url}
  user_id: "{self.user_id}"
  password: secret
  trusted_servers: ["*"]
  max_sends_per_second: {rate}
data_dir: data
faq: {faq}
school_zone: null
routing: {{open_hours: toujours}}
{more}
""",
            encoding="utf-8",
        )

    def start(self) -> None:
        """Start it, without waiting."""
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own file)
                [sys.executable, "-m", "helpbot", "run", "-c", str(self._config), "--log", "json"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )

    async def ready(self, seconds: float = 180) -> None:
        """Return when the process started last says that it is ready."""
        async with asyncio.timeout(seconds):
            while self._count_ready() < self.starts:
                if self._process is None or self._process.poll() is not None:
                    raise RuntimeError(f"helpbot ended; its log:\n{self.log()[-3000:]}")
                await asyncio.sleep(0.05)

    def _count_ready(self) -> int:
        # A process that was killed before it was ready counts as one that has been.
        return self.log().count('{"event": "ready"') + self._died_early

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._died_early += self.starts - self._count_ready()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(40)
        finally:
            process.kill()

    def log(self) -> str:
        """Return all that it logged so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""


@dataclass(slots=True)
class Outcome:
    """How often each question was answered, and how long the whole took."""

    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    kills: int = 0

    @property
    def once(self) -> int:
        """Questions with exactly one first answer."""
        return sum(n == 1 for n in self.answers.values())

    @property
    def lost(self) -> int:
        """Questions without an answer."""
        return sum(n == 0 for n in self.answers.values())

    @property
    def twice(self) -> int:
        """Questions with more than one."""
        return sum(n > 1 for n in self.answers.values())

    def __str__(self) -> str:
        words = f"{len(self.answers)} questions: {self.once} answered once, {self.lost} lost"
        return f"{words}, {self.twice} twice; {self.kills} kills, {self.seconds:.1f} s"


class Trial:
    """One teacher, a bot, and rooms with both of them in; half of the rooms are encrypted."""

    def __init__(
        self, hs: LocalSynapse, folder: Path, faq: Path, *, name: str = "helpbot", rate: float = 100.0
    ) -> None:
        self._hs = hs
        self._teacher = f"{name}-lea"
        self.bot = BotProcess(hs, folder, faq, name=name, rate=rate)
        self._draw = random.Random(7)  # noqa: S311  (when to kill, the same in each run)

    async def __aenter__(self) -> Self:
        self._hs.override_ratelimit(self._hs.user(self._teacher, "secret"))
        self.lea = await Person.login(self._hs.url, self._teacher, "secret")
        self.bot.start()
        try:
            await self.bot.ready()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.bot.kill()
        await self.lea.close()

    async def open_rooms(
        self, count: int, *, encryption: Literal["both", "all", "none"] = "both"
    ) -> list[str]:
        """Open rooms and wait until the bot has come in and greeted."""
        rooms = []
        for n in range(count):
            encrypted = encryption == "all" or (encryption == "both" and n % 2 == 0)
            room = await self.lea.create_room(encrypted=encrypted, invite=[self.bot.user_id])
            rooms.append(room)
        patience = 60 + 12 * count  # ten seconds a room where joining is limited
        for room in rooms:
            await self.lea.wait(partial(_greets, room), patience, what="a greeting")
        return rooms

    async def run(
        self,
        rooms: list[str],
        questions: int,
        *,
        kills: int = 0,
        while_down: bool = False,
        patience: float = 120,
    ) -> Outcome:
        """Ask in all rooms side by side; return how often each question was answered in the end."""
        outcome = Outcome()
        began = time.monotonic()
        if while_down:
            self.bot.kill()
        asking = asyncio.gather(*(self._ask(room, n, outcome) for room, n in _share(rooms, questions)))
        if while_down:
            await asking
            self.bot.start()
        await self._kill(outcome, questions, kills)
        await asking
        await self._until_quiet(outcome, patience)
        self._count(outcome)
        outcome.seconds = time.monotonic() - began
        return outcome

    async def _ask(self, room: str, count: int, outcome: Outcome) -> None:
        for n in range(count):
            text = f"{QUESTIONS[n % len(QUESTIONS)]} ({n})"
            outcome.answers[await self.lea.say(room, text, mention=[self.bot.user_id])] = 0

    async def _kill(self, outcome: Outcome, questions: int, kills: int) -> None:
        for n in range(kills):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(60):
                    if n % 3 == 2:  # some die before they have come up
                        await asyncio.sleep(self._draw.uniform(0.2, 1.5))
                    else:
                        goal = min(questions - 1, questions * (n + 1) // (kills + 1))
                        while self._count(outcome) < goal:  # noqa: ASYNC110  (a client's screen)
                            await asyncio.sleep(self._draw.uniform(0.001, 0.05))
            self.bot.kill()
            outcome.kills += 1
            self.bot.start()

    async def _until_quiet(self, outcome: Outcome, patience: float) -> None:
        """Wait until each question has an answer, then long enough for a second one to show."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._count(outcome) < len(outcome.answers):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        await self.bot.ready()
        await asyncio.sleep(2)

    def _count(self, outcome: Outcome) -> int:
        answers = Counter(e["content"]["fr.helpbot"]["question"] for e in self._first_answers())
        for question in outcome.answers:
            outcome.answers[question] = answers[question]
        return sum(n > 0 for n in outcome.answers.values())

    def _first_answers(self) -> Iterator[Event]:
        for event in self.lea.seen:
            relation = event["content"].get("m.relates_to") or {}
            if _kind(event) in FIRST_KINDS and relation.get("rel_type") != "m.replace":
                yield event


def _share(rooms: list[str], questions: int) -> list[tuple[str, int]]:
    each, more = divmod(questions, len(rooms))
    return [(room, each + (n < more)) for n, room in enumerate(rooms)]


def _greets(room: str, event: Event) -> bool:
    return event["room_id"] == room and _kind(event) == "greeting"


def _kind(event: Event) -> str | None:
    meta = event["content"].get("fr.helpbot")
    return meta.get("kind") if isinstance(meta, dict) else None

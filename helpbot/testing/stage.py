"""A whole school on a real homeserver of its own: rooms, people, the bot as a program, and a way to watch.

`helpbot demo` plays on it; so can anyone who wants to see a change at work. What is shown is what the
people's own clients received and could decrypt.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse

PASSWORD = "exemple"  # noqa: S105  (example accounts on a server that lives for a minute)
THEMES = ("pix", "crcn", "rgpd", "droits", "apps", "tchap", "ent", "qui", "calendrier")
START_SECONDS = 60


class StageError(Exception):
    """Something expected was not seen on the wire. `str()` says what."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something to show: who, in which room, what."""

    room: str
    who: str
    text: str
    how: str = "says"
    """`says`, `edits`, `reacts` or `asks` (a message that names somebody)."""


@dataclass(slots=True)
class Stage:
    """Synapse, people, rooms and the bot. Use as an async context manager, then `open`."""

    folder: Path
    faq: Path
    encrypted: bool
    show: Callable[[Line], None]
    progress: Callable[[str], None]
    pace: float = 0.0
    """Seconds between what people do, so that it can be read while it happens."""
    people: dict[str, Person] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    bot_id: str = ""
    synapse: LocalSynapse = field(init=False)
    _process: asyncio.subprocess.Process | None = None
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _names: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self.progress("démarre un serveur Synapse sur cette machine")
        self.synapse = LocalSynapse(self.folder / "synapse", server_name="ecole.example")
        await self._stack.enter_async_context(self.synapse)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_bot()
        await self._stack.aclose()

    # --- setting up

    async def add_person(self, account: str, name: str) -> None:
        """Create an account and log it in with a device signed by its owner."""
        user = self.synapse.user(account, PASSWORD)
        place = self.folder / "people" / account
        place.mkdir(parents=True, mode=0o700)
        person = await Person.login(self.synapse.url, user, PASSWORD, folder=place)
        self._stack.push_async_callback(person.close)
        await person.rename(name)
        self.people[name] = person
        self._names[user] = name

    async def add_room(
        self, name: str, owner: str, guests: Iterable[str] = (), *, direct: bool = False
    ) -> str:
        """Open a room of `owner`, with the bot invited and the guests in it; returns its id."""
        person = self.people[owner]
        others = [self.people[g] for g in guests]
        room = await person.create_room(
            encrypted=self.encrypted,
            name=None if direct else name,
            direct=direct,
            invite=[self.bot_id, *(o.user_id for o in others)],
        )
        for other in others:
            await other.join(room)
        self.rooms[name] = room
        return room

    async def start_bot(self, **settings: Any) -> None:
        """Write a configuration and start `helpbot run` as a program of its own; wait until it is ready."""
        config = {
            "matrix": {
                "homeserver": self.synapse.url,
                "user_id": self.bot_id,
                "password": PASSWORD,
                "trusted_servers": ["ecole.example"],
                "max_sends_per_second": 50,
            },
            "data_dir": "data",
            "faq": str(self.faq.resolve()),
            "school_zone": None,
            **settings,
        }
        path = self.folder / "config.yaml"
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2), encoding="utf-8")
        path.chmod(0o600)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "helpbot", "run", "-c", str(path), "--log", "json",
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        await self._until_ready(self._process)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        log = (self.folder / "bot.log").open("ab")
        self._stack.callback(log.close)
        ready = asyncio.Event()

        async def follow(stream: asyncio.StreamReader) -> None:
            async for line in stream:
                log.write(line)
                log.flush()
                with contextlib.suppress(ValueError):
                    if json.loads(line).get("event") == "ready":
                        ready.set()
            ready.set()

        task = asyncio.create_task(follow(process.stderr))
        self._stack.callback(task.cancel)
        try:
            async with asyncio.timeout(START_SECONDS):
                await ready.wait()
        except TimeoutError:
            raise StageError(f"the bot was not ready in {START_SECONDS} s") from None
        if process.returncode is not None:
            raise StageError(f"the bot ended with code {process.returncode}; see bot.log")

    async def stop_bot(self) -> int | None:
        """End the bot as an operator does, by SIGTERM; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(30):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        return process.returncode

    # --- acting

    async def says(
        self, who: str, room: str, text: str, *, to_bot: bool = False, reply_to: str | None = None
    ) -> str:
        """Let somebody write; returns the event id."""
        await asyncio.sleep(self.pace)
        mention = [self.bot_id] if to_bot else []
        event = await self.people[who].say(self.rooms[room], text, mention=mention, reply_to=reply_to)
        self.show(Line(room, who, text))
        return event

    async def reacts(self, who: str, room: str, target: str, key: str) -> None:
        """Let somebody tap a reaction."""
        await asyncio.sleep(self.pace / 2)
        await self.people[who].react(self.rooms[room], target, key)
        self.show(Line(room, who, key, "reacts"))

    async def sees(
        self,
        who: str,
        room: str,
        kinds: Iterable[str],
        *,
        after: Iterable[str] = (),
        holding: str = "",
        seconds: float = 20,
    ) -> dict[str, Any]:
        """Wait until somebody's client shows a message of the bot of one of these kinds.

        `after`: ids already used up. Raises `StageError` when it does not come.
        """
        wanted, used, here = set(kinds), set(after), self.rooms[room]

        def fits(event: dict[str, Any]) -> bool:
            if event["room_id"] != here or event.get("sender") != self.bot_id:
                return False
            if event["event_id"] in used:
                return False
            return kind_of(event) in wanted and holding in body_of(event)

        try:
            event = await self.people[who].wait(fits, seconds, what="/".join(sorted(wanted)))
        except TimeoutError as late:
            raise StageError(str(late)) from None
        if self.encrypted and not event.get("encrypted"):
            raise StageError("a message of the bot went unencrypted into an encrypted room")
        how = "edits" if is_edit(event) else "asks" if mentions(event) else "says"
        self.show(Line(room, "helpbot", body_of(event), how))
        return event


def content_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says, for an edit the new content."""
    content = event.get("content", {})
    new = content.get("m.new_content") if is_edit(event) else None
    return new if isinstance(new, dict) else content if isinstance(content, dict) else {}


def is_edit(event: dict[str, Any]) -> bool:
    """Tell whether an event replaces another."""
    relation = event.get("content", {}).get("m.relates_to")
    return isinstance(relation, dict) and relation.get("rel_type") == "m.replace"


def kind_of(event: dict[str, Any]) -> str:
    """Return `fr.helpbot.kind`, empty for any other event."""
    meta = content_of(event).get("fr.helpbot")
    return str(meta.get("kind", "")) if isinstance(meta, dict) else ""


def body_of(event: dict[str, Any]) -> str:
    """Return the plain text of an event."""
    return str(content_of(event).get("body", ""))


def mentions(event: dict[str, Any]) -> list[str]:
    """Return whom an event names."""
    found = content_of(event).get("m.mentions", {})
    users = found.get("user_ids", []) if isinstance(found, dict) else []
    return [str(u) for u in users]


def local_time() -> str:
    """Return the time of day as it is shown beside a line."""
    return datetime.now().astimezone().strftime("%H:%M:%S")  # noqa: TID251  (shown, never decided by)

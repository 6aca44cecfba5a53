"""Verification by emojis with a real client, to each of its ends; nobody is left waiting."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from stage import Stage
from teacher import JsTeacher, install

import helpbot.data
from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import MatrixHomeserver, connect
from helpbot.core.ids import RoomId
from helpbot.core.incoming import Message
from helpbot.ports.verification import Asked, Compare, Ended, Outcome, Told
from helpbot.testing.clock import FakeClock
from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import BotProcess

pytestmark = [pytest.mark.synapse, pytest.mark.node, pytest.mark.slow]

FAQ = """\
theme: pix
title: Pix
entries: [{id: salle, question: Où se trouve la salle informatique ?, answer: "Au premier étage."}]
"""
TABLE = yaml.safe_load((Path(helpbot.data.__file__).parent / "sas_emoji.yaml").read_text())


@pytest.fixture(scope="session")
def client() -> Path:
    place = install()
    if isinstance(place, str):
        pytest.skip(f"no verification with matrix-js-sdk was tested: {place}")
    return place


class Desk:
    """The operator at a terminal, and a bot that reads its syncs."""

    def __init__(self, stage: Stage, bot: MatrixHomeserver, clock: FakeClock) -> None:
        self.stage, self.bot, self.clock = stage, bot, clock
        self.told: asyncio.Queue[Told] = asyncio.Queue()
        self.messages: list[Message] = []
        self._reading: asyncio.Task[None] | None = None

    def attend(self, *users: str) -> None:
        assert self.bot.verifier.attend(frozenset(users), self.told.put_nowait)

    def read(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            batch = await self.bot.sync(self.stage.cursor, wait_ms=5000)
            self.stage.cursor = batch.next
            self.messages += [e for n in batch.rooms for e in n.events if isinstance(e, Message)]

    async def hears(self, kind: type[Told]) -> Any:
        async with asyncio.timeout(60):
            told = await self.told.get()
        assert isinstance(told, kind), told
        return told

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


@asynccontextmanager
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    # Time moves when a test says so; the server's own is the one that requests carry.
    clock = FakeClock(SystemClock().now())
    bot = await connect(stage.bot_account, stage.folder / "bot", clock)
    stage.keep(bot)
    stage.cursor = (await bot.sync(None, wait_ms=0)).next
    found = Desk(stage, bot, clock)
    try:
        yield found
    finally:
        await found.close()


@asynccontextmanager
async def teacher(stage: Stage, folder: Path, name: str = "anne") -> AsyncIterator[JsTeacher]:
    account = stage.account(name)
    person = await JsTeacher.start(folder, account.homeserver, account.user_id, account.password or "")
    try:
        yield person
    finally:
        await person.close()


async def direct(here: Desk, anne: JsTeacher) -> str:
    """Open a direct message between the two."""
    room = str(await anne.ask("create", invite=[here.bot.user_id], direct=True))
    while (await here.stage.news(here.bot, room)).inviter != anne.user_id:
        pass
    await here.bot.join(RoomId(room))
    while not (await here.stage.news(here.bot, room)).joined_here:
        pass
    await anne.ask("settled", room=room, member=here.bot.user_id)
    return room


async def shown(here: Desk, anne: JsTeacher, **whom: str) -> None:
    """Bring both sides to where they look at the same emojis."""
    comparing = asyncio.create_task(anne.ask("compare", of=here.bot.user_id, **whom))
    asked = await here.hears(Asked)
    assert asked.user_id == anne.user_id
    compare = await here.hears(Compare)
    sas = await comparing
    assert [emoji for emoji, _ in sas["emoji"]] == [TABLE[place][0] for place in compare.emojis]
    assert tuple(sas["decimal"]) == compare.decimals


@pytest.mark.parametrize("where", ["room", "device"])
@pytest.mark.parametrize("first", ["bot", "anne"])
async def test_verified(stage: Stage, client: Path, where: str, first: str) -> None:
    async with desk(stage) as here, teacher(stage, client) as anne:
        room = await direct(here, anne)
        here.read()
        here.attend(anne.user_id)
        assert await anne.ask("verified", of=here.bot.user_id) is False
        await shown(here, anne, **({"room": room} if where == "room" else {}))
        if first == "bot":
            here.bot.verifier.answer(same=True)
            await anne.ask("same")
        else:
            await anne.ask("same")
            here.bot.verifier.answer(same=True)
        assert await anne.ask("compared") is None
        assert await here.hears(Ended) == Ended(Outcome.VERIFIED)
        await anne.ask("becomes_verified", of=here.bot.user_id)
        assert here.messages == []  # nothing of it is a message to answer
        # And again, by somebody else, at the same terminal.
        assert here.bot.verifier.attend(frozenset(), here.told.put_nowait) is False


async def test_every_other_end_is_told_to_both(stage: Stage, client: Path) -> None:
    async with desk(stage) as here, teacher(stage, client) as anne:
        room = await direct(here, anne)
        here.read()
        here.attend(anne.user_id)

        await shown(here, anne, room=room)
        here.bot.verifier.answer(same=False)
        assert await anne.ask("compared") == "m.mismatched_sas"
        assert await here.hears(Ended) == Ended(Outcome.DIFFERENT, "m.mismatched_sas")

        await shown(here, anne)
        await anne.ask("different")
        assert await here.hears(Ended) == Ended(Outcome.DIFFERENT, "m.mismatched_sas")

        await shown(here, anne, room=room)
        await anne.ask("give_up")
        assert await here.hears(Ended) == Ended(Outcome.CANCELLED, "m.user")

        # Accepted, and then she does nothing.
        assert await anne.ask("invite", of=here.bot.user_id, room=room) is None
        await here.hears(Asked)
        here.clock.advance(minutes=10)
        assert await anne.ask("compared") == "m.timeout"
        assert await here.hears(Ended) == Ended(Outcome.TIMED_OUT, "m.timeout")

        # The operator goes away in the middle.
        await shown(here, anne)
        here.bot.verifier.leave()
        assert await anne.ask("compared") == "m.user"
        assert await here.hears(Ended) == Ended(Outcome.CANCELLED, "m.user")
        assert await anne.ask("verified", of=here.bot.user_id) is False
        # From here on it is as for anybody: between devices declined here, in a room by the flow.
        assert await anne.ask("verify", of=here.bot.user_id) == "m.user"
        assert here.messages == []


async def test_strangers_and_second_ones_are_declined_as_ever(stage: Stage, client: Path) -> None:
    async with desk(stage) as here, teacher(stage, client) as anne, teacher(stage, client, "lea") as lea:
        await direct(here, lea)
        room = await direct(here, anne)
        here.read()
        here.attend(anne.user_id)
        assert await lea.ask("verify", of=here.bot.user_id) == "m.user"
        await shown(here, anne, room=room)
        assert await lea.ask("verify", of=here.bot.user_id) == "m.user"
        here.bot.verifier.leave()
        here.attend(anne.user_id, lea.user_id)
        assert await anne.ask("compared") == "m.user"
        await here.hears(Ended)

        # A stranger's request in a room goes on to the flow, which declines it.
        here.bot.verifier.leave()
        here.attend(lea.user_id)
        asking = asyncio.create_task(anne.ask("verify", of=here.bot.user_id, room=room))
        while not here.messages:  # noqa: ASYNC110  (bounded by the test's patience)
            await asyncio.sleep(0.05)
        assert here.messages[0].msgtype == "m.key.verification.request"
        asking.cancel()


async def test_a_bot_that_stops_tells_the_other_side(stage: Stage, client: Path) -> None:
    async with desk(stage) as here, teacher(stage, client) as anne:
        room = await direct(here, anne)
        here.read()
        here.attend(anne.user_id)
        await shown(here, anne, room=room)
        await here.close()
        await here.bot.close()
        assert await anne.ask("compared") == "m.user"


async def test_after_a_crash_the_next_step_is_answered(stage: Stage, client: Path) -> None:
    async with desk(stage) as here, teacher(stage, client) as anne:
        room = await direct(here, anne)
        here.read()
        here.attend(anne.user_id)
        await shown(here, anne, room=room)
        verifier = here.bot.verifier
        # As a new process: it knows nothing of what was under way.
        verifier._task.cancel()
        await asyncio.gather(verifier._task, return_exceptions=True)
        verifier._ended.clear()
        verifier.leave()
        await anne.ask("same")
        assert await anne.ask("compared") == "m.unknown_transaction"


async def terminal(config: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpbot", "verify", "-c", str(config), *more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


async def test_the_whole_program(client: Path, synapse: LocalSynapse, tmp_path: Path) -> None:
    """`helpbot run`, `helpbot verify` beside it, and a referent who compares with the operator."""
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "pix.yaml").write_text(FAQ)
    anne_id = synapse.user("verify-anne", "secret")
    more = f'referents: ["{anne_id}"]\n'
    bot = BotProcess(synapse, tmp_path / "bot", faq, name="verify-bot", rate=50, more=more)
    config = tmp_path / "bot" / "config.yaml"
    nobody = await terminal(config)
    out, err = await nobody.communicate()
    assert (nobody.returncode, out) == (1, b"")
    assert "aucun bot en marche ici" in err.decode()
    bot.start()
    anne = await JsTeacher.start(client, synapse.url, anne_id, "secret")
    try:
        await bot.ready()
        room = str(await anne.ask("create", invite=[bot.user_id], direct=True))
        await anne.ask("settled", room=room, member=bot.user_id)
        # Nobody at the terminal: declined, and she is told how.
        assert await anne.ask("verify", of=bot.user_id, room=room) == "m.user"

        operator = await terminal(config)
        assert operator.stdin is not None
        assert operator.stdout is not None
        assert operator.stderr is not None
        assert anne_id in (await operator.stderr.readline()).decode()
        second = await terminal(config)
        _, err = await second.communicate()
        assert (second.returncode, "un autre terminal" in err.decode()) == (1, True)

        sas = await anne.ask("compare", of=bot.user_id, room=room)
        picture = (await operator.stdout.readline()).decode().strip()
        assert picture.split("   ")[0].split(" ")[0] == sas["emoji"][0][0]
        assert [word.split(" ")[0] for word in picture.split("   ")] == [emoji for emoji, _ in sas["emoji"]]
        await anne.ask("same")
        operator.stdin.write(b"peut-etre\no\n")
        assert await anne.ask("compared") is None
        out, _ = await operator.communicate()
        assert (operator.returncode, "vérifié" in out.decode()) == (0, True)
        await anne.ask("becomes_verified", of=bot.user_id)

        waiting = await terminal(config)
        assert waiting.stderr is not None
        await waiting.stderr.readline()
        assert await asyncio.to_thread(bot.stop) == 0
        _, err = await waiting.communicate()
        assert (waiting.returncode, "le bot s'est arrêté" in err.decode()) == (1, True)
        assert not (tmp_path / "bot" / "data" / "verify.sock").exists()
    finally:
        await anne.close()
        bot.kill()

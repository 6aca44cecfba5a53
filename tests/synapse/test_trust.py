"""The bot's identity outlives its disk, and is replaced only when its operator says so."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stage import Stage
from teacher import JsTeacher, install

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import MatrixHomeserver, Recovery, Trust, connect, renew_identity
from helpbot.adapters.matrix.http import Api
from helpbot.adapters.matrix.ssss import RecoveryKey
from helpbot.core.ids import RoomId
from helpbot.core.incoming import Message
from helpbot.ports import LoggedOut, Unreachable
from helpbot.testing.person import Person

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "recovery.key"


async def bot_with_key(stage: Stage, key_file: Path | None) -> MatrixHomeserver:
    bot = await connect(stage.bot_account, stage.folder / "bot", SystemClock(), recovery_file=key_file)
    stage.keep(bot)
    return bot


def lose_the_disk(stage: Stage) -> None:
    shutil.rmtree(stage.folder / "bot")
    stage.cursor = None


async def published(person: Person, user: str) -> tuple[str, dict[str, set[str]]]:
    """Return a user's master key, and by which of their keys each device of theirs is signed."""
    found = await person.request("POST", "v3/keys/query", {"device_keys": {user: []}})
    [master] = found["master_keys"][user]["keys"].values()
    [self_signing] = found["self_signing_keys"][user]["keys"]
    devices = {
        device: {"self" for name in keys["signatures"][user] if name == self_signing}
        for device, keys in found["device_keys"][user].items()
    }
    return master, devices


async def refused(stage: Stage, key_file: Path | None, code: str) -> LoggedOut:
    with pytest.raises(LoggedOut) as caught:
        await bot_with_key(stage, key_file)
    assert caught.value.code == code
    return caught.value


async def test_the_disk_is_lost_and_the_recovery_key_is_given(stage: Stage, key_file: Path) -> None:
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.MADE
    assert key_file.stat().st_mode & 0o777 == 0o600
    lea = await stage.person("lea")
    before, first = bot.trust.identity.public("master"), bot.device_id
    await bot.close()
    lose_the_disk(stage)

    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.READY
    assert bot.device_id != first
    assert bot.trust.identity.since > 0
    assert await published(lea, bot.user_id) == (before, {first: {"self"}, bot.device_id: {"self"}})

    stage.cursor = (await bot.sync(None, wait_ms=0)).next
    room = await lea.create_room(invite=[bot.user_id])
    room_id = await stage.joined(bot, lea, room)
    await lea.say(room, "Vous me lisez ?")
    [got] = await stage.events(bot, room, 1)
    assert isinstance(got, Message)
    assert got.body == "Vous me lisez ?"
    said = await bot.send(RoomId(room_id), "m.room.message", {"msgtype": "m.notice", "body": "Oui"}, "t")
    await lea.wait(lambda e: e["event_id"] == said and e["type"] == "m.room.message")


async def test_a_lost_disk_without_the_key_is_told_with_the_two_ways_out(
    stage: Stage, key_file: Path
) -> None:
    await (await bot_with_key(stage, key_file)).close()
    lose_the_disk(stage)
    for file in (None, key_file.with_name("absent")):
        out = await refused(stage, file, "HELPBOT_FOREIGN_IDENTITY")
        assert "matrix.recovery_key_file" in out.hint
        assert "helpbot identity reset" in out.hint
    other = key_file.with_name("other")
    other.write_text(RecoveryKey.new().text())
    await refused(stage, other, "HELPBOT_FOREIGN_IDENTITY")
    other.write_text(other.read_text()[:-2])
    out = await refused(stage, other, "HELPBOT_RECOVERY_FILE")
    assert "too short" in str(out)
    assert not key_file.with_name("absent").exists()


async def test_a_running_bot_gets_a_recovery_key_later(stage: Stage, key_file: Path) -> None:
    bot = await bot_with_key(stage, None)
    assert bot.trust.recovery is Recovery.OFF
    await bot.close()
    for expected in (Recovery.MADE, Recovery.READY):
        bot = await bot_with_key(stage, key_file)
        assert bot.trust.recovery is expected
        await bot.close()
    kept = key_file.read_text()
    key_file.unlink()
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.FOREIGN, "a storage is never replaced silently"
    assert not key_file.exists()
    await bot.close()
    key_file.write_text(kept)
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.READY


@pytest.mark.parametrize("lost", ["request", "reply"])
@pytest.mark.parametrize("step", ["storage.key", "master", "user_signing", "default_key"])
async def test_the_storage_survives_a_cut_at_each_step(
    stage: Stage, key_file: Path, monkeypatch: pytest.MonkeyPatch, step: str, lost: str
) -> None:
    put = Api.put

    async def cut(self: Api, path: str, body: object) -> dict[str, Any]:
        if step in path:
            if lost == "reply":
                await put(self, path, body)
            raise Unreachable("cut")
        return await put(self, path, body)

    monkeypatch.setattr(Api, "put", cut)
    with pytest.raises(Unreachable):
        await bot_with_key(stage, key_file)
    monkeypatch.setattr(Api, "put", put)
    written = key_file.read_text()
    bot = await bot_with_key(stage, key_file)
    master = bot.trust.identity.public("master")
    await bot.close()
    assert key_file.read_text() == written
    lose_the_disk(stage)
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.identity.public("master") == master


async def renew(stage: Stage, key_file: Path | None, password: str | None = "secret") -> Trust:
    async def nobody(url: str) -> None:
        raise AssertionError(f"nobody has to approve {url}")

    account = replace(stage.bot_account, password=password)
    return await renew_identity(account, stage.folder / "bot", SystemClock(), nobody, recovery_file=key_file)


async def test_a_reset_renews_identity_storage_and_key(stage: Stage, key_file: Path) -> None:
    bot, lea = await bot_with_key(stage, key_file), await stage.person("lea")
    device, old = bot.device_id, bot.trust.identity.public("master")
    await bot.close()
    old_key = key_file.read_text()
    with pytest.raises(LoggedOut, match="wants the password"):
        await renew(stage, key_file, password=None)
    assert (await published(lea, bot.user_id))[0] == old
    trust = await renew(stage, key_file)
    new = trust.identity.public("master")
    assert new != old
    assert key_file.read_text() != old_key
    assert key_file.with_name("recovery.key.old").read_text() == old_key
    assert await published(lea, bot.user_id) == (new, {device: {"self"}})
    bot = await bot_with_key(stage, key_file)
    assert (bot.device_id, bot.trust.recovery) == (device, Recovery.READY)
    await bot.close()
    lose_the_disk(stage)
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.identity.public("master") == new


async def test_a_reset_is_the_way_out_of_a_foreign_identity(stage: Stage, key_file: Path) -> None:
    await (await bot_with_key(stage, key_file)).close()
    lose_the_disk(stage)
    key_file.unlink()
    await refused(stage, key_file, "HELPBOT_FOREIGN_IDENTITY")
    await renew(stage, key_file)
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.READY


@pytest.mark.parametrize("lost", ["request", "reply"])
@pytest.mark.parametrize("step", ["device_signing/upload", "signatures/upload", "storage.key", "default_key"])
async def test_a_reset_survives_a_cut_at_each_step(
    stage: Stage, key_file: Path, monkeypatch: pytest.MonkeyPatch, step: str, lost: str
) -> None:
    bot = await bot_with_key(stage, key_file)
    old = bot.trust.identity.public("master")
    await bot.close()
    call = Api.call

    async def cut(self: Api, method: str, path: str, body: object = None, *a: Any, **k: Any) -> Any:
        last = step != "device_signing/upload" or (isinstance(body, dict) and "auth" in body)
        if method != "GET" and step in path and last:
            if lost == "reply":
                await call(self, method, path, body, *a, **k)
            raise Unreachable("cut")
        return await call(self, method, path, body, *a, **k)

    monkeypatch.setattr(Api, "call", cut)
    with pytest.raises(Unreachable):
        await renew(stage, key_file)
    monkeypatch.setattr(Api, "call", call)
    bot = await bot_with_key(stage, key_file)
    renewed = (step, lost) != ("device_signing/upload", "request")
    assert (bot.trust.identity.public("master") != old) is renewed
    await bot.close()
    trust = await renew(stage, key_file)
    assert trust.identity.public("master") != old
    bot = await bot_with_key(stage, key_file)
    assert bot.trust.recovery is Recovery.READY


@pytest.mark.node
async def test_a_person_opens_the_account_elsewhere_with_the_key(stage: Stage, key_file: Path) -> None:
    """matrix-js-sdk takes the identity out of the storage and signs its own device with it."""
    client = install()
    if isinstance(client, str):
        pytest.skip(f"no interop with matrix-js-sdk was tested: {client}")
    bot, lea = await bot_with_key(stage, key_file), await stage.person("lea")
    other = await JsTeacher.start(
        client, stage.hs.url, bot.user_id, "secret", recovery_key=key_file.read_text().strip()
    )
    try:
        # Its own signature is true for it once the server has told it so.
        async with asyncio.timeout(20):
            while await other.ask("device", of=bot.user_id) != [True, True]:
                pass
    finally:
        await other.close()
    master, devices = await published(lea, bot.user_id)
    assert master == bot.trust.identity.public("master")
    assert sorted(devices.values(), key=str) == [{"self"}, {"self"}]

"""Tokens that end: renewed where the homeserver gives the means, told where the account is at its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import Account, MatrixHomeserver, connect
from helpbot.adapters.matrix.http import Api
from helpbot.core.ids import RoomId
from helpbot.ports import LoggedOut
from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

# Long enough for a busy machine to do one step in, short enough to be outlived.
LIFETIMES = {"refreshable_access_token_lifetime": "4s", "nonrefreshable_access_token_lifetime": "24h"}
SESSIONS = {"session_lifetime": "6s"}
EXPIRES = {"account_validity": {"enabled": True, "period": "6s"}}


@pytest.fixture
def homeserver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalSynapse]:
    with LocalSynapse(tmp_path / "synapse", extra=request.param) as hs:
        yield hs


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests for a token, in order."""
    found: list[str] = []
    post_once = Api.post_once

    async def noting(self: Api, path: str, body: object) -> dict[str, Any]:
        found.append(path.removeprefix("v3/"))
        return await post_once(self, path, body)

    monkeypatch.setattr(Api, "post_once", noting)
    return found


async def bot_on(hs: LocalSynapse, folder: Path, *, password: str | None = "secret") -> MatrixHomeserver:
    account = Account(hs.url, hs.user("helpbot", "secret"), password)
    return await connect(account, folder / "bot", SystemClock())


async def outlive(bot: MatrixHomeserver, cursor: str | None, seconds: float) -> str:
    """Let the time of a token pass as a bot does: waiting for news."""
    for _ in range(int(seconds * 2)):
        cursor = (await bot.sync(cursor, wait_ms=500 if cursor else 0)).next
    assert cursor is not None
    return cursor


@pytest.mark.parametrize("homeserver", [LIFETIMES], indirect=True)
async def test_a_short_lived_token_is_renewed_and_nobody_notices(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    bot = await bot_on(homeserver, tmp_path)
    device, file = bot.device_id, tmp_path / "bot" / "session.json"
    cursor = await outlive(bot, None, 5)
    assert asked[0] == "login"
    assert asked.count("login") == 1
    assert asked.count("refresh") >= 1
    kept = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    cursor = await outlive(bot, cursor, 5)
    assert json.loads(file.read_text()) != kept, "each renewal is written down"
    await bot.close()

    file.write_text(json.dumps(json.loads(file.read_text()) | {"access_token": "ended"}))
    asked.clear()
    again = await bot_on(homeserver, tmp_path, password=None)  # the token has ended, the session has not
    assert (again.device_id, asked) == (device, ["refresh"])
    await outlive(again, cursor, 1)
    await again.close()


@pytest.mark.parametrize("homeserver", [LIFETIMES], indirect=True)
async def test_requests_side_by_side_renew_it_once(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    bot = await bot_on(homeserver, tmp_path)
    async with await Person.login(homeserver.url, homeserver.user("lea", "secret"), "secret") as lea:
        room = RoomId(await lea.create_room(invite=[bot.user_id]))
        await bot.join(room)
        content = {"msgtype": "m.notice", "body": "Bonjour"}
        await bot.send(room, "m.room.message", content, "t")
        bot._api.authorise("ended")  # as if it had just ended
        bot._api.worked = True
        asked.clear()
        ids = await asyncio.gather(*(bot.send(room, "m.room.message", content, f"t{n}") for n in range(8)))
        assert len(set(ids)) == 8
        assert len(asked) <= 2, "once for all of them; and once more where it took longer than a token lives"
    await bot.close()


@pytest.mark.parametrize("homeserver", [SESSIONS], indirect=True)
async def test_a_soft_logout_is_survived_with_the_same_device(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    bot = await bot_on(homeserver, tmp_path)
    device = bot.device_id
    cursor = await outlive(bot, None, 8)
    assert asked.count("login") >= 2
    assert bot.device_id == device
    async with await Person.login(homeserver.url, homeserver.user("lea", "secret"), "secret") as lea:
        room = RoomId(await lea.create_room(invite=[bot.user_id]))
        await bot.join(room)
        said = await bot.send(room, "m.room.message", {"msgtype": "m.notice", "body": "Je suis là"}, "t")
        seen = await lea.wait(lambda e: e["event_id"] == said and e["type"] == "m.room.message")
        assert seen["encrypted"]
    await outlive(bot, cursor, 1)
    await bot.close()


@pytest.mark.parametrize("homeserver", [SESSIONS], indirect=True)
async def test_a_soft_logout_without_a_password_is_told(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    await (await bot_on(homeserver, tmp_path)).close()
    bot = await bot_on(homeserver, tmp_path, password=None)
    with pytest.raises(LoggedOut) as caught:
        await outlive(bot, None, 20)
    await bot.close()
    assert caught.value.code == "M_UNKNOWN_TOKEN"
    assert "password" in caught.value.hint
    assert asked.count("login") == 1


@pytest.mark.parametrize("homeserver", [EXPIRES], indirect=True)
async def test_an_account_that_expires_is_named(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    bot = await bot_on(homeserver, tmp_path)
    with pytest.raises(LoggedOut) as caught:
        await outlive(bot, None, 20)
    assert caught.value.code == "ORG_MATRIX_EXPIRED_ACCOUNT"
    assert "renew it from the mail" in caught.value.hint
    assert asked == ["login"], "no login mends that"
    await bot.close()
    with pytest.raises(LoggedOut, match="ORG_MATRIX_EXPIRED_ACCOUNT"):
        await bot_on(homeserver, tmp_path)


@pytest.mark.parametrize("homeserver", [{}], indirect=True)
async def test_a_deactivated_account_is_named(
    homeserver: LocalSynapse, tmp_path: Path, asked: list[str]
) -> None:
    bot = await bot_on(homeserver, tmp_path)
    homeserver.admin("POST", f"/_synapse/admin/v1/deactivate/{bot.user_id}", {"erase": False})
    with pytest.raises(LoggedOut) as caught:
        await outlive(bot, None, 2)
    assert caught.value.code in ("M_UNKNOWN_TOKEN", "M_USER_DEACTIVATED")
    await bot.close()
    account = Account(homeserver.url, bot.user_id, "secret")
    with pytest.raises(LoggedOut) as caught:
        await connect(account, tmp_path / "bot", SystemClock())
    assert caught.value.code in ("M_USER_DEACTIVATED", "M_FORBIDDEN")
    assert asked.count("login") == 2, "one at the first start, one at the next"

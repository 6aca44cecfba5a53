"""Getting in: password once, token ever after, an identity that no crash can split."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stage import Stage

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.matrix import Account, connect
from helpbot.adapters.matrix.http import Api
from helpbot.ports import LoggedOut, RateLimited, Unreachable
from helpbot.testing.synapse import LocalSynapse

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


async def test_a_wrong_password(stage: Stage) -> None:
    with pytest.raises(LoggedOut, match="check user_id and password") as caught:
        await connect(replace(stage.bot_account, password="faux"), stage.folder, SystemClock())
    assert caught.value.code == "M_FORBIDDEN"
    assert "faux" not in str(caught.value)


async def test_no_password_and_no_session(stage: Stage) -> None:
    with pytest.raises(LoggedOut, match="give a password or a token"):
        await connect(replace(stage.bot_account, password=None), stage.folder, SystemClock())


async def test_the_password_is_used_once(stage: Stage) -> None:
    bot = await stage.bot()
    device = bot.device_id
    await bot.close()
    stage.bot_account = replace(stage.bot_account, password=None)
    bot = await stage.bot()
    assert bot.device_id == device


async def test_a_token_from_the_configuration(stage: Stage) -> None:
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": stage.bot_account.user_id},
        "password": "secret",
    }
    given = stage.hs.request("POST", "/_matrix/client/v3/login", login)
    account = Account(
        stage.hs.url,
        given["user_id"],
        access_token=given["access_token"],
        device_id=given["device_id"],
    )
    stage.bot_account = account
    bot = await stage.bot()
    assert bot.device_id == given["device_id"]
    await bot.close()
    stranger = replace(account, device_id="AUTRE")
    with pytest.raises(LoggedOut, match="HELPBOT_OTHER_DEVICE"):
        await connect(stranger, stage.folder / "new", SystemClock())
    assert "secret" not in repr(account)
    assert given["access_token"] not in repr(account)


async def test_a_folder_belongs_to_one_account(stage: Stage) -> None:
    await (await stage.bot()).close()
    stage.bot_account = stage.account("autre")
    with pytest.raises(LoggedOut, match="HELPBOT_OTHER_ACCOUNT"):
        await stage.bot()


async def test_a_broken_session_file_is_named(stage: Stage) -> None:
    folder = stage.folder / "bot"
    folder.mkdir()
    (folder / "session.json").write_text("{")
    with pytest.raises(LoggedOut, match=r"session\.json cannot be read"):
        await stage.bot()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[LocalSynapse]:
    with LocalSynapse(tmp_path / "strict", limits="default") as hs:
        yield hs


async def test_a_rate_limited_login_says_how_long(strict: LocalSynapse, tmp_path: Path) -> None:
    account = Account(strict.url, strict.user("helpbot", "secret"), "faux")

    async def insist() -> None:
        for _ in range(20):
            with contextlib.suppress(LoggedOut):
                await connect(account, tmp_path / "bot", SystemClock())

    with pytest.raises(RateLimited) as caught:
        await insist()
    assert caught.value.retry_after_ms > 0


@pytest.mark.parametrize("lost", ["request", "reply"])
@pytest.mark.parametrize("step", ["keys/upload", "device_signing/upload", "signatures/upload"])
async def test_the_identity_survives_a_cut_at_each_step(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: str, lost: str
) -> None:
    post = Api.post

    async def cut(self: Api, path: str, body: object) -> dict[str, Any]:
        if path.endswith(step):
            if lost == "reply":
                await post(self, path, body)
            raise Unreachable("cut")
        return await post(self, path, body)

    monkeypatch.setattr(Api, "post", cut)
    with pytest.raises(Unreachable):
        await stage.bot()
    monkeypatch.setattr(Api, "post", post)
    bot = await stage.bot()
    lea = await stage.person("lea")
    found = await lea.request("POST", "v3/keys/query", {"device_keys": {bot.user_id: []}})
    [master] = found["master_keys"][bot.user_id]["keys"]
    [self_signing] = found["self_signing_keys"][bot.user_id]["keys"]
    signatures = found["device_keys"][bot.user_id][bot.device_id]["signatures"][bot.user_id]
    assert self_signing in signatures
    await bot.close()
    bot = await stage.bot()
    again = await lea.request("POST", "v3/keys/query", {"device_keys": {bot.user_id: []}})
    assert list(again["master_keys"][bot.user_id]["keys"]) == [master]

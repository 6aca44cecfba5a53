"""`helpbot run` as a program on a real homeserver that does not want its account."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import BotProcess

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""


def program(synapse: LocalSynapse, folder: Path, name: str) -> BotProcess:
    faq = folder / "faq"
    faq.mkdir()
    (faq / "pix.yaml").write_text(FAQ)
    return BotProcess(synapse, folder / "bot", faq, name=name, rate=10)


async def ended(bot: BotProcess) -> int:
    assert bot._process is not None
    return await asyncio.to_thread(bot._process.wait, 40)


def troubles(bot: BotProcess) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in bot.log().splitlines()]
    return [line for line in lines if line["level"] != "info"]


async def test_a_wrong_password_ends_it_with_one_line(synapse: LocalSynapse, tmp_path: Path) -> None:
    bot = program(synapse, tmp_path, "mistyped")
    config = tmp_path / "bot" / "config.yaml"
    config.write_text(config.read_text().replace("password: secret", "password: faux"))
    bot.start()
    assert await ended(bot) == 1
    [line] = troubles(bot)
    assert (line["event"], line["code"]) == ("the account cannot be used", "M_FORBIDDEN")
    assert "check user_id and password" in line["hint"]
    assert not (tmp_path / "bot" / "data" / "session.json").exists()


async def test_logged_out_everywhere_it_ends_and_a_new_start_logs_in(
    synapse: LocalSynapse, tmp_path: Path
) -> None:
    bot = program(synapse, tmp_path, "evicted")
    bot.start()
    await bot.ready()
    session = tmp_path / "bot" / "data" / "session.json"
    first = json.loads(session.read_text())
    synapse.request("POST", "/_matrix/client/v3/logout/all", {}, token=first["access_token"])
    assert await ended(bot) == 1
    line = troubles(bot)[-1]
    assert (line["event"], line["code"]) == ("the account cannot be used", "M_UNKNOWN_TOKEN")
    bot.start()
    await bot.ready()
    assert json.loads(session.read_text())["device_id"] != first["device_id"]
    assert bot.stop() == 0


async def test_a_deactivated_account_ends_it_and_is_named_at_the_next_start(
    synapse: LocalSynapse, tmp_path: Path
) -> None:
    bot = program(synapse, tmp_path, "deactivated")
    bot.start()
    await bot.ready()
    synapse.admin("POST", f"/_synapse/admin/v1/deactivate/{bot.user_id}", {"erase": False})
    assert await ended(bot) == 1
    assert troubles(bot)[-1]["event"] == "the account cannot be used"
    bot.start()
    assert await ended(bot) == 1
    line = troubles(bot)[-1]
    # Synapse forgets the password with the account, and cannot tell the two apart any more.
    assert (line["event"], line["code"]) == ("the account cannot be used", "M_FORBIDDEN")
    assert "deactivated" in line["hint"]

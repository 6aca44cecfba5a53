"""Late and refused room keys, as `helpbot run` meets them on a real homeserver, told in `/metrics`."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from helpbot.testing.person import Event, Person
from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import BotProcess

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""
Held = list[tuple[str, Mapping[str, Mapping[str, Any]]]]


def figures(bot: BotProcess) -> dict[str, float]:
    lines = [json.loads(line) for line in bot.log().splitlines()]
    url = next(line["url"] for line in lines if line["event"] == "health and metrics are served")
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        found = re.findall(r"(?m)^(\w+(?:\{.*\})?) (\S+)$", answer.read().decode())
    return {name: float(value) for name, value in found}


async def until(bot: BotProcess, **wanted: float) -> None:
    """Wait until the bot's figures are those, by the end of their names."""
    seen: dict[str, float] = {}
    try:
        async with asyncio.timeout(60):
            while seen != wanted:
                now = await asyncio.to_thread(figures, bot)
                seen = {name: next(v for k, v in now.items() if name in k) for name in wanted}
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"wanted {wanted}, saw {seen}; the log ends:\n{bot.log()[-2000:]}") from None


def says(bot: BotProcess, kind: str) -> Any:
    def wanted(event: Event) -> bool:
        meta = event["content"].get("fr.helpbot") if isinstance(event.get("content"), dict) else None
        return event["sender"] == bot.user_id and isinstance(meta, dict) and meta["kind"] == kind

    return wanted


async def test_late_and_refused_keys_are_counted(synapse: LocalSynapse, tmp_path: Path) -> None:
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "pix.yaml").write_text(FAQ)
    listen = 'metrics: {listen: "127.0.0.1:0"}\n'
    bot = BotProcess(synapse, tmp_path / "bot", faq, name="late-keys", rate=50, more=listen)
    bot.start()
    try:
        await bot.ready()
        async with await Person.login(synapse.url, synapse.user("late-lea", "secret"), "secret") as lea:
            room = await lea.create_room(invite=[bot.user_id], direct=True)
            await lea.wait_membership(room, bot.user_id, "join")
            await lea.wait(says(bot, "greeting"))
            held: Held = []

            async def hold(kind: str, messages: Mapping[str, Mapping[str, Any]]) -> None:
                held.append((kind, messages))

            deliver, lea._keys._to_devices = lea._keys._to_devices, hold  # type: ignore[assignment]
            await lea.say(room, "Comment entrer dans Pix ?")
            await until(bot, helpbot_sealed=1, helpbot_late_keys_total=0, withheld=0)

            # Her client says that it will not give the key: she is asked at once to send it again.
            session = lea._keys.machine.outbound(room)
            assert session is not None
            [(_, messages)] = held
            [device] = messages[bot.user_id]
            refused = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "code": "m.unverified",
                "room_id": room,
                "session_id": session.id,
            }
            body = {"messages": {bot.user_id: {device: refused}}}
            await lea.request("PUT", "v3/sendToDevice/m.room_key.withheld/late-keys", body)
            await lea.wait(says(bot, "status"))
            await until(bot, helpbot_sealed=1, withheld=1, helpbot_unreadable_told_total=1)

            # And then gives it after all: what waited is read and answered.
            for kind, messages in held:
                await deliver(kind, messages)
            answer = await lea.wait(says(bot, "answer"))
            assert "Par l'ENT" in answer["content"]["body"]
            await until(bot, helpbot_sealed=0, helpbot_late_keys_total=1, withheld=1)
        assert await asyncio.to_thread(bot.stop) == 0
    finally:
        bot.kill()

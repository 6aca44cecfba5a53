"""What `/health` and `/metrics` say, on a real socket."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from helpbot.adapters.health import HealthServer, Metric
from helpbot.adapters.matrix import MatrixHomeserver
from helpbot.bootstrap import FIRST_REPLIES, Watch, serve_health
from helpbot.ports import LoggedOut
from helpbot.settings import Settings
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, UNKNOWN, BotTester


def settings(listen: str | None) -> Settings:
    matrix = {"homeserver": "https://test", "user_id": str(BOT), "password": "secret"}
    return Settings.model_validate({"matrix": matrix, "metrics": {"listen": listen}})


async def get(server: HealthServer, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(server.url + path) as response:
        return response.status, await response.text()


async def health(server: HealthServer) -> tuple[int, dict[str, Any]]:
    status, text = await get(server, "/health")
    return status, json.loads(text)


async def figures(server: HealthServer) -> dict[str, float]:
    status, text = await get(server, "/metrics")
    assert status == 200
    return {" ".join([s.name, *s.labels.values()]): s.value for family in parse(text) for s in family.samples}


class Left:
    malformed, undecryptable, withheld, late = 3, 2, 1, 5


class Account:
    health = Left()


async def served(watch: Watch) -> HealthServer:
    server = await serve_health(settings("127.0.0.1:0"), watch)
    assert server is not None
    return server


async def test_nothing_listens_unless_it_is_asked_for(clock: FakeClock) -> None:
    assert await serve_health(settings(None), Watch(clock)) is None


async def test_the_life_of_a_bot(tmp_path: Path, clock: FakeClock) -> None:
    watch = Watch(clock)
    server = await served(watch)
    status, told = await health(server)
    assert (status, told["status"], told["reason"]) == (503, "starting", "the first sync has not come yet")
    assert (await figures(server))["helpbot_healthy"] == 0
    watch.counters.unreachable(clock.now())
    status, told = await health(server)
    assert (status, told["status"]) == (503, "unreachable")
    assert told["reason"] == "the homeserver has not answered since 2026-09-28T07:00:00Z"
    async with BotTester(tmp_path, clock) as bot:
        running = bot.running
        running.counters = watch.counters
        watch.bot, watch.homeserver = running, cast("MatrixHomeserver", Account())
        await bot.settle()
        watch.counters.ready = True
        status, told = await health(server)
        assert (status, told["status"]) == (200, "ok")
        assert told["faq"] == {"revision": "test", "entries": 3, "broken": False}
        await bot.says(LEA, PASSWORD)
        await bot.says(LEA, UNKNOWN)
        await bot.reacts(LEA, bot.last().event_id, "🙋")
        bot.server.refuse("send")
        await bot.says(LEA, PASSWORD)
        bot.server.person(ANNE).upgrade(bot.review)  # and nobody invites the bot to the new one
        bot.server.withhold_keys(bot.school)
        await bot.says(LEA, PASSWORD)
        running.setting.faq_problems = ("faq/pix.yaml:1: vide",)
        seen = await figures(server)
        assert seen["helpbot_questions_total answer"] == 2
        assert seen["helpbot_questions_total route"] == 1
        assert {k for k in seen if k.startswith("helpbot_questions_total")} == {
            f"helpbot_questions_total {kind.value}" for kind in FIRST_REPLIES
        }
        assert seen["helpbot_sends_total"] == running.deliverer.sent > 0
        assert (seen["helpbot_outbox waiting"], seen["helpbot_outbox parked"]) == (0, 1)
        assert (seen["helpbot_inbox waiting"], seen["helpbot_sealed"]) == (0, 1)
        assert seen["helpbot_timers"] > 0
        assert seen["helpbot_rooms_not_followed"] == 1
        assert seen["helpbot_left_out_total malformed"] == 3
        assert seen["helpbot_left_out_total undecryptable"] == 2
        assert seen["helpbot_left_out_total withheld"] == 1
        assert seen["helpbot_late_keys_total"] == 5
        assert (seen["helpbot_faq_entries"], seen["helpbot_faq_broken"]) == (3, 1)
        assert seen["helpbot_faq_info test"] == 1
        assert seen["helpbot_healthy"] == 1
        assert seen["helpbot_last_sync_timestamp_seconds"] == clock.now() / 1000
        both = (await get(server, "/metrics"))[1] + (await get(server, "/health"))[1]
        assert not re.search(r"[@!$]\S+:\w|lea|vera|Léa", both), "no id and no name"
        clock.advance(seconds=121)
        status, told = await health(server)
        assert (status, told["status"]) == (503, "silent")
        assert told["reason"] == f"no sync has come since {told['last_sync']}"
        bot.server.log_out(BOT)
        with pytest.raises(LoggedOut):
            await running.run()
        status, told = await health(server)
        assert (status, told["status"]) == (503, "logged_out")
        assert told["reason"] == "the account cannot be used: M_UNKNOWN_TOKEN"
    await server.close()


async def test_other_paths_and_methods_are_refused(clock: FakeClock) -> None:
    server = await served(Watch(clock))
    assert (await get(server, "/"))[0] == 404
    async with aiohttp.ClientSession() as session, session.post(server.url + "/health") as response:
        assert response.status == 405
    await server.close()


async def test_an_address_in_use_is_an_error(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match="address already in use"):
            await serve_health(settings(address), Watch(clock))


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
async def test_an_ipv6_address(clock: FakeClock) -> None:
    try:
        server = await serve_health(settings("[::1]:0"), Watch(clock))
    except OSError:
        pytest.skip("no IPv6 loopback here")
    assert server is not None
    assert server.url.startswith("http://[::1]:")
    assert (await get(server, "/health"))[0] == 503
    await server.close()


@pytest.mark.slow
async def test_the_probe_of_the_documents(clock: FakeClock) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    found = re.search(r'\["CMD", "python", "-c", "(.*)"\]', page)
    assert found is not None
    watch = Watch(clock)
    server = await served(watch)
    probe = found[1].replace("9100", server.url.rpartition(":")[2])

    async def run() -> int | None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", probe)
        return await process.wait()

    assert await run() == 1
    watch.counters.ready = True
    watch.counters.synced(clock.now())
    assert await run() == 0
    await server.close()
    assert await run() == 1


def test_labels_are_escaped() -> None:
    odd = 'a"b\\c\nd'
    lines = "\n".join(Metric("x", odd, {odd: 1.5}, label="l").lines()) + "\n"
    [family] = parse(lines)
    [sample] = family.samples
    assert (sample.labels, sample.value) == ({"l": odd}, 1.5)

"""Question → answer seen by a third client: helpbot beside a bare client that echoes and a minimal nio bot.

Everything in one run on one local Synapse: each round plays every contender in fresh rooms with fresh people,
first one question a second, then every room at full speed (the next question of a room is asked when its
answer is seen).
Figures are the medians over the rounds of ratios within a round: machines are noisy, ratios less so.

    python benchmarks/answering.py [--rounds 3] [--rooms 20] [--questions 300] [--slow 15]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from helpbot.testing.synapse import LocalSynapse

HERE = Path(__file__).parent
QUESTION = "un élève a perdu son mot de passe pix, je fais quoi ?"
CONTENDERS = ("bare", "nio", "helpbot")
PASSWORD = "exemple"


@dataclass
class Figures:
    latency_ms: float
    per_second: float
    cpu_ms: float
    cpu_full_ms: float
    rss_mb: float


class Client:
    """The asker or the observer: bare HTTP."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str) -> None:
        self.http, self.base, self.head = http, base, {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, body: object = None, **query: str) -> dict[str, Any]:
        url = f"{self.base}/_matrix/client/v3/{path}"
        async with self.http.request(method, url, json=body, params=query, headers=self.head) as answer:
            data: dict[str, Any] = await answer.json()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {data}")
            return data


async def login(http: aiohttp.ClientSession, base: str, user: str) -> Client:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": PASSWORD,
    }
    async with http.post(f"{base}/_matrix/client/v3/login", json=body) as answer:
        return Client(http, base, (await answer.json())["access_token"])


def start(contender: str, hs: LocalSynapse, bot: str, folder: Path) -> subprocess.Popen[str]:
    if contender != "helpbot":
        script = {"bare": "bare.py", "nio": "minimal_nio.py"}[contender]
        command = [sys.executable, str(HERE / "bots" / script), hs.url, bot, PASSWORD]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    config = {
        "matrix": {
            "homeserver": hs.url,
            "user_id": bot,
            "password": PASSWORD,
            "trusted_servers": ["*"],
            "max_sends_per_second": 1000,
        },
        "faq": str(HERE.parent / "faq"),
        "data_dir": str(folder / bot[1:].partition(":")[0]),
        "school_zone": None,
        "routing": {"open_hours": "toujours"},
    }
    path = folder / f"{bot[1:].partition(':')[0]}.yaml"
    path.write_text(json.dumps(config), "utf-8")
    command = [sys.executable, "-m", "helpbot", "run", "-c", str(path), "--log", "json"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_ready(process: subprocess.Popen[str]) -> None:
    stream = process.stdout or process.stderr
    assert stream is not None
    for line in stream:
        if "ready" in line:
            return
    raise RuntimeError(f"the bot ended with code {process.wait()}")


def cpu_ms(pid: int) -> float:
    """Processor time of all threads; nanoseconds where the kernel counts them, else clock ticks."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(int((t / "schedstat").read_text().split()[0]) for t in tasks) / 1e6
    except (OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Watch:
    """The observer's sync loop: tells when an answer to a question is seen."""

    def __init__(self, client: Client, bot: str) -> None:
        self.client, self.bot, self.ready = client, bot, asyncio.Event()
        self.waiting: dict[str, asyncio.Future[float]] = {}
        self.early: dict[str, float] = {}

    async def run(self) -> None:
        only = json.dumps(
            {"room": {"timeline": {"types": ["m.room.message"], "limit": 50}, "state": {"types": []}}}
        )
        since = (await self.client.call("GET", "sync", timeout="0", filter=only))["next_batch"]
        self.ready.set()
        while True:
            got = await self.client.call("GET", "sync", since=since, timeout="10000", filter=only)
            now = time.perf_counter()
            since = got["next_batch"]
            for said in got.get("rooms", {}).get("join", {}).values():
                for event in said["timeline"]["events"]:
                    if event["sender"] == self.bot:
                        relation = event["content"].get("m.relates_to", {}).get("m.in_reply_to", {})
                        self._seen(relation.get("event_id", ""), now)

    def _seen(self, question: str, now: float) -> None:
        future = self.waiting.pop(question, None)
        if future is not None and not future.done():
            future.set_result(now)
        else:
            self.early[question] = now

    async def answer(self, question: str) -> float:
        if question in self.early:
            return self.early.pop(question)
        future = self.waiting[question] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(future, 30)


async def play(
    contender: str, hs: LocalSynapse, folder: Path, name: str, options: argparse.Namespace
) -> Figures:
    bot = hs.user(name, PASSWORD)
    hs.override_ratelimit(bot)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        # People of this play alone: whoever sits in the rooms of all plays before hears slower in each.
        seen_by, asked_by = f"observer-{name}", f"asker-{name}"
        for user in (asked_by, seen_by):
            hs.override_ratelimit(hs.user(user, PASSWORD))
        asker, observer = await login(http, hs.url, asked_by), await login(http, hs.url, seen_by)
        seer = hs_user(seen_by)
        rooms = []
        for _ in range(options.rooms):
            made = await asker.call("POST", "createRoom", {"invite": [bot, seer], "preset": "private_chat"})
            rooms.append(made["room_id"])
            await observer.call("POST", f"join/{quote(made['room_id'])}", {})
        process = await asyncio.to_thread(start, contender, hs, bot, folder)
        watch = Watch(observer, bot)
        task = asyncio.create_task(watch.run())
        try:
            await asyncio.to_thread(wait_ready, process)
            await watch.ready.wait()
            for room in rooms:
                await joined(asker, room, bot)
            number = itertools.count()

            async def ask(room: str) -> float:
                content = {"msgtype": "m.text", "body": QUESTION, "m.mentions": {"user_ids": [bot]}}
                began = time.perf_counter()
                path = f"rooms/{quote(room)}/send/m.room.message/{name}{next(number)}"
                sent = await asker.call("PUT", path, content)
                return await watch.answer(sent["event_id"]) - began

            for room in rooms:
                await ask(room)
            before = cpu_ms(process.pid)
            times = []
            for turn in range(options.slow):
                times.append(await ask(rooms[turn % len(rooms)]))
                await asyncio.sleep(max(0.0, 1 - times[-1]))
            slow_cpu = (cpu_ms(process.pid) - before) / options.slow

            async def hurry(room: str) -> None:
                while next(left) > 0:
                    await ask(room)

            left = itertools.count(options.questions, -1)
            before = cpu_ms(process.pid)
            began = time.perf_counter()
            await asyncio.gather(*(hurry(room) for room in rooms))
            rate = options.questions / (time.perf_counter() - began)
            full_cpu = (cpu_ms(process.pid) - before) / options.questions
            return Figures(statistics.median(times) * 1000, rate, slow_cpu, full_cpu, rss_mb(process.pid))
        finally:
            task.cancel()
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 30)


def hs_user(name: str) -> str:
    return f"@{name}:test.local"


async def joined(asker: Client, room: str, bot: str) -> None:
    for _ in range(300):
        members = (await asker.call("GET", f"rooms/{quote(room)}/joined_members"))["joined"]
        if bot in members:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("the bot did not join")


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rooms", type=int, default=20)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--slow", type=int, default=15, help="questions asked one a second")
    options = parser.parse_args()
    found: dict[str, list[Figures]] = {c: [] for c in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder, LocalSynapse() as hs:
        for turn in range(options.rounds):
            # The server grows slower with what it holds: nobody is always first, or always last.
            first = turn % len(CONTENDERS)
            for contender in CONTENDERS[first:] + CONTENDERS[:first]:
                name = f"{contender}{turn}"
                print(f"round {turn + 1}/{options.rounds}: {contender}", file=sys.stderr, flush=True)
                found[contender].append(await play(contender, hs, Path(folder), name, options))
    print("           question → answer   at full speed      processor ms a question")
    print(
        f"{'':10} {'1/s: ms':>9} {'ratio':>6} {'a second':>9} {'ratio':>6} {'1/s':>7} {'full':>6} {'MB':>7}"
    )
    for contender, rounds in found.items():
        slower = [f.latency_ms / b.latency_ms for f, b in zip(rounds, found["bare"], strict=True)]
        faster = [f.per_second / b.per_second for f, b in zip(rounds, found["bare"], strict=True)]
        middle = statistics.median
        print(
            f"{contender:10} {middle(f.latency_ms for f in rounds):9.1f} {middle(slower):6.2f}"
            f" {middle(f.per_second for f in rounds):9.1f} {middle(faster):6.2f}"
            f" {middle(f.cpu_ms for f in rounds):7.2f} {middle(f.cpu_full_ms for f in rounds):6.2f}"
            f" {middle(f.rss_mb for f in rounds):7.1f}"
        )


asyncio.run(main())

"""How long until the bot is ready on a second start, in many rooms, and with how much memory?

    python benchmarks/startup.py [--rooms 300] [--questions 100]

Starts a local Synapse and `helpbot run`, invites it to encrypted rooms, stops it, starts it again. Times are
also told as a multiple of a bare `python -c "import aiohttp"` in the same run, which carries over from one
machine to the next. Then it asks questions and tells the memory (Linux: VmRSS) before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.testing.person import Person
from helpbot.testing.synapse import LocalSynapse

FAQ = Path(__file__).parents[1] / "faq"
STARTS = 5
CONFIG = """
matrix: {{homeserver: "{url}", user_id: "{bot}", password: bot, max_sends_per_second: 100}}
data_dir: data
faq: {faq}
school_zone: null
routing: {{open_hours: toujours}}
"""


async def main(rooms: int, questions: int) -> None:
    bare = min(timed_import() for _ in range(STARTS))
    print(f"bare import of aiohttp: {bare * 1000:.0f} ms")
    with tempfile.TemporaryDirectory() as name, LocalSynapse() as server:
        folder = Path(name)
        bot, _ = server.user("helpbot", "bot"), server.user("lea", "lea")
        (folder / "config.yaml").write_text(CONFIG.format(url=server.url, bot=bot, faq=FAQ))
        async with await Person.login(server.url, "lea", "lea") as lea:
            running = Running(folder)
            print(f"first start, no room: {running.seconds * 1000:.0f} ms")
            try:
                room = await fill(server, lea, bot, rooms)
            finally:
                running.stop()
            took = []
            for _ in range(STARTS):
                running = Running(folder)
                took.append(running.seconds)
                memory = running.memory()
                running.stop()
            best = min(took)
            print(
                f"second start, {rooms} rooms: {best * 1000:.0f} ms, {best / bare:.1f} times the bare import"
            )
            running = Running(folder)
            try:
                await ask(lea, bot, room, questions)
                print(
                    f"memory: {memory:.1f} MB when ready, {running.memory():.1f} after {questions} questions"
                )
            finally:
                running.stop()


def timed_import() -> float:
    """Seconds to start Python, import aiohttp and end."""
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiohttp"], check=True)
    return time.perf_counter() - before


class Running:
    """`helpbot run`, ready."""

    def __init__(self, folder: Path) -> None:
        before = time.perf_counter()
        self._log = folder / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "helpbot", "run", "-c", str(folder / "config.yaml"), "--log", "json"],
                stderr=log,
                # Compiled modules as an installation has them, even where Python is told not to keep any.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
            )
        while '"event": "ready"' not in self._log.read_text():
            if self._process.poll() is not None:
                raise SystemExit(self._log.read_text())
            time.sleep(0.002)
        self.seconds = time.perf_counter() - before

    def memory(self) -> float:
        """Megabytes of memory in use now; 0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def stop(self) -> None:
        """Stop as an operator does."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)


async def fill(server: LocalSynapse, lea: Person, bot: str, rooms: int) -> str:
    """Open rooms with the bot in them; return one of them."""
    for number in range(rooms):
        room = await lea.create_room(encrypted=True, invite=[bot], name=f"Salle {number + 1}")
    deadline = time.monotonic() + 60 + rooms
    while len(server.admin("GET", f"/_synapse/admin/v1/users/{bot}/joined_rooms")["joined_rooms"]) < rooms:
        if time.monotonic() > deadline:
            raise SystemExit("the bot did not join every room")
        await asyncio.sleep(0.5)
    await asyncio.sleep(2)
    return room


async def ask(lea: Person, bot: str, room: str, count: int) -> None:
    """Ask one question after the other, each once the one before is answered."""
    for entry in islice(load_faq(FAQ).entries, count):
        asked = await lea.say(room, entry.question, mention=[bot])
        await lea.wait(partial(answers, bot=bot, asked=asked), what=f"an answer to {entry.question!r}")


def answers(event: Mapping[str, Any], *, bot: str, asked: str) -> bool:
    """Whether an event is the bot's answer to a question."""
    told = event.get("content", {}).get("fr.helpbot", {})
    return event.get("sender") == bot and told.get("question") == asked


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rooms", type=int, default=300)
    options.add_argument("--questions", type=int, default=100)
    chosen = options.parse_args()
    asyncio.run(main(chosen.rooms, chosen.questions))

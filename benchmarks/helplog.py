"""A million records in the log: how long a report takes, and what the retention job costs in memory.

    python benchmarks/helplog.py [--records 1000000] [--keep DIR]

Writes made-up records into SQLite (made-up people, six months, 20 themes, a quarter answered by people), then
measures in fresh processes: the report of `!bilan`, and how long others wait meanwhile; the sweep that
removes all of it, its peak of memory beside that of a process that opens the same database and removes
nothing, and its longest transaction.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from helpbot.adapters.calendars import load_calendar
from helpbot.adapters.db import open_store
from helpbot.adapters.db.engine import make_engine
from helpbot.core.addressing import Me
from helpbot.core.hours import OpenHours
from helpbot.core.ids import TicketId, UserId
from helpbot.core.matching import FaqIndex
from helpbot.core.records import HelpRecord
from helpbot.core.report import publish
from helpbot.core.tickets import Plan
from helpbot.flow.setting import Policy, Setting
from helpbot.flow.upkeep import sweep
from helpbot.ports import Store, Tx
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import small_faq
from helpbot.texts import load_catalogue

START = 1_790_000_000_000
DAY = 86_400_000
MONTHS = 6
OUTCOMES = ["faq"] * 55 + ["clarified"] * 8 + ["redirect"] * 4 + ["nobody"] * 5 + ["withdrawn"] * 3
OUTCOMES += ["volunteer"] * 21 + ["referent"] * 4
T = TypeVar("T")


def records(count: int) -> Iterator[HelpRecord]:
    """Yield made-up records, the same ones each time."""
    draw = random.Random(1)
    for number in range(1, count + 1):
        outcome = draw.choice(OUTCOMES)
        human = outcome in ("volunteer", "referent")
        at = START + draw.randrange(MONTHS * 30 * DAY)
        theme = f"theme-{draw.randrange(20)}"
        yield HelpRecord(
            ticket=TicketId(number),
            theme=theme,
            level=draw.choice(("ecole", "college", "lycee", "")),
            outcome=outcome,
            entry=f"{theme}-{draw.randrange(12)}" if outcome in ("faq", "clarified") else None,
            asker=f"{draw.randrange(60_000):032x}",
            helper=f"{draw.randrange(3_000):032x}" if human else None,
            asked_at=at,
            first_reply_at=at + 1000,
            claimed_at=at + 600_000 if human else None,
            answered_at=at + draw.randrange(1, 300) * 60_000 if human else None,
            ended_at=at + DAY,
            feedback=draw.choice((None, None, True, False)),
            offers=int(human),
            month=f"2026-{4 + (at - START) // (30 * DAY):02}",
            refused=f"{theme}-{draw.randrange(12)}" if draw.random() < 0.05 else None,
            claim_minutes=draw.randrange(120) if human else None,
            answer_minutes=draw.randrange(300) if human else None,
        )


def fill(folder: Path, count: int) -> None:
    """Write the records."""
    asyncio.run(open_store(None, folder).close())
    names = [f.name for f in fields(HelpRecord)]
    insert = f"INSERT INTO help_log ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    engine = make_engine(f"sqlite:///{folder / 'helpbot.db'}")
    driver = engine.raw_connection()
    driver.cursor().execute("BEGIN")
    cursor: Any = driver.cursor()
    cursor.executemany(insert, (astuple(r) for r in records(count)))  # none of them held
    driver.commit()
    driver.close()
    engine.dispose()


async def report(folder: Path) -> dict[str, float]:
    """Measure the report twice, the first reads the file, and how long small transactions wait meanwhile."""
    store = open_store(None, folder)
    took, waits = [], [0.0]

    async def others() -> None:
        while True:
            start = time.perf_counter()
            await store.run(lambda tx: tx.remember("benchmark", ""))
            await asyncio.sleep(0.01)
            waits.append(time.perf_counter() - start - 0.01)

    beside = asyncio.create_task(others())
    for _ in range(2):
        start = time.perf_counter()
        published = publish(await store.read(lambda tx: tx.counts()))
        took.append(time.perf_counter() - start)
    beside.cancel()
    await store.close()
    found = {"first_s": took[0], "again_s": took[1], "questions": published.total or 0}
    return found | {"others": len(waits), "others_ms": max(waits) * 1000}


class TimedStore:
    """A store that notes its longest transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.longest = 0.0

    async def run(self, work: Callable[[Tx], T]) -> T:
        start = time.perf_counter()
        done = await self._store.run(work)
        self.longest = max(self.longest, time.perf_counter() - start)
        return done

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._store.read(work)

    async def checkpoint(self) -> None:
        await self._store.checkpoint()

    async def scrub(self) -> bool:
        return await self._store.scrub()

    async def close(self) -> None:
        await self._store.close()


def setting() -> Setting:
    """Return what the daily job asks for: how long what is kept."""
    calendar = load_calendar("A", "Europe/Paris")
    policy = Policy(plan=Plan(), hours=OpenHours.parse("lun-ven 8h-18h", calendar), calendar=calendar)
    me = Me(UserId("@helpbot:exemple.fr"), "helpbot")
    return Setting(me, policy, load_catalogue(), FaqIndex.build(small_faq()), alias=str)


async def retention(folder: Path, now: int) -> dict[str, float]:
    """Do the daily job as it would be done at a moment."""
    store = TimedStore(open_store(None, folder))
    start = time.perf_counter()
    gone = await sweep(store, FakeClock(now), setting())
    took = time.perf_counter() - start
    await store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    removed = gone.get("help_log", 0)
    return {"removed": removed, "s": took, "longest_ms": store.longest * 1000, "peak_mb": peak}


def measured(*part: str) -> dict[str, float]:
    """Run a part in a process of its own and return its figures."""
    done = subprocess.run([sys.executable, __file__, *part], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(chosen: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.keep or Path(made)
        start = time.perf_counter()
        fill(folder, chosen.records)
        size = (folder / "helpbot.db").stat().st_size / 1e6
        print(f"{chosen.records} records, {size:.0f} MB, written in {time.perf_counter() - start:.0f} s")
        found = measured("--report", str(folder))
        print(
            f"report: {found['first_s']:.2f} s, again {found['again_s']:.2f} s; {found['others']:.0f} small "
            f"transactions beside it, the longest wait {found['others_ms']:.0f} ms"
        )
        idle = measured("--sweep", str(folder), str(START))
        swept = measured("--sweep", str(folder), str(START + 1000 * DAY))
        print(
            f"retention: {swept['removed']:.0f} rows in {swept['s']:.0f} s, longest transaction "
            f"{swept['longest_ms']:.0f} ms, peak {swept['peak_mb']:.0f} MB "
            f"({idle['peak_mb']:.0f} MB where nothing is removed)"
        )
    return int(found["first_s"] >= 2 or found["others_ms"] >= 250 or swept["removed"] != chosen.records)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sweep", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.report:
        print(json.dumps(asyncio.run(report(given.report))))
    elif given.sweep:
        print(json.dumps(asyncio.run(retention(Path(given.sweep[0]), int(given.sweep[1])))))
    else:
        sys.exit(main(given))

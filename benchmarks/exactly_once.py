"""Is each question answered exactly once, whatever happens to the process?

    python benchmarks/exactly_once.py [--questions 200] [--rooms 20 4 1] [--kills 10] [--limits default]

Starts a local Synapse and `helpbot run`; asks while the bot is down, once for each number of rooms, then
while it is killed again and again. Half of the rooms are encrypted. Exit 1 if a question was lost or
answered twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import Outcome, Trial

FAQ = Path(__file__).parents[1] / "faq"


async def main(chosen: argparse.Namespace) -> int:
    limited = chosen.limits == "default"
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder, LocalSynapse(limits=chosen.limits) as hs:
        async with Trial(hs, Path(folder), FAQ, rate=1 if limited else 100) as trial:
            patience = 60 + chosen.questions * (6 if limited else 0.5)
            for count in chosen.rooms:
                rooms = await trial.open_rooms(count)
                down = await trial.run(rooms, chosen.questions, while_down=True, patience=patience)
                print(f"bot down, {count} rooms: {down}", flush=True)
                outcomes.append(down)
            if chosen.kills:
                rooms = await trial.open_rooms(chosen.rooms[0])
                killed = await trial.run(rooms, chosen.questions, kills=chosen.kills, patience=patience)
                print(f"killed, {chosen.rooms[0]} rooms: {killed}", flush=True)
                outcomes.append(killed)
            if any(o.lost or o.twice for o in outcomes):
                print(trial.bot.log()[-4000:], file=sys.stderr)
    return int(any(o.lost or o.twice for o in outcomes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rooms", type=int, nargs="+", default=[20, 4, 1])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--limits", choices=["generous", "default"], default="generous")
    sys.exit(asyncio.run(main(parser.parse_args())))

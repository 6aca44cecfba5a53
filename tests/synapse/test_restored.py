"""A backup that is 200 messages old, put back after the disk was lost: no question twice, none left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from helpbot.testing.person import Event
from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import Outcome, Trial

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = Path(__file__).parents[2] / "faq"
PATIENCE_SECONDS = 400
"""Some 350 messages on a real homeserver: a busy machine needs two minutes for them."""
QUESTION = "bjr, un élève a perdu son mot de passe pix, je fais quoi ?"


def db(trial: Trial, *arguments: str) -> str:
    """Run `helpbot db` as an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "helpbot", "db", *arguments, "-c", str(trial.bot.folder / "config.yaml")],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(trial: Trial, outcome: Outcome, questions: int) -> None:
    trial._count(outcome)
    assert (outcome.once, outcome.lost, outcome.twice) == (questions, 0, 0), trial.bot.log()[-3000:]


def back(event: Event) -> bool:
    return "Me revoilà" in str(event["content"].get("body"))


async def devices(trial: Trial) -> dict[str, object]:
    me = trial.bot.user_id
    found = await trial.lea.request("POST", "v3/keys/query", {"device_keys": {me: []}})
    assert len(found["master_keys"][me]["keys"]) == 1
    return {"master": found["master_keys"][me]["keys"], "devices": set(found["device_keys"][me])}


async def test_a_backup_that_is_200_messages_old(synapse: LocalSynapse, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "helpbot.tar.gz"
    file.parent.mkdir()
    async with Trial(synapse, tmp_path, FAQ, name="backup") as trial:
        rooms = await trial.open_rooms(4)
        before = await trial.run(rooms, 20)
        there = await devices(trial)
        assert "identité" in db(trial, "backup", str(file))  # the bot goes on meanwhile
        assert file.stat().st_mode & 0o777 == 0o600
        since = await trial.run(rooms, 100)
        late = await trial.open_rooms(1, encryption="all")  # a room that the backup knows nothing of
        newer = await trial.run(late, 5)
        trial.bot.kill()
        shutil.rmtree(trial.bot.folder / "data")
        gone = Outcome()
        plain, sealed = rooms[1], rooms[0]
        asked = [await trial.lea.say(plain, QUESTION, mention=[trial.bot.user_id]) for _ in range(3)]
        gone.answers = Counter(dict.fromkeys(asked, 0))
        trial.lea._keys.machine.outbound_group_sessions.pop(sealed)  # her key wears out
        await trial.lea.say(sealed, QUESTION, mention=[trial.bot.user_id])

        assert "remise" in db(trial, "restore", str(file))
        trial.bot.start()
        await trial.bot.ready()
        # What nobody has the key to any more is asked for again, once.
        await trial.lea.wait(lambda e: e["room_id"] == sealed and back(e), 30, what="a word on lost keys")
        again = await trial.run(rooms + late, 20)
        for outcome, count in ((before, 20), (since, 100), (newer, 5), (gone, 3), (again, 20)):
            check(trial, outcome, count)
        assert Counter(e["room_id"] for e in trial.lea.seen if back(e)) == {sealed: 1}

        now = await devices(trial)
        assert now["master"] == there["master"]
        assert len(now["devices"]) == 1, "the device of before is gone"
        assert now["devices"] != there["devices"]
        assert trial.bot.stop() == 0

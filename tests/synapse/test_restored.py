"""A backup that is 200 messages old, put back after the disk was lost: no question twice, none left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from postgres import postgres_url

from helpbot.testing.person import Event
from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import Outcome, Trial

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = Path(__file__).parents[2] / "faq"
SMALL_FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Un élève a perdu son mot de passe Pix, answer: Dans Pix Orga.}]
"""
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


def program(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


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


@pytest.mark.postgres
async def test_a_dump_of_postgresql_and_an_empty_data_folder(
    synapse: LocalSynapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/operations.md: the dump is 30 messages old, and the disk is lost."""
    if not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("NOT TESTED: pg_dump and pg_restore are not installed")
    key, dump, faq = tmp_path / "keys" / "recovery.key", tmp_path / "helpbot.dump", tmp_path / "faq"
    key.parent.mkdir()
    faq.mkdir()
    (faq / "pix.yaml").write_text(SMALL_FAQ)
    with postgres_url() as url:
        monkeypatch.setenv("HELPBOT__STORE__URL", url)
        monkeypatch.setenv("HELPBOT__MATRIX__RECOVERY_KEY_FILE", str(key))
        async with Trial(synapse, tmp_path / "bot", faq, name="dumped") as trial:
            rooms = await trial.open_rooms(2)
            before = await trial.run(rooms, 10)
            there = await devices(trial)
            program("pg_dump", "--format=custom", f"--file={dump}", url)  # the bot goes on meanwhile
            since = await trial.run(rooms, 30)
            trial.bot.kill()
            shutil.rmtree(trial.bot.folder / "data")
            gone = Outcome()
            asked = [await trial.lea.say(rooms[1], QUESTION, mention=[trial.bot.user_id]) for _ in range(3)]
            gone.answers = Counter(dict.fromkeys(asked, 0))
            options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
            program("pg_restore", *options, f"--dbname={url}", str(dump))
            trial.bot.start()
            await trial.bot.ready()
            again = await trial.run(rooms, 10)
            for outcome, count in ((before, 10), (since, 30), (gone, 3), (again, 10)):
                check(trial, outcome, count)
            now = await devices(trial)
            assert now["master"] == there["master"], "the recovery key gave the same identity back"
            assert now["devices"] != there["devices"]
            assert trial.bot.stop() == 0

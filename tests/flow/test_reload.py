"""FAQ files that change while the bot runs: real files, saved as editors save them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles import learn
from helpbot.bootstrap import load_index, watch_faq
from helpbot.flow.write import Written
from helpbot.settings import Settings
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import ANNE, LEA, BotTester

QUESTION = "combien de place dans nuage"
GOOD = """\
theme: apps
title: Apps
entries:
  - id: apps-nuage
    question: Combien de place dans Nuage ?
    variants: [taille du nuage, quota nuage apps]
    answer: {answer}
  - id: apps-visio
    question: Comment ouvrir une visio ?
    answer: Depuis le portail.
"""
OLD, NEW = GOOD.format(answer="100 Go par compte."), GOOD.format(answer="200 Go par compte.")
BROKEN = OLD.replace("    answer: 100 Go par compte.\n", "")
Save = Callable[[Path, str], None]


def rename_over(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


def truncate_and_write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)


def delete_and_create(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def keep_a_backup(path: Path, text: str) -> None:
    path.rename(path.with_name(f"{path.name}~"))
    path.write_text(text)


HABITS = [rename_over, truncate_and_write, delete_and_create, keep_a_backup]


@pytest.fixture(autouse=True)
def _learn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn in this process: the other one is tested where it lives."""
    monkeypatch.setattr(learn, "_learn_aside", lambda *_: None)


class Watched:
    """A bot whose FAQ is a folder of real files, watched as `helpbot run` does."""

    def __init__(self, bot: BotTester, folder: Path) -> None:
        self.bot = bot
        self.file = folder / "faq" / "apps.yaml"
        self.file.parent.mkdir()
        self.file.write_text(OLD)
        matrix = {"homeserver": "https://test", "user_id": "@helpbot:test", "password": "secret"}
        self.settings = Settings.model_validate(
            {"matrix": matrix, "faq": self.file.parent, "data_dir": folder / "data"}
        )
        running = bot.running
        running.setting.index = load_index(self.settings)
        self.next_change = watch_faq(self.settings, running.store, bot.clock, running.setting)

    async def reload(self) -> None:
        """Let the watcher come to its end, time passing as it needs."""
        running = self.bot.running
        watching = asyncio.ensure_future(self.next_change())
        while not watching.done():
            await look(watching, self.bot.clock)
        running._written(watching.result())
        await self.bot.settle()

    async def sees_nothing(self) -> None:
        """Let the watcher look some times and find no change."""
        watching = asyncio.ensure_future(self.next_change())
        for _ in range(4):
            await look(watching, self.bot.clock)
            assert not watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    async def answer(self) -> str:
        await self.bot.says(LEA, QUESTION)
        return self.bot.last().body

    def told(self) -> list[str]:
        return [m.body for m in self.bot.shown(self.bot.review, kind="status")]


async def look(watching: asyncio.Future[Written], clock: FakeClock) -> None:
    """Let time come to the watcher's next look, and let it look, which it does on a thread."""

    def asleep() -> bool:
        return watching.done() or clock.next_due() is not None

    await until(asleep)
    if (due := clock.next_due()) is not None:
        clock.advance(ms=due - clock.now())
    await until(asleep)


async def until(condition: Callable[[], bool]) -> None:
    """Let tasks and threads run until something holds."""
    for _ in range(10_000_000):
        if condition():
            return
        await asyncio.sleep(0)


@asynccontextmanager
async def watched(folder: Path, clock: FakeClock) -> AsyncIterator[Watched]:
    async with BotTester(folder / "bot", clock) as bot:
        yield Watched(bot, folder)


@pytest.mark.parametrize("save", HABITS)
async def test_a_changed_entry_is_answered_by_its_new_text(
    tmp_path: Path, clock: FakeClock, save: Save
) -> None:
    async with watched(tmp_path, clock) as faq:
        assert "100 Go" in await faq.answer()
        save(faq.file, NEW)
        await faq.reload()
        assert "200 Go" in await faq.answer()
        assert faq.told() == []


@pytest.mark.parametrize("save", HABITS)
async def test_a_broken_file_leaves_the_last_good_one_and_is_told_once_then_mended(
    tmp_path: Path, clock: FakeClock, save: Save
) -> None:
    async with watched(tmp_path, clock) as faq:
        save(faq.file, BROKEN)
        await faq.reload()
        setting = faq.bot.running.setting
        assert setting.faq_broken
        assert "100 Go" in await faq.answer()
        [told] = faq.told()
        assert "La FAQ modifiée n’a pas pu être chargée" in told
        assert f"- {faq.file.name}:4" in told, "without the folders of the machine"
        assert faq.bot.last(faq.bot.review).mentions == (ANNE,)
        save(faq.file, BROKEN + "# pas encore\n")
        await faq.reload()
        clock.advance(minutes=5)
        save(faq.file, BROKEN + "# toujours pas\n")
        await faq.reload()
        assert len(faq.told()) == 1, "the same problem again is not told again"
        save(faq.file, NEW)
        await faq.reload()
        assert not setting.faq_broken
        assert "200 Go" in await faq.answer()
        assert len(faq.told()) == 2
        assert "La FAQ est rechargée" in faq.told()[1]
        assert "2 fiches" in faq.told()[1]
        assert faq.bot.last(faq.bot.review).mentions == ()


async def test_another_problem_is_told_as_well(tmp_path: Path, clock: FakeClock) -> None:
    async with watched(tmp_path, clock) as faq:
        faq.file.write_text(BROKEN)
        await faq.reload()
        faq.file.write_text(OLD + "autre: chose\n")
        await faq.reload()
        assert len(faq.told()) == 2
        faq.file.write_text(OLD)
        await faq.reload()
        faq.file.write_text(BROKEN)
        await faq.reload()
        assert len(faq.told()) == 4, "broken again after it was mended"


async def test_nothing_is_loaded_while_a_file_is_still_being_written(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with watched(tmp_path, clock) as faq:
        task = asyncio.ensure_future(faq.next_change())
        with faq.file.open("w") as file:
            for line in NEW.splitlines(keepends=True):
                file.write(line)
                file.flush()
                await look(task, clock)
                assert not task.done()
        while not task.done():
            await look(task, clock)
        faq.bot.running._written(task.result())
        await faq.bot.settle()
        assert faq.told() == []
        assert "200 Go" in await faq.answer()


async def test_a_folder_that_is_gone_and_comes_back(tmp_path: Path, clock: FakeClock) -> None:
    async with watched(tmp_path, clock) as faq:
        away = tmp_path / "away"
        faq.file.parent.rename(away)
        await faq.reload()
        assert "ce dossier n'existe pas" in faq.told()[0]
        assert "100 Go" in await faq.answer()
        away.rename(faq.file.parent)
        await faq.reload()
        assert "La FAQ est rechargée" in faq.told()[1]


async def test_a_file_that_was_only_touched_or_is_none_of_the_faq_is_not_told(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with watched(tmp_path, clock) as faq:
        (faq.file.parent / "notes.txt").write_text("rien")
        await faq.sees_nothing()
        faq.file.touch()
        await faq.reload()
        assert faq.told() == []


async def test_an_entry_that_was_removed_is_no_longer_answered(tmp_path: Path, clock: FakeClock) -> None:
    async with watched(tmp_path, clock) as faq:
        assert "100 Go" in await faq.answer()
        head, _, rest = OLD.partition("  - id: apps-nuage")
        faq.file.write_text(head + rest[rest.index("  - id:") :])
        await faq.reload()
        assert "100 Go" not in await faq.answer()

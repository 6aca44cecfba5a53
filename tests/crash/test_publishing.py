"""Four times 50 edits, approvals, hand edits, undoings and crashes interleaved, through the conversation.

No entry is lost, no file is ever invalid, no approval is applied twice.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.editing import EditState
from helpbot.testing.clock import FakeClock
from helpbot.testing.crash import CrashPlan, CrashTester
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import ANNE

ACTS = 50
REFERENT = "@rene:test"


class Sometimes(Collection[int]):
    """Points at which to die: now and then, seeded; never at two that follow one another closely."""

    def __init__(self, draw: random.Random) -> None:
        self._draw, self._last, self.deaths = draw, -50, 0

    def __contains__(self, point: object) -> bool:
        assert isinstance(point, int)
        if point - self._last < 10 or self._draw.random() > 0.04:
            return False
        self._last, self.deaths = point, self.deaths + 1
        return True

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[int]:
        return iter(())


class Desk:
    """Two referents and a hand in the files."""

    def __init__(self, bot: CrashTester, draw: random.Random) -> None:
        self.bot, self.draw, self.number = bot, draw, 0
        self.by_hand: list[str] = []
        self.known = {e.id for e in load_faq(bot.faq_folder).entries}

    def cards(self) -> list[Seen]:
        return [m for m in self.bot.shown(self.bot.review) if "proposition" in m.body]

    async def act(self) -> None:
        """Do one thing that referents do, now and then with a hand in between."""
        self.number += 1
        draw, kind = self.draw, self.draw.random()
        name = draw.choice(sorted(self.known))
        if kind < 0.1:
            await self.writes("!faq annuler")
            return
        if kind < 0.2:
            self.hand()
            await self.bot.reload()
            return
        if kind < 0.6:
            await self.writes(f"!faq variante {name} formulation {self.number} par le salon")
        else:
            await self.writes(f"!faq modifier {name}\nréponse: Réponse numéro {self.number}.")
        if not self.cards():
            return
        if draw.random() < 0.3:
            self.hand()
        card = draw.choice(self.cards()[-3:])  # sometimes an older one
        for who in draw.choice(((ANNE,), (ANNE, REFERENT), (REFERENT, ANNE))):
            await self.reacts(who, card)

    async def writes(self, text: str) -> None:
        await self.bot.says(ANNE, text, room=self.bot.review, to_bot=False)

    async def reacts(self, who: str, card: Seen) -> None:
        if who not in {user for users in card.reactions.values() for user in users}:
            await self.bot.reacts(who, card.event_id, "✅", room=self.bot.review)

    def hand(self) -> None:
        """Add a phrasing in an editor."""
        path = self.draw.choice(sorted(self.bot.faq_folder.glob("*.yaml")))
        lines = path.read_text("utf-8").splitlines(keepends=True)
        at = self.draw.choice([n for n, line in enumerate(lines) if line.strip() == "variants:"])
        dash = lines[at + 1][: lines[at + 1].index("-")]
        self.by_hand.append(f"à la main {self.number} {len(self.by_hand)}")
        lines.insert(at + 1, f"{dash}- {self.by_hand[-1]}\n")
        path.write_text("".join(lines), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_edits_approvals_hands_and_crashes_interleaved(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    deaths = Sometimes(draw)
    plan = CrashPlan(deaths, armed=False)
    bot = CrashTester(tmp_path, FakeClock(), plan, files=True)
    bot.server.person(ANNE).invite(bot.review, REFERENT)  # type: ignore[arg-type]
    bot.server.person(REFERENT).join(bot.review)
    desk = Desk(bot, draw)
    try:
        await bot.start()
        plan.armed = True
        for _ in range(ACTS):
            await desk.act()
            faq = load_faq(bot.faq_folder)  # raises for an invalid file
            assert {e.id for e in faq.entries} == desk.known
        plan.armed = False
        await bot.restart()
        rows = await bot.running.store.run(lambda tx: tx.edits(list(EditState), entry=None, limit=1000))
    finally:
        await bot.stop()
    assert deaths.deaths > 5
    assert not list(bot.faq_folder.glob(".*")), "no draft is left"
    found = [v for e in load_faq(bot.faq_folder).entries for v in e.variants]
    assert all(found.count(text) == 1 for text in desk.by_hand)
    done = [r for r in rows if r.state in (EditState.DONE, EditState.RECORDED)]
    assert {r.state for r in rows} <= {EditState.RECORDED, EditState.REFUSED}, "nothing is left half-way"
    assert len(done) > 10
    for row in done:
        base, wanted = row.edit.base, row.edit.wanted
        if base is None or wanted is None:
            continue
        for text in set(wanted.variants) - set(base.variants):
            assert found.count(text) == (0 if row.undone else 1), text
    approved = [r.proposal for r in rows if r.proposal is not None and r.state is EditState.RECORDED]
    assert len(approved) == len(set(approved)), "no approval is applied twice"

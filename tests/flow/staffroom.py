"""A staff room of twenty people and one conversation among them, by the parts that they play."""

from __future__ import annotations

import json
from pathlib import Path

from helpbot.adapters.reportpage import page
from helpbot.core.corpus import Corpus
from helpbot.core.gaps import Unanswered, find_gaps
from helpbot.core.gaps.shown import missing
from helpbot.core.ids import EventId, RoomId
from helpbot.core.overview import overview
from helpbot.core.report import Report
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.flow.gaps import asked_in_vain_since
from helpbot.flow.report import read_corpus, read_report
from helpbot.ports import Tx
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import BOT, SESSION, BotTester, pseudonym

ROLES = tuple(f"{part}{n}" for part, many in (("asker", 12), ("helper", 8)) for n in range(1, many + 1))
PEOPLE = {role: f"@prenom{n}.nom{n}-exemple.fr:test" for n, role in enumerate(ROLES, 1)}
NAMES = {role: f"Prénomrare{chr(96 + n)} Nomrare{chr(96 + n)}" for n, role in enumerate(ROLES, 1)}
"""Nobody's first name is part of another's."""


def words_of(role: str) -> str:
    """What this part writes and nobody else does."""
    return f"gargouille{role}zz"


class StaffRoom(BotTester):
    """The bot among twenty people: `people` says who plays which part."""

    def __init__(
        self, folder: Path, clock: FakeClock, *, encrypted: bool, people: dict[str, str] | None = None
    ) -> None:
        self.people = dict(PEOPLE if people is None else people)
        self.helpers_of_all = tuple(self.people[r] for r in ROLES if r.startswith("helper"))
        plan = Plan(caps=Caps(100, 100, 100))
        super().__init__(folder, clock, encrypted=encrypted, volunteers=self.helpers_of_all, plan=plan)
        self.directs: dict[str, RoomId] = {}
        first = self.server.person("@lea:test")
        for role in ROLES:
            user = self.people[role]
            name = NAMES[next(r for r in ROLES if PEOPLE[r] == user)]
            self.server.person(user, name=name)
            if role.startswith("asker"):
                first.invite(self.school, user)
                self.server.person(user).join(self.school)

    def first_name(self, role: str) -> str:
        """The first name of whoever plays a part."""
        return NAMES[next(r for r in ROLES if PEOPLE[r] == self.people[role])].split(" ")[0]

    def who(self, user: str) -> str:
        """The part that somebody plays."""
        return next(role for role, they in self.people.items() if they == user)

    async def play(self) -> None:
        """Everybody does something: asks, answers, thanks, edits, deletes, writes in private, objects."""
        for role in ("helper1", "helper2", "asker2"):
            self.directs[role] = await self.direct(self.people[role])
        await self.says(
            self.people["helper1"], "!volontaire pix apps collège avec mon nom", room=self.directs["helper1"]
        )
        for number, role in enumerate(r for r in ROLES if r.startswith("asker")):
            await self._ask(number, role)
            self.clock.advance(minutes=3)
        await self.says(self.people["asker2"], f"{words_of('asker2')} {SESSION}", room=self.directs["asker2"])
        # Somebody names a colleague by their address, and a question waits with its offer open.
        named = f"comme {self.people['asker1']} et {self.people['helper1']}"
        await self.says(self.people["asker5"], f"qui règle le radiateur {words_of('asker5')}, {named} ?")
        await self.reacts(self.people["asker5"], self.last().event_id, "🙋")

    async def _ask(self, number: int, role: str) -> None:
        user = self.people[role]
        question = await self.says(user, f"qui sait brancher le thermostat {words_of(role)} ?")
        named = number % 2 == 0
        await self.reacts(user, self.last().event_id, "👤" if named else "🙋")
        helper = await self._helped(role)
        if helper is None:
            return
        relayed = self.shown(kind="relay")[-1]
        await self.says(user, f"et le second {words_of(role)} ?", reply_to=relayed.event_id)
        if number % 3 == 0:
            await self.reacts(user, relayed.event_id, "✅")
        if number % 5 == 4:
            await self.deletes(user, question)

    async def _helped(self, role: str) -> str | None:
        """Whoever was asked takes it and answers, twice, with an edit."""
        ticket = (await self.tickets())[-1]
        if not ticket.offers:
            return None
        offer = ticket.offers[-1]
        helper = self.who(offer.user)
        row = next(m for m in reversed(self.shown(offer.room, kind="offer")) if ticket.ref in m.body)
        await self.reacts(offer.user, row.event_id, "✋", room=offer.room)
        said = await self.says(
            offer.user, f"au sous-sol {words_of(helper)}", room=offer.room, reply_to=row.event_id
        )
        await self.says(
            offer.user, f"au sous-sol, à gauche {words_of(helper)}", room=offer.room, edit=EventId(said)
        )
        return helper

    async def exports(self) -> dict[str, str]:
        """The report's page and the corpus for IRAMUTEQ, as the command line makes them."""
        policy, now, setting = self.policy, self.clock.now(), self.running.setting

        def read(tx: Tx) -> tuple[Report, tuple[Unanswered, ...], Corpus]:
            asked = asked_in_vain_since(tx, policy, pseudonym, now)
            return read_report(tx, policy, now), asked, read_corpus(tx, policy, pseudonym)

        report, asked, corpus = await self.running.store.read(read)
        months = {q.at: f"{policy.calendar.local(q.at):%Y-%m}" for q in asked}
        found = missing(find_gaps(asked, [e.phrasings for e in setting.index.faq.entries]), {}, months)
        view = overview(report, setting.index.faq, {}, found, policy.calendar.local(now).date())
        assert found.words, "enough was asked to tell of"
        assert corpus.texts
        return {"page": page(view, setting.catalogue), "corpus": "\n".join(corpus.lines)}

    def stored(self) -> dict[str, bytes]:
        """Every file of the database's folder, and the journal beside the key."""
        return {
            str(p.relative_to(self.folder)): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()
        }


def traces(data: bytes, needles: tuple[str, ...]) -> list[str]:
    """Which of these stand in some bytes, as UTF-8, in either case, or escaped as JSON does."""
    low = data.lower()
    found = []
    for needle in needles:
        forms = {needle.encode(), json.dumps(needle)[1:-1].encode(), needle.encode("utf-16-le")}
        if any(form.lower() in low for form in forms):
            found.append(needle)
    return found


__all__ = ["BOT", "NAMES", "PEOPLE", "ROLES", "StaffRoom", "traces", "words_of"]

"""Volunteers in the chat: what they say of themselves, what it changes, what others may know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpbot.core.tickets import State
from helpbot.testing.clock import FakeClock
from helpbot.testing.tester import LEA, SAM, UNKNOWN, VOLUNTEERS, BotTester

NBSP = "\u00a0"


async def says(bot: BotTester, user: str, text: str) -> str:
    """Type a command in the volunteers' room and return the answer."""
    await bot.says(user, text, room=bot.helpers, to_bot=False)
    return bot.last(bot.helpers).body.replace(NBSP, " ")


async def ask(bot: BotTester, text: str = UNKNOWN) -> None:
    await bot.says(LEA, text)
    await bot.reacts(LEA, bot.last().event_id, "🙋")


async def test_somebody_becomes_a_volunteer_and_reads_what_was_understood(bot: BotTester) -> None:
    room = await bot.direct(SAM)
    await bot.says(SAM, "!Volontaire  pixx, Collège Jean Moulin académie de Dijon", room=room, to_bot=False)
    card = bot.last(room).body.replace(NBSP, " ")
    assert "Bienvenue" in card
    assert "Thèmes : pix" in card
    assert "collège · Collège Jean Moulin · académie : Dijon" in card
    assert "au plus 2 par jour, 4 par semaine, 1 à la fois" in card
    assert "Prochaine sollicitation possible : dès maintenant" in card
    row = await bot.running.store.run(lambda tx: tx.listed(SAM))  # type: ignore[arg-type]
    assert row is not None
    assert row.seed is None
    assert row.volunteer.themes == ("pix",)


async def test_what_is_not_understood_is_said_and_the_rest_counts(bot: BotTester) -> None:
    card = await says(bot, VOLUNTEERS[0], "!volontaire sans apps, latin")
    assert "Thèmes : pix\n" in card
    assert "Pas compris : latin. Thèmes connus : pix, apps." in card
    card = await says(bot, VOLUNTEERS[0], "!volontaire klingon")
    assert "Je ne connais pas le thème klingon" in card


async def test_a_card_tells_the_caps_that_hold(bot: BotTester) -> None:
    assert "au plus 1 par jour, 3 par semaine" in await says(
        bot, VOLUNTEERS[0], "!charge 1 par jour et 3/semaine"
    )
    assert "au plus 2 par jour, 4 par semaine" in await says(bot, VOLUNTEERS[0], "!charge normale")
    beyond = await says(bot, VOLUNTEERS[0], "!charge 10 par semaine")
    assert "au-delà" in beyond
    assert "au plus 2 par jour, 4 par semaine" in beyond
    assert "Rien n’a changé" in await says(bot, VOLUNTEERS[0], "!charge beaucoup")
    assert "!pause" in await says(bot, VOLUNTEERS[0], "!charge 0 par jour")


async def test_who_has_a_question_in_hand_is_told_that_it_comes_first(bot: BotTester) -> None:
    await ask(bot)
    [offer] = bot.shown(bot.helpers, kind="offer")
    helper = offer.mentions[0]
    assert "possible : dès que la question qui vous est confiée aura" in await says(bot, helper, "!dispo")
    await bot.says(helper, "il est au sous-sol", room=bot.helpers, reply_to=offer.event_id)
    assert "possible : dès maintenant" in await says(bot, helper, "!dispo")


async def test_a_lowered_load_is_kept_and_told_with_the_next_ask(bot: BotTester) -> None:
    for vera in VOLUNTEERS[1:]:
        await says(bot, vera, "!pause 3 mois")
    await says(bot, VOLUNTEERS[0], "!charge 1/jour")
    for n in range(3):
        await ask(bot, f"{UNKNOWN} {n}")
        offers = [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions]
        if n == 0:
            await bot.says(VOLUNTEERS[0], "voilà", room=bot.helpers, reply_to=offers[-1].event_id)
    offers = [o for t in await bot.tickets() for o in t.offers]
    assert [o.user for o in offers] == [VOLUNTEERS[0]]
    card = await says(bot, VOLUNTEERS[0], "!volontaire")
    assert "Prochaine sollicitation possible : le mardi 29 septembre à 0 h" in card
    await bot.advance(hours=24)
    offers = [o for t in await bot.tickets() for o in t.offers]
    assert len(offers) == 2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("!pause 2 semaines", "jusqu’au 11 octobre 2026 inclus"),
        ("!absent jusqu'au 3 janvier", "jusqu’au 3 janvier 2027 inclus"),
        ("!absent du 5 au 9 octobre", "le lundi 5 octobre à 0 h, jusqu’au 9 octobre 2026 inclus"),
        ("!pause 2h", "jusqu’à son terme, à 11 h"),
    ],
)
async def test_nobody_who_is_away_is_asked(bot: BotTester, typed: str, told: str) -> None:
    card = await says(bot, VOLUNTEERS[0], typed)
    assert told in card


async def test_a_pause_keeps_its_promise_and_ends(bot: BotTester) -> None:
    for vera in VOLUNTEERS[1:]:
        await says(bot, vera, "!pause 3 mois")
    await says(bot, VOLUNTEERS[0], "!pause 2 semaines")
    await ask(bot)
    assert [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions] == []
    assert "Content de vous retrouver" in await says(bot, VOLUNTEERS[0], "!dispo")
    await bot.advance(hours=5)
    assert [m.mentions for m in bot.shown(bot.helpers, kind="offer") if m.mentions] == [(VOLUNTEERS[0],)]


async def test_own_hours_are_kept(bot: BotTester) -> None:
    for vera in VOLUNTEERS[1:]:
        await says(bot, vera, "!stop")
    card = await says(bot, VOLUNTEERS[0], "!dispo mar 14h-16h")
    assert "Horaires : mar 14h-16h" in card
    assert "Prochaine sollicitation possible : le mardi 29 septembre à 14 h" in card
    await ask(bot)
    for _ in range(4):
        await bot.advance(hours=4)
    assert [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions] == []
    await bot.advance(hours=14)
    offers = [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions]
    assert "mardi" in card
    assert len(offers) == 1
    assert "Rien n’a changé" in await says(bot, VOLUNTEERS[0], "!dispo tantôt")


async def test_hours_that_come_back_otherwise_than_each_week_are_kept(bot: BotTester) -> None:
    for vera in VOLUNTEERS[1:]:
        await says(bot, vera, "!stop")
    assert "à partir de quel jour" in await says(bot, VOLUNTEERS[0], "!dispo un mardi sur deux 14h-16h")
    card = await says(bot, VOLUNTEERS[0], "!dispo un mardi sur deux 14h-16h à partir du 22 septembre")
    assert "Horaires : mar toutes les 2 semaines à partir du 22 septembre 2026 14h-16h" in card
    assert "Prochaine sollicitation possible : le mardi 6 octobre à 14 h" in card
    card = await says(bot, VOLUNTEERS[0], "!dispo le premier mercredi du mois 10h-12h")
    assert "Horaires : 1er mer du mois 10h-12h" in card
    assert "Prochaine sollicitation possible : le mercredi 7 octobre à 10 h" in card
    await bot.advance(days=7)
    await ask(bot)
    assert [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions] == []
    for _ in range(54):
        await bot.advance(hours=1)
    [offer] = [m for m in bot.shown(bot.helpers, kind="offer") if m.mentions]
    assert offer.mentions == (VOLUNTEERS[0],)


async def test_hours_in_which_the_bot_never_asks_are_told(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, hours="lun-ven 08:00-18:00") as bot:
        card = await says(bot, VOLUNTEERS[0], "!dispo le premier dimanche du mois 10h-12h")
        assert "possible : aucune" in card
        card = await says(bot, VOLUNTEERS[0], "!dispo le premier lundi du mois 10h-12h")
        assert "possible : le lundi 5 octobre à 10 h" in card


async def test_stopping_hands_on_what_was_held_and_outlives_a_restart(bot: BotTester) -> None:
    await ask(bot)
    vera = bot.shown(bot.helpers, kind="offer")[0].mentions[0]
    await bot.reacts(vera, bot.shown(bot.helpers, kind="offer")[0].event_id, "✋", room=bot.helpers)
    assert "Ce que vous aviez pris en charge (1)" in await says(bot, vera, "!stop")
    [ticket] = await bot.tickets()
    assert ticket.state is State.ASKED
    assert ticket.offers[-1].user != vera
    await bot.restart()
    await says(bot, vera, "!dispo")
    assert "pas inscrit·e" in bot.last(bot.helpers).body
    assert "Bienvenue" in await says(bot, vera, "!volontaire pix")


async def test_numbers_of_people_are_told_in_bands_and_names_only_when_offered(bot: BotTester) -> None:
    assert "pix : 5 ou plus" in await says(bot, VOLUNTEERS[0], "!talents")
    assert "Vera" not in bot.last(bot.helpers).body
    card = await says(bot, VOLUNTEERS[0], "!volontaire avec mon nom")
    assert "Votre prénom figure" in card
    told = await says(bot, VOLUNTEERS[1], "!qui Pixx ?")
    assert "5 ou plus (Vera)." in told
    await says(bot, VOLUNTEERS[2], "!volontaire sans pix")
    assert "de 1 à 4" in await says(bot, VOLUNTEERS[1], "!qui pix")
    assert "De quel thème" in await says(bot, VOLUNTEERS[1], "!qui")


async def test_a_volunteer_learns_why_they_were_asked_in_private(bot: BotTester) -> None:
    await ask(bot)
    vera = bot.shown(bot.helpers, kind="offer")[0].mentions[0]
    room = await bot.direct(vera)
    await bot.says(vera, "!pourquoi", room=bot.helpers, to_bot=False)
    told = bot.last(room).body.replace(NBSP, " ")
    [ticket] = await bot.tickets()
    assert f"La question {ticket.ref}" in told
    assert "0 fois en 7 jours, pour 4 au plus, et 0 fois en 4 semaines" in told


async def test_an_asker_reads_their_questions_in_private(bot: BotTester) -> None:
    await ask(bot)
    room = await bot.direct(LEA)
    await bot.says(LEA, "!mesquestions")
    told = bot.last(room).body
    [ticket] = await bot.tickets()
    assert ticket.ref in told
    assert "je cherche un·e collègue" in told
    assert "thermostat" in told


async def test_only_what_was_said_in_the_chat_wins_over_the_configuration(bot: BotTester) -> None:
    await says(bot, VOLUNTEERS[0], "!volontaire lycée")
    bot.seeds = [replace(s, themes=("apps",), school="Lycée Test") for s in bot.seeds[:2]]
    await bot.restart()
    row = await bot.running.store.run(lambda tx: tx.listed(VOLUNTEERS[0]))  # type: ignore[arg-type]
    assert row is not None
    assert row.volunteer.level == "lycee"
    assert row.volunteer.school == "Lycée Test"
    assert row.volunteer.themes == ("apps", "pix")


async def test_a_volunteer_dropped_from_the_configuration_stays_by_their_own_word(bot: BotTester) -> None:
    await says(bot, VOLUNTEERS[0], "!volontaire pix")
    bot.seeds = []
    await bot.restart()
    rows = await bot.running.store.run(lambda tx: tx.volunteers())
    assert [(r.user, r.volunteer.themes) for r in rows] == [(VOLUNTEERS[0], ("apps", "pix"))]


async def test_an_absence_planned_ends_no_pause_that_goes_on(bot: BotTester) -> None:
    vera = VOLUNTEERS[0]
    await says(bot, vera, "!pause 2 semaines")
    assert "Vous êtes en pause jusqu’au 11 octobre" in await says(bot, vera, "!absent du 3 au 10 décembre")
    assert "jusqu’au 11 octobre" in await says(bot, vera, "!volontaire"), "it goes on"
    assert "jusqu’au 29 septembre" in await says(bot, vera, "!pause 2 jours"), "the same one, made shorter"
    await says(bot, vera, "!pause fin")
    await says(bot, vera, "!absent du 3 au 10 décembre")
    assert "à la place de l’absence prévue avant" in await says(bot, vera, "!pause 2 jours")

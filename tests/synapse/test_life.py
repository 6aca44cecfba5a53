"""A question that nobody knows becomes an entry that answers another teacher elsewhere, encrypted."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from helpbot.testing.stage import PASSWORD, Stage

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

FAQ = """\
# Tenu par les référents : ne pas réordonner.
theme: ent
title: ENT
entries:
  - id: ent-mot-de-passe   # le plus demandé
    question: "Un élève a perdu son mot de passe de l'ENT ?"
    variants: [mot de passe ent perdu, mdp ent, réinitialiser un mot de passe ent]
    answer: |
      Depuis **Annuaire**, réinitialisez-le.
  # Celle-ci change à chaque rentrée.
  - id: ent-cahier
    question: Où est le cahier de textes ?
    variants: [cahier de textes, remplir le cahier de textes]
    answer: Dans **Suivi**.
"""
LEA, MALIK, ANNE, PAUL = "Léa Exemple", "Malik Essai", "Anne Témoin", "Paul Modèle"
SCHOOL, LYCEE, REVIEW, DIRECT = "Salle des profs", "Lycée", "Référents", "Malik ↔ helpbot"
ANSWER = "Bonjour Léa, appuyez dix secondes sur le bouton du boîtier : https://exemple.fr/thermostat\nMalik"
QUESTION = "Comment associer le thermostat du gymnase ?"


async def test_a_good_answer_is_given_once(tmp_path: Path) -> None:
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "ent.yaml").write_text(FAQ, encoding="utf-8")
    async with Stage(tmp_path, faq, True, lambda _line: None, lambda _text: None) as stage:
        await set_up(stage)
        await stage.says(LEA, SCHOOL, "quelqu'un saurait brancher le thermostat du gymnase ?", to_bot=True)
        route = await stage.sees(LEA, SCHOOL, ["route"], seconds=60)
        await stage.reacts(LEA, SCHOOL, route["event_id"], "🙋")
        offer = await stage.sees(MALIK, DIRECT, ["offer"], seconds=60)
        await stage.says(MALIK, DIRECT, ANSWER, reply_to=offer["event_id"])
        relay = await stage.sees(LEA, SCHOOL, ["relay"], holding="boîtier", seconds=60)
        await stage.reacts(LEA, SCHOOL, relay["event_id"], "📌")
        credit = await stage.sees(MALIK, DIRECT, ["status"], holding="Comment vous citer", seconds=60)
        await stage.says(MALIK, DIRECT, "1", reply_to=credit["event_id"])
        card = await stage.sees(ANNE, REVIEW, ["status"], holding="Fiche proposée", seconds=60)
        for name in ("Léa", "Bonjour", stage.people[MALIK].user_id):
            assert name not in str(card["content"]["body"])
        variants = "régler le chauffage du gymnase ; thermostat gymnase"
        edit = f"question: {QUESTION}\nvariantes: {variants}\nrubrique: ent"
        await stage.says(ANNE, REVIEW, edit, reply_to=card["event_id"])
        used = [card["event_id"]]
        card = await stage.sees(ANNE, REVIEW, ["status"], holding="chauffage", after=used, seconds=60)
        await stage.reacts(ANNE, REVIEW, card["event_id"], "✅")
        await stage.sees(ANNE, REVIEW, ["status"], holding="déjà en service", seconds=90)
        await stage.sees(MALIK, DIRECT, ["status"], holding="est devenue une fiche", seconds=60)
        await stage.says(PAUL, LYCEE, "bjr, je regle ou le thermostat dans le gymnase svp ?", to_bot=True)
        answer = await stage.sees(PAUL, LYCEE, ["answer"], seconds=60)
        body = str(answer["content"]["body"])
        assert "dix secondes sur le bouton" in body
        assert "https://exemple.fr/thermostat" in body
        assert f"· Merci à {MALIK}" in body
        assert await stage.stop_bot() == 0
    before, after = FAQ.splitlines(), (faq / "ent.yaml").read_text("utf-8").splitlines()
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-?"]
    assert all(line.startswith("+") for line in changed), "nothing but the new entry"
    assert after[: len(before)] == before
    assert sum("- id:" in line for line in changed) == 1
    log = (tmp_path / "bot.log").read_text("utf-8")
    for private in ("thermostat", "Malik", "@lea"):
        assert private not in log


async def set_up(stage: Stage) -> None:
    """Four people, two schools' rooms, the referents' room, and the helper's direct message."""
    stage.bot_id = stage.synapse.user("helpbot", PASSWORD)
    for account, name in (("lea", LEA), ("malik", MALIK), ("anne", ANNE), ("paul", PAUL)):
        await stage.add_person(account, name)
    rooms = ((SCHOOL, LEA), (LYCEE, PAUL), (REVIEW, ANNE))
    for room, owner in rooms:
        await stage.add_room(room, owner)
    await stage.add_room(DIRECT, MALIK, direct=True)
    await stage.start_bot(
        referents=[stage.people[ANNE].user_id],
        rooms={"review": stage.rooms[REVIEW]},
        routing={"open_hours": "toujours"},
        volunteers=[{"user": stage.people[MALIK].user_id, "themes": ["ent"]}],
    )
    for room, owner in (*rooms, (DIRECT, MALIK)):
        await stage.people[owner].wait_membership(stage.rooms[room], stage.bot_id, "join", 60)

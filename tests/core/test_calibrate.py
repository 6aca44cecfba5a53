"""A FAQ of near twins answers less readily than one whose entries share nothing."""

from itertools import cycle

import numpy as np

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching import FaqIndex, calibrate, index
from helpbot.core.matching.confidence import learned

WHAT = (
    "ma carte grise", "un permis de pêche", "une place de marché", "le badge du parking", "ma taxe de séjour",
    "un acte de naissance", "mon abonnement de bus", "la facture de cantine",
)  # fmt: skip
APART = (
    "Où garer mon vélo ?", "Le wifi de la salle est lent", "Quel est le menu de midi ?",
    "Ma clé USB est perdue", "Imprimer en couleur", "Réserver un vidéoprojecteur",
    "Qui remplace la gardienne ?", "Les horaires du gymnase", "Prendre un arrosoir",
    "Inscrire ma fille au judo", "Emprunter un roman", "Le chauffage fait du bruit",
)  # fmt: skip


def twins() -> Faq:
    """Give pairs of entries of which one says all that the other says."""
    return Faq(
        tuple(
            FaqEntry(f"{at}-{more}", "t", f"Comment payer {w}{more} ?", "…", (f"je veux payer {w}{more}",))
            for at, w in enumerate(WHAT)
            for more in ("", " en ligne")
        )
    )


def test_near_twins_raise_the_threshold() -> None:
    assert FaqIndex.build(twins()).answer_at > learned().answer_at


def apart(*variants: int) -> Faq:
    """Give entries that share nothing, with so many variants, in turn."""
    return Faq(
        tuple(
            FaqEntry(str(at), "t", text, "…", tuple(f"{text} {n}" for n in range(many)))
            for at, (text, many) in enumerate(zip(APART, cycle(variants), strict=False))
        )
    )


def test_entries_that_share_nothing_leave_it() -> None:
    assert FaqIndex.build(apart(index.WELL_VARIED)).answer_at == learned().answer_at
    assert FaqIndex.build(apart(1, 0)).answer_at == learned().answer_at


def test_a_few_variants_everywhere_ask_for_more_and_none_for_most() -> None:
    assert FaqIndex.build(apart(2)).answer_at == index.VARIED_AT
    assert FaqIndex.build(apart(0)).answer_at == index.BARE_AT


def test_few_phrasings_show_nothing() -> None:
    assert calibrate.shown(np.full(calibrate.FEWEST - 1, 9.0)) == -calibrate.CEILING


def test_what_is_shown_stops_at_the_ceiling() -> None:
    assert calibrate.shown(np.full(calibrate.FEWEST, 9.0)) == calibrate.CEILING
    assert calibrate.shown(np.full(calibrate.FEWEST, 1.0)) == 1.0


def test_a_large_faq_is_asked_a_sample_of_its_phrasings() -> None:
    entries = [range(at, at + 5) for at in range(0, 1000, 5)]
    asked: list[tuple[int, int]] = []
    found = list(calibrate.left_out(entries, lambda row, gone: asked.append((row, gone)) or []))
    assert len(found) == calibrate.SAMPLE
    assert all(row // 5 == entry for row, entry in asked)
    assert asked[0] == (0, 0)
    assert asked[-1][0] > 980

from datetime import date
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.lint import lint_faq
from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core import notices as say
from helpbot.core.problems import Problems
from helpbot.texts import load_catalogue

GOOD = """\
theme: pix
title: Pix
crcn_edu: ["2.3"]
entries:
  - id: pix-mdp
    question: Mot de passe Pix perdu ?
    variants: [mdp pix oublié, "code pix : perdu", élève sans mot de passe pix]
    keywords: [mdp]
    answer: |
      Voyez {helpdesk}.
    sources: [{title: Guide, url: "https://example.org/guide"}]
    owner: "@lea:example.org"
    reviewed: 2026-11-21
    review_by: 2027-09-01
    local: {helpdesk: l'assistance}
"""


def write(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.yaml").write_bytes(raw)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_faq(folder)
    return [str(p).replace(f"{folder}/", "") for p in caught.value.found]


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    faq = load_faq(write(tmp_path, pix=GOOD))
    (entry,) = faq.entries
    assert entry.phrasings == (
        "Mot de passe Pix perdu ?", "mdp pix oublié", "code pix : perdu", "élève sans mot de passe pix",
    )  # fmt: skip
    assert (entry.theme, entry.answer, entry.crcn_edu) == ("pix", "Voyez {helpdesk}.", ("2.3",))
    assert (entry.reviewed, entry.review_by) == (date(2026, 11, 21), date(2027, 9, 1))
    assert entry.local == (("helpdesk", "l'assistance"),)
    assert faq.titles == (("pix", "Pix"),)
    assert len(faq.revision) == 12


def test_what_an_entry_never_answers_is_read_and_is_no_phrasing_of_it(tmp_path: Path) -> None:
    never = GOOD.replace("    keywords:", "    never: [code de la cantine]\n    keywords:")
    (entry,) = load_faq(write(tmp_path, pix=never)).entries
    assert entry.never == ("code de la cantine",)
    assert "code de la cantine" not in entry.phrasings
    both = GOOD.replace("    keywords:", "    never: [MDP Pix oublie]\n    keywords:")
    (told,) = problems(write(tmp_path, pix=both))
    assert told.startswith("pix.yaml:8: « MDP Pix oublie » est à la fois une formulation et dans « never »")


@pytest.mark.parametrize(
    "habit",
    [
        GOOD.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("    keywords: [mdp]\n", "    keywords:\n"),
        "# un commentaire\n---\n" + GOOD,
    ],
)
def test_editor_habits_are_forgiven(tmp_path: Path, habit: str | bytes) -> None:
    assert load_faq(write(tmp_path, pix=habit)).entries[0].id == "pix-mdp"


def test_words_that_yaml_takes_for_something_else_stay_words(tmp_path: Path) -> None:
    text = "theme: t\nentries:\n- {id: 12, question: oui, variants: [no, 2027, 3.5, yes], answer: 1}\n"
    (entry,) = load_faq(write(tmp_path, t=text)).entries
    assert (entry.id, *entry.phrasings) == ("12", "oui", "no", "2027", "3.5", "yes")


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    bad = """\
theme: pix
entries:
  - id: a
    question: Q ?
    varaints: [x]
    answer: R
    reviewed: hier
  - id: a
    question: Q2 ?
    variants: une seule
    answer: Voyez {truc}
    local: {machin: x}
  - question: sans rien
  - juste du texte
"""
    found = problems(write(tmp_path, pix=bad, vide="", liste="- 1\n"))
    assert found == [
        "liste.yaml:1: le fichier doit commencer par des clés; par exemple « theme: pix »",
        "pix.yaml:5: clé inconnue « varaints »; vouliez-vous dire « variants » ?",
        "pix.yaml:7: « reviewed » n'est pas une date : hier; écrivez par exemple 2027-09-01",
        "pix.yaml:8: identifiant « a » déjà pris; renommez celui-ci ou celui de pix.yaml:3",
        "pix.yaml:10: « variants » doit être une liste; une ligne par élément, avec un tiret",
        "pix.yaml:13: « id » manque; ajoutez « id: … »",
        "pix.yaml:13: « answer » manque; ajoutez « answer: … »",
        "pix.yaml:14: une fiche doit être une suite de clés; par exemple « id: … »",
        "vide.yaml:1: fichier vide; donnez-lui « theme » et « entries », ou supprimez-le",
        "pix.yaml:3: « {truc} » n'a pas de valeur locale; clés possibles : machin",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("theme: pix\n\tentries: []\n", "tabulation dans la marge"),
        ("theme: pix: pox\n", "« : » au milieu d'un texte"),
        ("theme: [pix\n", "YAML mal formé"),
        ("theme: pix\nentries: []\n".encode("utf-16"), "UTF-8"),
        ("theme: pix\nentries: []\ntitle: é\n".encode("latin-1"), "bad.yaml:3: ce texte n'est pas en UTF-8"),
        ("theme: a\x07b\n", "caractère invisible"),
        ("[" * 50_000, "trop profondément"),
        ("- " * 50_000, "trop profondément"),
        ("\n".join(" " * i + "a:" for i in range(3000)), "trop profondément"),
        ("!!python/object:os.system x\n", "commencer par des clés"),
    ],
)
def test_what_is_not_yaml_is_told(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in problems(write(tmp_path, bad=content))[0]


def test_aliases_are_refused_before_they_multiply(tmp_path: Path) -> None:
    rows = "\n".join(f"  - &e{i} {{id: i{i}, question: q, answer: r, variants: *v}}" for i in range(50))
    bomb = f"theme: t\ntitle: x\ncrcn_edu: &v [{', '.join(['lol'] * 1000)}]\nentries:\n{rows}\n"
    assert "alias YAML" in problems(write(tmp_path, bomb=bomb))[0]


def test_a_missing_or_empty_folder_is_told(tmp_path: Path) -> None:
    assert "n'existe pas" in problems(tmp_path / "rien")[0]
    assert "aucun fichier" in problems(tmp_path)[0]
    (tmp_path / ".pix.yaml.swp").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    assert "aucun fichier" in problems(tmp_path)[0]


def test_redirections_are_read(tmp_path: Path) -> None:
    text = "redirects:\n- {id: paie, when: [mon salaire], answer: Voyez la DRH., urgent: false}\n"
    text += "- {id: merci, when: [merci], answer: Avec plaisir !, small_talk: true}\n"
    faq = load_faq(write(tmp_path, pix=GOOD, redirects=text))
    assert faq.redirects[0].when == ("mon salaire",)
    assert [r.small_talk for r in faq.redirects] == [False, True]
    clash = text.replace("id: paie", "id: pix-mdp").replace("urgent: false", "urgent: peut-être")
    found = problems(write(tmp_path, redirects=clash))
    assert "déjà pris" in found[0]
    assert "true ou false" in found[1]


def test_lint_finds_what_should_not_stay(tmp_path: Path) -> None:
    other = """\
theme: tchap
entries:
  - id: t
    question: pix mdp oublié
    variants: [a b c, d e f, mot de passe Pix perdu]
    answer: "[lien]()"
    sources: [{title: x, url: www.example.org}]
    review_by: 2026-01-01
"""
    found = [
        str(p).replace(f"{tmp_path}/", "")
        for p in lint_faq(write(tmp_path, pix=GOOD, t=other), date(2026, 11, 21))
    ]
    text = "\n".join(found)
    assert "t.yaml:4: formulation presque identique" in text
    assert "t.yaml:5: formulation en double" in text or "t.yaml:5: formulation presque identique" in text
    for said in ("lien incomplet", "lien vide", "à relire depuis le 01/01/2026"):
        assert said in text
    assert not [line for line in found if line.startswith("pix.yaml")]


def test_whom_to_thank_is_read_and_shown_and_an_archived_entry_is_kept_aside(tmp_path: Path) -> None:
    kept = "  - {id: a, question: A ?, answer: Oui., credit: Véra}\n"
    old = "  - {id: b, question: B ?, answer: Non., archived: 2026-11-21}\n"
    (tmp_path / "pix.yaml").write_text(f"theme: pix\nentries:\n{kept}{old}", encoding="utf-8")
    faq = load_faq(tmp_path)
    assert [e.id for e in faq.entries] == ["a"]
    assert [e.id for e in faq.archived] == ["b"]
    answer = say.FaqAnswer(say.Markdown("Oui."), (), "", stale=False, credit=faq.entries[0].credit)
    assert "Merci à Véra\n" in load_catalogue().render(answer).body

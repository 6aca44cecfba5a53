"""Changing FAQ files: only the entry meant, whatever people and crashes do meanwhile."""

from __future__ import annotations

import random
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.adapters.faqfiles.write import FaqFolder, commit, prepare
from helpbot.core.editing import FaqEdit, Ready, Refused, Why, merged
from helpbot.core.faq import FaqEntry, Source

PIX = """\
# Tenu par Anne.
theme: pix
title: Pix
entries:
  - id: pix-mdp   # le plus demandé
    question: "Un mot de passe perdu ?"
    variants:
    - mdp perdu  # tapé tel quel
    - "pix : mot de passe"

    answer: |
      Dans **Pix Orga**.

    reviewed: 2026-11-21
  # Celle-ci change chaque année.
  - id: pix-session
    question: Comment ouvrir une session ?
    variants: [ouvrir session, session certif]
    answer: Dans Pix Certif.
"""
APPS = """\
theme: apps
title: Apps
entries:
- id: apps-nuage
  question: Combien de place ?
  answer: 100 Go.
"""
NEW = FaqEntry(
    "pix-nouveau",
    "pix",
    "Et : ceci ?",
    "Un.\n\n- deux # trois",
    variants=("a: b", "# c", "oui"),
    sources=(Source("Aide", "https://exemple.fr"), Source("Sans adresse")),
    reviewed=date(2026, 11, 21),
    credit="Véra",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "faq"
    place.mkdir()
    (place / "pix.yaml").write_text(PIX, encoding="utf-8")
    (place / "apps.yaml").write_text(APPS, encoding="utf-8")
    return place


def entry(folder: Path, name: str) -> FaqEntry:
    faq = load_faq(folder)
    return next(e for e in (*faq.entries, *faq.archived) if e.id == name)


def prepared(folder: Path, edit: FaqEdit) -> FaqEdit:
    ready = prepare(folder, edit)
    assert isinstance(ready, Ready), ready
    return replace(
        edit,
        entry=ready.entry,
        file=ready.file,
        draft=ready.draft,
        digest=ready.digest,
        before=ready.before,
        after=ready.after,
    )


def change(folder: Path, number: int, name: str, **values: object) -> FaqEdit:
    base = entry(folder, name)
    return FaqEdit(number, name, base=base, wanted=replace(base, **values))  # type: ignore[arg-type]


def test_only_the_lines_that_change_change(folder: Path) -> None:
    edit = prepared(
        folder, change(folder, 1, "pix-mdp", variants=("mdp perdu", "pix : mot de passe", "mdp ?"))
    )
    assert commit(folder, edit)
    wanted = PIX.replace('    - "pix : mot de passe"\n\n', '    - "pix : mot de passe"\n    - mdp ?\n\n')
    assert (folder / "pix.yaml").read_text("utf-8") == wanted
    assert (folder / "apps.yaml").read_text("utf-8") == APPS


def test_a_new_entry_comes_last_in_its_theme_and_goes_again(folder: Path) -> None:
    added = prepared(folder, FaqEdit(1, NEW.id, wanted=NEW))
    assert commit(folder, added)
    text = (folder / "pix.yaml").read_text("utf-8")
    assert text.startswith(PIX)
    assert entry(folder, NEW.id) == NEW
    assert prepared(folder, FaqEdit(2, NEW.id, wanted=NEW)).draft == "", "it stands there already"
    undo = FaqEdit(3, NEW.id, before=added.after, after="", file=added.file)
    assert commit(folder, prepared(folder, undo))
    assert (folder / "pix.yaml").read_text("utf-8") == PIX


def test_taking_a_change_back_gives_the_same_bytes(folder: Path) -> None:
    (folder / "apps.yaml").write_bytes(b"\xef\xbb\xbf" + APPS.replace("\n", "\r\n").encode())
    before = (folder / "apps.yaml").read_bytes()
    done = prepared(folder, change(folder, 1, "apps-nuage", answer="200 Go.", archived=date(2026, 11, 21)))
    assert commit(folder, done)
    assert entry(folder, "apps-nuage").archived == date(2026, 11, 21)
    assert all(e.id != "apps-nuage" for e in load_faq(folder).entries)
    undo = FaqEdit(2, "apps-nuage", before=done.after, after=done.before, file=done.file)
    assert commit(folder, prepared(folder, undo))
    assert (folder / "apps.yaml").read_bytes() == before


def test_an_edit_by_hand_wins(folder: Path) -> None:
    edit = change(folder, 1, "pix-session", answer="Ailleurs.", variants=("ouvrir session", "certif"))
    path = folder / "pix.yaml"
    path.write_text(PIX.replace("session certif", "session certif, à la main"), encoding="utf-8")
    assert commit(folder, prepared(folder, edit))
    assert entry(folder, "pix-session").variants == ("ouvrir session", "à la main", "certif")
    path.write_text(PIX.replace("Dans Pix Certif.", "À la main."), encoding="utf-8")
    assert prepare(folder, edit) == Refused(Why.CHANGED, ("answer",))
    path.write_text(PIX[: PIX.index("  # Celle-ci")], encoding="utf-8")
    assert prepare(folder, edit) == Refused(Why.GONE)


def test_a_file_that_changes_after_the_preparation_is_left_alone(folder: Path) -> None:
    edit = prepared(folder, change(folder, 1, "pix-mdp", answer="Nouveau."))
    (folder / "pix.yaml").write_text(PIX + "# vu\n", encoding="utf-8")
    assert not commit(folder, edit)
    assert (folder / "pix.yaml").read_text("utf-8") == PIX + "# vu\n"
    assert commit(folder, prepared(folder, replace(edit, tries=1)))
    assert entry(folder, "pix-mdp").answer == "Nouveau."
    assert not list(folder.glob(".*")), "no draft is left"


def test_what_would_break_the_files_is_refused(folder: Path) -> None:
    assert prepare(folder, FaqEdit(1, "x", wanted=replace(NEW, theme="autre"))) == Refused(
        Why.NO_FILE, ("apps", "pix")
    )
    wrong = prepare(folder, change(folder, 2, "pix-mdp", question=" "))
    assert isinstance(wrong, Refused)
    assert wrong.why is Why.BROKEN
    (folder / "apps.yaml").write_text("theme: [", encoding="utf-8")
    broken = prepare(folder, FaqEdit(3, NEW.id, wanted=NEW))
    assert isinstance(broken, Refused)
    assert broken.why is Why.BROKEN
    assert "apps.yaml" in broken.details[0]


def test_merging() -> None:
    base = FaqEntry("a", "pix", "Q ?", "R", variants=("x", "y"))
    here = replace(base, variants=("x", "y", "z"), credit="Z")
    assert merged(here, base, replace(base, variants=("y", "w"))).entry.variants == ("y", "z", "w")
    assert merged(here, base, replace(base, credit="W")).conflicts == ("credit",)


async def test_a_commit_each_and_none_over_the_work_of_others(folder: Path) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=Anne", "-c", "user.email=anne@exemple.fr"]
        done = subprocess.run(["git", "-C", folder, *who, *words], capture_output=True, text=True, check=True)
        return done.stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "Début")
    files = FaqFolder(folder, commits=True)
    for number, answer in enumerate(("Un.", "Deux."), 1):
        edit = change(folder, number, "pix-mdp", answer=answer)
        ready = await files.prepare(edit)
        assert isinstance(ready, Ready)
        place = {"file": ready.file, "draft": ready.draft, "digest": ready.digest}
        edit = replace(edit, **place, after=ready.after, clean=ready.clean)
        assert await files.commit(edit)
        assert await files.record(edit, "Change l'entrée pix-mdp") == ""
        assert await files.record(edit, "Change l'entrée pix-mdp") == "", "once is enough"
    assert git("log", "--format=%s").splitlines() == ["Change l'entrée pix-mdp"] * 2 + ["Début"]
    path = folder / "pix.yaml"
    path.write_text(path.read_text("utf-8") + "# à la main\n", encoding="utf-8")
    edit = prepared(folder, change(folder, 3, "pix-mdp", answer="Trois."))
    assert await files.commit(edit)
    assert "autres modifications" in await files.record(edit, "Change l'entrée pix-mdp")
    assert len(git("log", "--format=%s").splitlines()) == 3


async def test_a_push_says_whether_others_were_first_or_nobody_answers(folder: Path) -> None:
    remote, other = folder.parent / "distant.git", folder.parent / "autre"

    def git(where: Path, *words: str) -> str:
        who = ["-c", "user.name=Anne", "-c", "user.email=anne@exemple.fr"]
        done = subprocess.run(["git", "-C", where, *who, *words], capture_output=True, text=True, check=True)
        return done.stdout

    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Début")
    files = FaqFolder(folder, commits=True)
    alone = await files.share()
    assert alone is not None
    assert not alone.behind
    git(folder.parent, "init", "-q", "--bare", "-b", "main", str(remote))
    git(folder, "remote", "add", "origin", str(remote))
    assert await files.share() is None, "also the first time, when the branch follows nothing yet"
    assert await files.share() is None, "nothing to send is no trouble"
    git(folder.parent, "clone", "-q", str(remote), str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "Ailleurs")
    git(other, "push", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Ici")
    found = await files.share()
    assert found is not None
    assert found.behind
    assert git(folder, "log", "--format=%s").splitlines() == ["Ici", "Début"], "nothing is lost"
    git(folder, "remote", "set-url", "origin", "https://anne:sesame@127.0.0.1:1/faq.git")
    gone = await files.share()
    assert gone is not None
    assert not gone.behind
    assert "127.0.0.1" in gone.problem
    assert "sesame" not in gone.problem


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_edits_additions_hands_and_crashes_interleaved(folder: Path, seed: int) -> None:
    """No entry is lost, no file is ever invalid, nothing is applied twice."""
    draw = random.Random(seed)
    known = {e.id for e in load_faq(folder).entries}
    marks: dict[str, int] = {}
    by_hand: set[str] = set()
    for number in range(1, 201):
        name = draw.choice(sorted(known))
        text = f"formulation {number}"
        base = entry(folder, name)
        if draw.random() < 0.2:
            edit = FaqEdit(number, f"pix-{number}", wanted=replace(NEW, id=f"pix-{number}"))
            known.add(edit.entry)
        else:
            edit = FaqEdit(number, name, base=base, wanted=replace(base, variants=(*base.variants, text)))
            marks[text] = 0
        tries = 0
        while True:
            edit = prepared(folder, replace(edit, tries=tries))
            if draw.random() < 0.3:  # a hand adds a phrasing before the change is in place
                _by_hand(folder, draw, number, tries, by_hand)
            if draw.random() < 0.3:  # dies here: the change is taken up as it was stored
                load_faq(folder)
            if commit(folder, edit):
                if draw.random() < 0.3:
                    _by_hand(folder, draw, number, tries + 50, by_hand)
                if draw.random() < 0.3:  # dies after the renaming, before it is stored
                    assert commit(folder, edit)
                break
            tries += 1
        assert not list(folder.glob(".*helpbot*"))
        load_faq(folder)
    faq = load_faq(folder)
    assert {e.id for e in faq.entries} == known
    found = [v for e in faq.entries for v in e.variants]
    assert all(found.count(text) == 1 for text in (*marks, *by_hand))


def _by_hand(folder: Path, draw: random.Random, number: int, tries: int, by_hand: set[str]) -> None:
    path = draw.choice(sorted(folder.glob("*.yaml")))
    text = f"main {number} {tries}"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    at = [n for n, line in enumerate(lines) if line.strip().startswith("question:")]
    where = draw.choice(at)
    indent = len(lines[where]) - len(lines[where].lstrip())
    following = next((n for n in range(where + 1, min(where + 2, len(lines)))), None)
    if following is None or not lines[following].strip().startswith("variants:"):
        lines.insert(where + 1, f"{' ' * indent}variants: [{text}]\n")
    elif "[" in lines[following]:
        lines[following] = lines[following].replace("[", f"[{text}, ", 1)
    else:
        dash = lines[following + 1][: lines[following + 1].index("-")]
        lines.insert(following + 1, f"{dash}- {text}\n")
    path.write_text("".join(lines), encoding="utf-8")
    by_hand.add(text)

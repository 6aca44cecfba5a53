"""Learning aside and keeping what was learned: only our own, only of these very files."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles import learn as learning
from helpbot.adapters.faqfiles.learn import index_name, learn, load_index
from helpbot.core.matching import Answer
from helpbot.core.problems import Problems

PIX = """\
theme: pix
title: Pix
entries:
  - id: pix-mdp
    question: Un élève a perdu son mot de passe Pix, que faire ?
    variants: [réinitialiser le mdp pix, mot de passe pix oublié]
    answer: Dans Pix Orga.
    reviewed: 2026-11-21
    sources: [{title: Pix Orga}]
"""


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "pix.yaml").write_text(PIX)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Learn in this process, without the half second of another one, and count."""
    calls: list[tuple[object, ...]] = []

    def learn_aside(folder: Path, own: Path, answer_at: float | None, clarify_at: float | None) -> str:
        calls.append((folder, own, answer_at, clarify_at))
        name = index_name(folder, answer_at, clarify_at)
        learning._write(own / name, learn(folder, answer_at, clarify_at))
        return name

    monkeypatch.setattr(learning, "_learn_aside", learn_aside)
    return calls


def kept(data: Path) -> Path:
    (path,) = data.iterdir()
    return path


@pytest.mark.slow
def test_what_is_learned_aside_is_what_is_learned_here(faq: Path, data: Path) -> None:
    index = load_index(faq, data, answer_at=0.5)
    assert isinstance(index.verdict("réinitialiser le mdp pix"), Answer)
    assert pickle.dumps(index) == pickle.dumps(load_index(faq, data, answer_at=0.5))
    assert index.faq == learn(faq, 0.5, None).faq
    assert index.answer_at == 0.5
    assert data.stat().st_mode & 0o777 == 0o700
    assert kept(data).stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_all_problems_come_back(faq: Path, data: Path) -> None:
    (faq / "ent.yaml").write_text("theme: ent\nentries: {}\n")
    (faq / "tchap.yaml").write_text("- rien")
    with pytest.raises(Problems) as aside:
        load_index(faq, data)
    with pytest.raises(Problems) as at_home:
        learn(faq, None, None)
    assert aside.value.found == at_home.value.found
    assert len(aside.value.found) > 1
    assert list(data.iterdir()) == []


def test_a_second_start_does_not_learn(faq: Path, data: Path, here: list[object]) -> None:
    first = load_index(faq, data)
    assert load_index(faq, data).faq == first.faq
    assert len(here) == 1


def test_other_files_or_settings_make_another_index(faq: Path, data: Path, here: list[object]) -> None:
    load_index(faq, data)
    before = kept(data)
    (faq / "pix.yaml").write_text(PIX.replace("Pix Orga.", "Pix Orga, Gérer le compte."))
    assert load_index(faq, data).faq.entries[0].answer.strip() == "Dans Pix Orga, Gérer le compte."
    assert kept(data) != before
    assert load_index(faq, data, clarify_at=0.3).clarify_at == 0.3
    assert len(here) == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-10]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes().replace(b"Pix Orga", b"Pix Orge")),
        lambda path: path.chmod(0o644),
        lambda path: (
            path.rename(path.parent.parent / "moved"),
            path.symlink_to(path.parent.parent / "moved"),
        ),
    ],
    ids=["torn", "empty", "altered", "open to others", "a link"],
)
def test_a_kept_index_that_is_not_as_we_left_it_is_made_anew(
    faq: Path, data: Path, here: list[object], spoil: object
) -> None:
    load_index(faq, data)
    spoil(kept(data))  # type: ignore[operator]
    assert load_index(faq, data).faq == learn(faq, None, None).faq
    assert len(here) == 2


def test_nothing_is_kept_in_a_folder_that_is_open_to_others(
    faq: Path, data: Path, here: list[object]
) -> None:
    data.mkdir()
    data.chmod(0o755)
    assert load_index(faq, data).faq.entries
    load_index(faq, data)
    assert list(data.iterdir()) == []
    assert len(here) == 2


def test_where_no_process_can_be_started_learning_is_done_here(
    faq: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", os.devnull)
    assert load_index(faq, data).faq.entries
    assert list(data.iterdir()) == []

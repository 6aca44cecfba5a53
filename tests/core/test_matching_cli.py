import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpbot.cli.ask import ask
from helpbot.cli.faq import faq

FILE = """\
theme: pix
title: Pix
entries:
  - id: pix-mdp
    question: Un élève a perdu son mot de passe Pix, que faire ?
    variants: [réinitialiser le mdp pix d'un élève, mot de passe pix perdu]
    answer: "Voyez {helpdesk}."
    sources: [{title: Guide}]
    local: {helpdesk: l'assistance}
  - id: pix-inviter
    question: Comment inviter un collègue dans Pix Orga ?
    answer: Équipe › Inviter.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(FILE)
    return tmp_path / "faq"


def test_json_has_the_promised_shape(folder: Path) -> None:
    done = CliRunner().invoke(ask, ["--faq", str(folder), "--json", "mot de passe pix perdu"])
    assert done.exit_code == 0
    record = json.loads(done.stdout)
    assert record["question"] == "mot de passe pix perdu"
    assert (record["decision"], record["entry"], record["theme"]) == ("answer", "pix-mdp", "pix")
    assert 0 <= record["confidence"] <= 1
    assert [set(c) for c in record["candidates"]] == [{"entry", "confidence"}] * 2
    assert isinstance(record["ms"], float)


def test_each_line_of_stdin_gets_one_line_in_order(folder: Path) -> None:
    lines = ["mot de passe pix perdu", "", "où est la machine à café", "on se fait frapper par un parent"]
    done = CliRunner().invoke(
        ask, ["--faq", str(folder), "--json"], input="\n".join(lines).encode() + b"\n\xff\n"
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["question"] for r in records] == [*lines, "\ufffd"]
    assert [r["decision"] for r in records] == ["answer", "route", "route", "redirect", "route"]
    assert (records[3]["entry"], records[1]["entry"]) == ("enfant-en-danger", None)


def test_a_person_reads_the_answer_with_its_local_values(folder: Path) -> None:
    done = CliRunner().invoke(ask, ["--faq", str(folder), "--explain", "mot de passe", "pix perdu"])
    assert "Voyez l'assistance." in done.stdout
    assert "pix-mdp  [" in done.stdout
    done = CliRunner().invoke(ask, ["--faq", str(folder), "quelle heure est-il"])
    assert "Je ne sais pas" in done.stdout


def test_a_broken_faq_ends_with_2_and_every_problem(folder: Path) -> None:
    (folder / "tchap.yaml").write_text("theme: tchap\nentries:\n- {id: a}\n- {id: b}\n")
    done = CliRunner().invoke(ask, ["--faq", str(folder), "x"])
    assert done.exit_code == 2
    assert done.stderr.count("tchap.yaml:") == 4
    assert CliRunner().invoke(ask, ["--faq", str(folder / "rien"), "x"]).exit_code == 2


def test_check_tells_errors_on_stdout_and_fails(folder: Path) -> None:
    good = CliRunner().invoke(faq, ["check", str(folder)])
    assert good.exit_code == 0, good.output
    assert "(avertissement)" in good.stdout
    assert CliRunner().invoke(faq, ["check", "--strict", str(folder)]).exit_code == 1
    (folder / "pix.yaml").write_text(FILE.replace("    local: {helpdesk: l'assistance}\n", ""))
    bare = CliRunner().invoke(faq, ["check", str(folder)])
    assert bare.exit_code == 1
    assert "pix.yaml:4: « {helpdesk} » n'a pas de valeur locale" in bare.stdout
    (folder / "pix.yaml").write_text(FILE.replace("variants", "variant"))
    bad = CliRunner().invoke(faq, ["check", str(folder)])
    assert bad.exit_code == 1
    assert "pix.yaml:6: clé inconnue « variant »; vouliez-vous dire « variants » ?" in bad.stdout


def test_eval_measures(folder: Path, tmp_path: Path) -> None:
    rows = [("mdp pix perdu", "pix-mdp"), ("inviter un collègue pix orga", "pix-inviter"), ("cantine", None)]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(json.dumps({"text": t, "entry": e}) for t, e in rows))
    done = CliRunner().invoke(faq, ["eval", str(folder), str(questions), "--json"])
    report = json.loads(done.stdout)
    assert (report["questions"], report["accuracy_at_1"], report["false_answers"]) == (3, 1.0, 0.0)
    assert "bonne fiche en tête" in CliRunner().invoke(faq, ["eval", str(folder), str(questions)]).stdout
    questions.write_text("{}\n")
    assert CliRunner().invoke(faq, ["eval", str(folder), str(questions)]).exit_code == 2

"""`helpbot init`: what it writes passes `check`, and nothing that exists is replaced."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from helpbot.cli import main

ANSWERS = "https://m.exemple.fr\n@bot:exemple.fr\nsésame\nb\n@rupn:exemple.fr\n"


def init(folder: Path, answers: str = ANSWERS) -> Result:
    return CliRunner().invoke(main, ["init", str(folder)], input=answers)


def test_what_it_writes_passes_the_check(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    result = init(folder)
    assert result.exit_code == 0, result.output
    written = yaml.safe_load((folder / "config.yaml").read_text())
    assert written["matrix"]["homeserver"] == "https://m.exemple.fr"
    assert (written["school_zone"], written["referents"]) == ("b", ["@rupn:exemple.fr"])
    assert written["matrix"]["recovery_key_file"] == "keys/recuperation.key"
    assert not written["volunteers"]
    assert not written["rooms"]["settings"]
    assert (folder / "secrets" / "mot-de-passe").stat().st_mode & 0o777 == 0o600
    assert (folder / "data").stat().st_mode & 0o777 == 0o700
    assert len(list((folder / "faq").glob("*.yaml"))) > 1
    mounted = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["helpbot"]["volumes"]
    assert mounted.index("./:/config:ro") < mounted.index("./faq:/config/faq"), "referents publish into it"
    assert "./data:/data" in mounted
    checked = CliRunner().invoke(main, ["check", "--offline", "-c", str(folder / "config.yaml")])
    assert checked.exit_code == 0, checked.output


def test_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("à moi")
    result = init(tmp_path)
    assert result.exit_code == 2
    assert "config.yaml existe déjà" in result.stderr
    assert (tmp_path / "config.yaml").read_text() == "à moi"


def test_a_wrong_answer_is_told_with_its_line(tmp_path: Path) -> None:
    result = init(tmp_path, ANSWERS.replace("@bot:exemple.fr", "bot"))
    assert result.exit_code == 2
    line = (tmp_path / "config.yaml").read_text().splitlines().index('  user_id: "bot"') + 1
    assert f"config.yaml:{line}: matrix.user_id" in result.stderr


def test_the_password_may_come_later(tmp_path: Path) -> None:
    result = init(tmp_path, ANSWERS.replace("sésame", ""))
    assert result.exit_code == 0
    assert "Écrivez le mot de passe" in result.stderr

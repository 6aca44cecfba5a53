"""`helpbot check` on a real homeserver: it logs in, signs its identity, and says what the server says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpbot.cli import main
from helpbot.testing.synapse import LocalSynapse

pytestmark = [pytest.mark.synapse, pytest.mark.slow]
FAQ = """\
theme: pix
title: Pix
entries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: Par l'ENT.}]
"""


def check(folder: Path, url: str, user: str, password: str, more: str = "") -> Result:
    (folder / "faq").mkdir(exist_ok=True)
    (folder / "faq" / "pix.yaml").write_text(FAQ)
    config = folder / "config.yaml"
    config.write_text(
        f"matrix: {{homeserver: '{url}', user_id: '{user}', password: {password}{more}}}\n"
        "rooms: {review: '!nowhere:test.local'}\n"
    )
    return CliRunner().invoke(main, ["check", "-c", str(config)])


def test_a_good_account_twice_and_a_wrong_password(synapse: LocalSynapse, tmp_path: Path) -> None:
    user = synapse.user("checked", "secret")
    for _ in range(2):
        result = check(tmp_path, synapse.url, user, "secret")
        assert result.exit_code == 0, result.output
        assert f"connecté en tant que {user}, identité signée" in result.stderr
        assert f"rooms.review\u00a0: le bot n'y est pas; invitez-y {user}" in result.stdout
    (tmp_path / "other").mkdir()
    result = check(tmp_path / "other", synapse.url, user, "wrong")
    assert result.exit_code == 1
    assert "connexion refusée\u00a0: mot de passe ou identifiant refusé" in result.stdout


def test_nobody_answers(tmp_path: Path) -> None:
    result = check(tmp_path, "http://127.0.0.1:9", "@bot:test.local", "secret")
    assert result.exit_code == 1
    assert "connexion impossible" in result.stdout


def test_whether_the_identity_would_outlive_the_disk(synapse: LocalSynapse, tmp_path: Path) -> None:
    user = synapse.user("recoverable", "secret")
    result = check(tmp_path, synapse.url, user, "secret")
    assert re.search(r"appareil \w+ signé par l'identité .{8}… du compte, tenue ici depuis le", result.stderr)
    assert "identité non récupérable\u00a0: si le disque est perdu" in result.stdout
    more = ", recovery_key_file: key"
    for said in ("clé de récupération écrite dans", "ouvre le coffre du compte"):
        result = check(tmp_path, synapse.url, user, "secret", more)
        assert said in result.stderr
        assert "récupérable" not in result.stdout
    (tmp_path / "key").unlink()
    assert (
        "le coffre du compte a été créé ailleurs" in check(tmp_path, synapse.url, user, "secret", more).stdout
    )
    (tmp_path / "data" / "identity.json").unlink()
    result = check(tmp_path, synapse.url, user, "secret", more)
    assert result.exit_code == 1
    assert "helpbot identity reset" in result.stdout
    assert "HELPBOT_FOREIGN_IDENTITY" in result.stdout

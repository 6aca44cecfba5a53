"""`helpbot simulate`, small."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from helpbot.cli import main


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures_and_ours_breaks_no_promise() -> None:
    call = ["simulate", "--json", "--weeks", "2", "--volunteers", "40"]
    first, again = (CliRunner().invoke(main, call) for _ in range(2))
    assert first.exit_code == 0
    assert first.stdout == again.stdout
    policies = json.loads(first.stdout)["policies"]
    assert policies["ours"]["questions"] > 20
    assert policies["ours"]["violated"] == 0
    assert policies["ping-all"]["violated"] > 0, "the auditor sees what breaks a promise"

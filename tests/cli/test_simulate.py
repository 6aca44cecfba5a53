"""`helpbot simulate`, small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpbot.cli import main
from helpbot.cli.simulate import SCENARIOS
from helpbot.simulate import scenarios as published


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


def test_each_published_scenario_is_played_by_its_name() -> None:
    assert tuple(published.SCENARIOS) == SCENARIOS
    call = ["simulate", "--json", "--scenario", "holidays", "--weeks", "1", "--volunteers", "10"]
    done = CliRunner().invoke(main, call)
    scenario = json.loads(done.stdout)["scenario"]
    assert done.exit_code == 0
    assert (scenario["name"], scenario["weeks"], scenario["volunteers"]) == ("holidays", 1, 10)
    assert scenario["holiday_questions"] == 0.5
    assert CliRunner().invoke(main, ["simulate", "--scenario", "été"]).exit_code == 2


@pytest.mark.slow
def test_the_page_has_a_table_beside_each_picture_and_all_assumptions(tmp_path: Path) -> None:
    call = ["simulate", "--weeks", "1", "--volunteers", "20", "--html", str(tmp_path / "page")]
    assert CliRunner().invoke(main, call).exit_code == 0
    page = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert page.count("<svg") >= 5
    assert page.count("<table>") >= 7
    assert all(name in page for name in ("least-loaded-capped", "asks_in_class", "Promesses rompues"))
    assert not any(f'{name}="http' in page for name in ("src", "href"))

"""`helpbot demo` plays the main job on the wire, and the README shows what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 170


def _demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpbot", "demo", "--no-input", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _transcript() -> list[str]:
    """The pieces of the README's transcript that are not left out."""
    text = (ROOT / "README.md").read_text("utf-8")
    [block] = re.findall(r"```\n(\[Salle des profs\]\n.*?)```", text, re.DOTALL)
    pieces = [piece.strip() for line in block.splitlines() for piece in re.split("…", line)]
    return [re.sub(r"\s+", " ", p) for p in pieces if p]


@pytest.mark.synapse
@pytest.mark.slow
def test_the_demo_sees_each_step_and_the_readme_tells_the_truth() -> None:
    done = _demo()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shown = re.sub(r"\s+", " ", re.sub(r"^\d\d:\d\d:\d\d  ", "", done.stdout, flags=re.MULTILINE))
    missing = [piece for piece in _transcript() if piece not in shown]
    assert missing == []


@pytest.mark.synapse
@pytest.mark.slow
def test_the_demo_plays_in_plain_rooms_too(tmp_path: Path) -> None:
    done = _demo("--plain", "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "kept" / "data" / "helpbot.db").exists()
    log = (tmp_path / "kept" / "bot.log").read_text("utf-8")
    for private in ("Exemple", "thermostat", "@lea"):
        assert private not in log

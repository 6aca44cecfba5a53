"""The picture of a question's life in the docs is made from the code."""

from __future__ import annotations

import re
from pathlib import Path

from helpbot.core import proposals
from helpbot.core.tickets import ENDED, TRANSITIONS, State

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.OPEN}"]
    lines += [f"    {a} --> {b}" for a in State for b in State if b in TRANSITIONS[a]]
    lines += [f"    {s} --> [*]" for s in State if s in ENDED]
    return "\n".join([*lines, "```"])


def test_the_states_in_the_docs_are_those_of_the_code() -> None:
    found = re.search(r"<!-- states -->\n(.*?)\n<!-- /states -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    assert found[1] == diagram()


def test_the_states_of_a_proposal_likewise() -> None:
    lines = ["```mermaid", "stateDiagram-v2", *(f"    [*] --> {s}" for s in ("agreeing", "review"))]
    known = proposals.TRANSITIONS
    lines += [f"    {a} --> {b}" for a in proposals.State for b in proposals.State if b in known[a]]
    lines += [f"    {s} --> [*]" for s in proposals.State if s in proposals.ENDED]
    found = re.search(r"<!-- proposals -->\n(.*?)\n<!-- /proposals -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    assert found[1] == "\n".join([*lines, "```"])


def test_the_floors_in_the_docs_exist() -> None:
    root = PAGE.parents[1]
    named = re.findall(r"^\| \d \| (.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    for cell in named:
        for path in re.findall(r"`([^`]+)`", cell):
            assert (root / path).exists(), path

"""What the FAQ lacks, found in a process of its own: scikit-learn would stay in the bot's memory (60 MB)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helpbot.core.gaps import Gap, GapReport, Unanswered

TIMEOUT_SECONDS = 180


class NotInstalled(Exception):
    """Grouping questions needs the extra `report`."""


async def find_missing(
    folder: Path, data_dir: Path, thresholds: tuple[float | None, float | None], asked: Sequence[Unanswered]
) -> GapReport:
    """Return what `missing_here` finds, without the map of words.

    Raises `NotInstalled`, and `OSError` when the other process fails.
    """
    if find_spec("sklearn") is None:
        raise NotInstalled
    return await asyncio.to_thread(_aside, folder, data_dir, thresholds, asked)


def _aside(
    folder: Path, data_dir: Path, thresholds: tuple[float | None, float | None], asked: Sequence[Unanswered]
) -> GapReport:
    order = {"faq": str(folder), "data": str(data_dir), "thresholds": thresholds}
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith("HELPBOT__")}
    environment |= {
        "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path),
        "PYTHONSAFEPATH": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603  (ourselves)
            [sys.executable, "-m", __name__],
            input=json.dumps({**order, "asked": [asdict(q) for q in asked]}),
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
        )
        return _report(json.loads(done.stdout), asked)
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError(type(error).__name__) from None


def _report(said: dict[str, Any], asked: Sequence[Unanswered]) -> GapReport:
    by_ref = {q.ref: q for q in asked}
    gaps = tuple(
        Gap(g["label"], g["question"], tuple(by_ref[r] for r in g["refs"]), g["people"], g["theme"])
        for g in said["gaps"]
    )
    return GapReport(gaps, said["alone"])


def missing_here(
    folder: Path, data_dir: Path, thresholds: tuple[float | None, float | None], asked: Sequence[Unanswered]
) -> GapReport:
    """Return the gaps in what was asked and the map of its words, without what the FAQ answers by now.

    In this process, which keeps what it imports. Raises `NotInstalled`, and `Problems` of the FAQ.
    """
    from helpbot.adapters.faqfiles.learn import load_index
    from helpbot.core.gaps import find_gaps
    from helpbot.core.matching import Answer

    if find_spec("sklearn") is None:
        raise NotInstalled
    answer_at, clarify_at = thresholds
    index = load_index(folder, data_dir, answer_at=answer_at, clarify_at=clarify_at)
    open_ones = [q for q in asked if q.refused or not isinstance(index.verdict(q.text), Answer)]
    return find_gaps(open_ones, [e.phrasings for e in index.faq.entries])


def _find_for_parent() -> None:
    order = json.load(sys.stdin)
    asked = [Unanswered(**q) for q in order["asked"]]
    report = missing_here(Path(order["faq"]), Path(order["data"]), order["thresholds"], asked)
    gaps = [
        {
            "label": g.label,
            "question": g.question,
            "refs": [q.ref for q in g.asked],
            "people": g.people,
            "theme": g.theme,
        }
        for g in report.gaps
    ]
    json.dump({"gaps": gaps, "alone": report.alone}, sys.stdout)


if __name__ == "__main__":
    _find_for_parent()

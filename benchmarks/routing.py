"""Ways of finding a helper, side by side on made-up people: writes the measured part of docs/routing.md.

Each play is one run of `helpbot simulate --json`, kept in a folder: a run that is there already is not played
again. Some sixty runs of about a minute each, and those of the large académie.

    python benchmarks/routing.py [--weeks 36] [--seeds 1 2 3 4 5 6] [--loads 0.5 0.75 0.9 1] [--runs DIR]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "routing.md"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
OURS, ALL = "ours", "ping-all"
KEEPING = ("least-loaded-capped", "round-robin-capped")
"""Whom ours is measured against among those that keep the same promises: as patient as ours, and in turn."""
BREAKING = ("least-loaded-learned", "round-robin-aware")
"""The same two, which ask people beyond what they accepted."""
SHOWN = (OURS, *KEEPING, *BREAKING, "least-loaded-aware", "round-robin-learned", ALL)
OTHERS = {
    "overload": "Overload: twice what the volunteers accept, twelve weeks",
    "holidays": "Holidays: two weeks, the autumn holidays with half the questions, one week",
    "academie": "An académie of 30,000 teachers, 1,200 of them volunteers, 600 schools, load 0.5",
}
"""Scenarios of `helpbot simulate` that have no limits to keep, and what they are."""
HEAD = "| policy | within a day | right | to a claim | p90 | asks | Gini | gave up | violations |"
Result = dict[str, Any]


def played(
    name: str, options: Sequence[str], seed: int, weeks: int | None, *, fatigue: bool, runs: Path
) -> dict[str, Result]:
    """Return policy → figures of one run, from `runs` if it is there."""
    file = runs / f"{name}{'' if fatigue else '--no-fatigue'}.{seed}.json"
    if not file.exists():
        print(file.stem, file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "helpbot", "simulate", "--json", "--seed", str(seed), *options]
        command += [] if weeks is None else ["--weeks", str(weeks)]
        command += [] if fatigue else ["--no-fatigue"]
        # Its code says whether ours asked somebody it must not: that stands in the figures as well.
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout:
            sys.exit(done.stderr)
        runs.mkdir(parents=True, exist_ok=True)
        file.write_text(done.stdout)
    said = json.loads(file.read_text())
    if weeks is not None and said["scenario"]["weeks"] != weeks:
        sys.exit(f"{file}: of {said['scenario']['weeks']} weeks, not {weeks}; choose another --runs")
    policies: dict[str, Result] = said["policies"]
    return policies


def means(results: list[dict[str, Result]]) -> dict[str, Result]:
    """Return policy → mean figures over the seeds; None where one of them has none."""
    found: dict[str, Result] = {}
    for name, first in results[0].items():
        found[name] = {}
        for key, value in first.items():
            values = [result[name][key] for result in results]
            if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
                found[name][key] = None if None in values else statistics.mean(values)
    return found


def row(name: str, of: Result) -> str:
    """Return one policy's line of a table."""
    claim, tail = (("never" if of[k] is None else f"{of[k]:.0f}") for k in ("claim_median", "claim_p90"))
    return (
        f"| {name} | {of['answered_day']:.1%} | {of['solved']:.1%} | {claim} | {tail} | {of['contacts']:.2f}"
        f" | {of['gini']:.2f} | {of['stopped']:.0%} | {of['violated']:.0f} |"
    )


def verdict(of: dict[str, Result], *, fatigue: bool) -> str:
    """Return which of the limits ours keeps, each with its figures: two lines, the second for `BREAKING`.

    What ping-all asks is counted where nobody tires: where people do, all stop within weeks, and few asks
    are left to count.
    """
    ours = of[OURS]
    of_all = ours["contacts"] / of[ALL]["contacts"]
    asks = f"asks {ours['contacts']:.2f}" + ("" if fatigue else f" ({of_all:.0%} of ping-all's)")
    alone = {
        asks: ours["contacts"] <= 3 and (fatigue or of_all <= 0.1),
        f"Gini {ours['gini']:.3f}": ours["gini"] <= 0.25,
        f"violations {ours['violated']:.0f}": not ours["violated"],
    }
    kept, broken = (against(of, *names) for names in (KEEPING, BREAKING))
    return f"{told('Limits', kept | alone)}\n\n{told('Against those that ask beyond caps', broken)}"


def against(of: dict[str, Result], least_loaded: str, round_robin: str) -> dict[str, bool]:
    """Return the limits that are set against others, as they are told → whether ours keeps them."""
    day, claim = of[OURS]["answered_day"], of[OURS]["claim_median"]
    base, robin = of[least_loaded]["answered_day"], of[round_robin]["claim_median"]
    return {
        f"day {day:.1%} (`{least_loaded}` {base:.1%})": day >= max(0.9, base),
        f"claim {claim / robin:.0%} of `{round_robin}`'s": claim <= 0.75 * robin,
    }


def told(title: str, limits: dict[str, bool]) -> str:
    """Return a line that says which limits are met; the others in bold."""
    found = "; ".join(name if well else f"**{name}**" for name, well in limits.items())
    return f"{title}{'' if all(limits.values()) else ', not met in bold'}: {found}."


def lines(chosen: argparse.Namespace) -> Iterator[str]:
    """Give the page's measured part."""
    for load in chosen.loads:
        for fatigue in (True, False):
            options = ("--load", str(load))
            of = means([
                played(f"{load:g}", options, seed, chosen.weeks, fatigue=fatigue, runs=chosen.runs)
                for seed in chosen.seeds
            ])  # fmt: skip
            yield from table(f"Load {load:g}", of, SHOWN, fatigue=fatigue)
            yield f"\n{verdict(of, fatigue=fatigue)}\n"
    for name in chosen.others:
        seeds, weeks = (
            (chosen.seeds[:1], chosen.academie_weeks) if name == "academie" else (chosen.seeds, None)
        )
        of = means([
            played(name, ("--scenario", name), seed, weeks, fatigue=True, runs=chosen.runs) for seed in seeds
        ])  # fmt: skip
        span = f", {weeks} weeks, seed {seeds[0]} alone" if name == "academie" else ""
        yield from table(OTHERS[name] + span, of, tuple(of), fatigue=True)


def table(title: str, of: dict[str, Result], shown: Sequence[str], *, fatigue: bool) -> Iterator[str]:
    """Give the lines of one table."""
    yield f"\n{title}, {'people tire' if fatigue else 'nobody tires'}:\n\n{HEAD}\n"
    yield "|" + " --- |" * HEAD.count(" | ") + " --- |\n"
    yield from (row(name, of[name]) + "\n" for name in shown)


def main() -> None:
    """Play what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weeks", type=int, default=36)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6])
    parser.add_argument("--loads", type=float, nargs="+", default=[0.5, 0.75, 0.9, 1.0])
    parser.add_argument("--others", nargs="*", choices=OTHERS, default=list(OTHERS))
    parser.add_argument("--academie-weeks", type=int, default=16)
    parser.add_argument("--runs", type=Path, default=Path("build/routing"))
    chosen = parser.parse_args()
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        sys.exit(f"{PAGE}: {BEGIN.strip()} and {END.strip()} are missing")
    PAGE.write_text(before + BEGIN + "".join(lines(chosen)) + END + after)


if __name__ == "__main__":
    main()

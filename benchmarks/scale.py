"""How long learning and a question take, and how much memory, from the shipped FAQ to ten thousand entries.

    PYTHONPATH=. python benchmarks/scale.py                    # 120, the shipped FAQ, 1,000 and 10,000
    PYTHONPATH=. python benchmarks/scale.py --entries 10000    # one size

Entries of the larger FAQs are put together from the words of the made-up ones, as often as they come there:
real words, in no sense. Each size has a process of its own; times are the processor's, on one thread.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import corpora
from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching import FaqIndex

ROOT = Path(__file__).parent.parent
SIZES = (120, 1_000, 10_000)
PHRASINGS, WORDS = 5, (3, 9)
QUESTIONS = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, help="0: the shipped FAQ")
    options = parser.parse_args()
    if options.entries is not None:
        print(measured(options.entries), flush=True)
        return
    for size in (SIZES[0], 0, *SIZES[1:]):
        subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", "--entries", str(size)], check=True, cwd=ROOT
        )


def measured(size: int) -> str:
    faq, asked = made_up(size) if size else shipped()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.process_time()
    index = FaqIndex.build(faq)
    built = time.process_time() - started
    spent = []
    for text in asked:
        started = time.process_time()
        index.verdict(text)
        spent.append((time.process_time() - started) * 1000)
    spent.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = sum(len(e.phrasings) for e in faq.entries)
    return (
        f"{len(faq.entries):6} entries {count:6} phrasings  learned in {built:5.2f} s  a question: median "
        f"{spent[len(spent) // 2]:5.2f} ms, p99 {spent[len(spent) * 99 // 100]:6.2f} ms  "
        f"memory at most {peak:4.0f} MB, {before:3.0f} of it before"
    )


def shipped() -> tuple[Faq, list[str]]:
    faq = load_faq(ROOT / "faq")
    asked = [text for entry in faq.entries for text in entry.phrasings]
    return faq, random.Random(1).sample(asked, min(len(asked), QUESTIONS))


def made_up(size: int) -> tuple[Faq, list[str]]:
    """Put entries together, and questions that say most of a phrasing with a word that it lacks."""
    rng = random.Random(size)
    told = [corpora.load(name).faq.entries for name in (*corpora.MADE_UP, *corpora.PEOPLE, *corpora.CROWDS)]
    words = [word for entries in told for e in entries for p in e.phrasings for word in p.split()]
    entries, asked = [], []
    for at in range(size):
        subject = rng.choices(words, k=rng.randint(*WORDS))
        phrasings = []
        for _ in range(PHRASINGS):
            kept = [word for word in subject if rng.random() < 0.7] or subject
            phrasings.append(" ".join([*kept, *rng.choices(words, k=rng.randint(1, 3))]))
        answer = " ".join(rng.choices(words, k=25))
        entries.append(FaqEntry(str(at), f"t{at % 20}", phrasings[0], answer, tuple(phrasings[1:])))
        asked.append(" ".join([*rng.choice(phrasings).split()[1:], rng.choice(words)]))
    return Faq(tuple(entries)), rng.sample(asked, min(size, QUESTIONS))


if __name__ == "__main__":
    main()

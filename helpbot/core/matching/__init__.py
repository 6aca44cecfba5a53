"""Matching a question to the FAQ, and knowing when not to.

`FaqIndex.build(faq)` learns from the phrasings; `index.verdict(question)` answers, hesitates, routes or
redirects. docs/matching.md tells how it works and what was measured.
"""

from helpbot.core.matching.danger import built_in
from helpbot.core.matching.index import FaqIndex
from helpbot.core.matching.verdicts import Answer, Clarify, Match, Redirect, Route, Verdict

__all__ = [
    "Answer",
    "Clarify",
    "FaqIndex",
    "Match",
    "Redirect",
    "Route",
    "Verdict",
    "built_in",
]

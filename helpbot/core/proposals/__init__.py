"""The life of a proposal: a new or changed entry, from the wish to the file.

Everything that changes a proposal's state is in this folder. Each function takes the proposal and what
happened, and returns the proposal after it with the effects to carry out; nothing is looked up or done here.
"""

from helpbot.core.proposals.life import (
    agreed,
    amended,
    approved,
    from_answer,
    left,
    passed_on,
    refused,
    suggested,
    unwritten,
    withdrawn,
    written,
)
from helpbot.core.proposals.values import (
    ENDED,
    TRANSITIONS,
    AskHelper,
    Change,
    Credit,
    Decision,
    Effect,
    Objection,
    Origin,
    Proposal,
    ProposalId,
    Redact,
    ShowCard,
    State,
    TellHelper,
    Write,
)

__all__ = [
    "ENDED",
    "TRANSITIONS",
    "AskHelper",
    "Change",
    "Credit",
    "Decision",
    "Effect",
    "Objection",
    "Origin",
    "Proposal",
    "ProposalId",
    "Redact",
    "ShowCard",
    "State",
    "TellHelper",
    "Write",
    "agreed",
    "amended",
    "approved",
    "from_answer",
    "left",
    "passed_on",
    "refused",
    "suggested",
    "unwritten",
    "withdrawn",
    "written",
]

"""The semantic extra in the path of a question: vectors are asked for outside the transaction.

As with names: a decision that lacks a vector raises `VectorNeeded`, what it wrote is taken back, the vector
is asked for, and it is decided again. Whatever goes wrong, the words of the question decide alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from helpbot.core.faq import Faq
from helpbot.core.matching import Clarify, Route, Verdict
from helpbot.core.matching.meaning import Meanings, phrasings
from helpbot.core.spans import MINUTE
from helpbot.ports.encoder import Encoder, EncoderError

log = logging.getLogger("helpbot.understanding")

PAUSE_MS = MINUTE
"""After a failure nothing is asked for so long: a question must not wait for what is down."""
MOST_KEPT = 1_000


class VectorNeeded(Exception):
    """A decision needs the vector of a text: ask for it and decide again. Nothing was kept."""

    def __init__(self, text: str) -> None:
        super().__init__("a vector is needed")
        self.text = text


@dataclass(slots=True)
class Understanding:
    """What was asked of an encoder. Vectors are kept under a digest of their text, in memory alone."""

    encoder: Encoder
    meanings: Meanings | None = None
    paused_until: int = 0
    _vectors: dict[bytes, Sequence[float] | None] = field(default_factory=dict)

    def widened(self, faq: Faq, verdict: Verdict, text: str) -> Verdict:
        """Return a verdict that also proposes what means the same. Raises `VectorNeeded`."""
        if not isinstance(verdict, Clarify | Route):
            return verdict
        key = _digest(text)
        if key not in self._vectors or (self.meanings is not None and self.meanings.revision != faq.revision):
            raise VectorNeeded(text)
        vector = self._vectors[key]
        if vector is None or self.meanings is None:
            return verdict
        return self.meanings.widened(verdict, vector)

    async def learn(self, faq: Faq, text: str, now: int) -> None:
        """Ask for a text's vector, and first for the FAQ's if it changed. Failing that, do without."""
        vector: Sequence[float] | None = None
        if now >= self.paused_until:
            try:
                if self.meanings is None or self.meanings.revision != faq.revision:
                    self.meanings = Meanings.of(faq, await self.encoder.vectors(phrasings(faq)))
                (vector,) = await self.encoder.vectors([text])
                if len(vector) != self.meanings.dimensions:
                    self.meanings = None  # another model answers there now: all anew
                    raise EncoderError("vectors of another length than those of the FAQ")
            except (EncoderError, ValueError) as error:
                log.warning("no vectors; the words decide alone", extra={"why": str(error)})
                self.paused_until = now + PAUSE_MS
                vector = None
        if self.meanings is not None and self.meanings.revision != faq.revision:
            self.meanings = None  # of a FAQ that is no more
        while len(self._vectors) >= MOST_KEPT:
            del self._vectors[next(iter(self._vectors))]
        self._vectors[_digest(text)] = vector


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()

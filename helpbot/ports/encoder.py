"""Where the vectors of texts come from, when the operator chose to have any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class EncoderError(Exception):
    """No vectors came. `str()` says why, without any text that was asked."""


class Encoder(Protocol):
    """Texts to vectors that are close when the texts mean the same."""

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, all of the same length. Raises `EncoderError`."""
        ...

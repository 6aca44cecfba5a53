"""Embeddings from a server that speaks OpenAI's `/embeddings`: a transformer on the operator's machine, say.

What is sent are the FAQ's phrasings and masked questions, without a name or a room. Off unless configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp

from helpbot.ports.encoder import EncoderError

BATCH = 64
TIMEOUT = aiohttp.ClientTimeout(total=5)
"""A question waits for one batch at most so long; the FAQ's phrasings take several."""


class Endpoint:
    """Texts to what a server says of them. Fulfils `ports.encoder.Encoder`."""

    def __init__(self, url: str, model: str, key: str | None = None) -> None:
        self._url = f"{url.rstrip('/')}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text. Raises `EncoderError`."""
        found: list[list[float]] = []
        async with aiohttp.ClientSession(headers=self._headers, timeout=TIMEOUT) as http:
            for start in range(0, len(texts), BATCH):
                found += await self._batch(http, texts[start : start + BATCH])
        return found

    async def _batch(self, http: aiohttp.ClientSession, texts: Sequence[str]) -> list[list[float]]:
        asked = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            async with http.post(self._url, json=asked) as answer:
                if answer.status != 200:
                    raise EncoderError(f"the server answered {answer.status}")
                return _read(await answer.json(), len(texts))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise EncoderError(type(error).__name__) from None


def _read(said: Any, count: int) -> list[list[float]]:
    """Give the vectors in the order of `index`. Raises `EncoderError` when they are not all there."""
    try:
        rows = sorted(said["data"], key=lambda row: int(row["index"]))
        found = [[float(x) for x in row["embedding"]] for row in rows]
    except (KeyError, TypeError, ValueError):
        raise EncoderError("the server answered something else than embeddings") from None
    if len(found) != count or len({len(v) for v in found}) != 1:
        raise EncoderError(f"{len(found)} vectors for {count} texts, or not of one length")
    return found

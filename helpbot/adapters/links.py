"""Do the sources of the FAQ still answer? Asked weekly, slowly, and only where the operator says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

import aiohttp

SECONDS_APART = 2.0
"""Between two requests, whatever the host: nobody waits for this."""
TIMEOUT_SECONDS = 20
MOST = 500
_GONE = frozenset({404, 410})
_NO_HEAD = frozenset({403, 405, 501})
_WHO = {"User-Agent": "helpbot (checks once a week that the sources of a FAQ exist)"}


async def dead_links(
    urls: Iterable[str], *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> frozenset[str]:
    """Return the addresses that say they are gone, or whose host does not answer at all.

    A refusal (403, 429) or trouble of theirs (5xx) is none: many sites turn programs away.
    """
    wanted = [u for u in dict.fromkeys(urls) if urlsplit(u).scheme in ("http", "https")][:MOST]
    found = set()
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers=_WHO) as session:
        for number, url in enumerate(wanted):
            if number:
                await pause(SECONDS_APART)
            if await _is_dead(session, url):
                found.add(url)
    return frozenset(found)


async def _is_dead(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.head(url, allow_redirects=True) as answer:
            if answer.status not in _NO_HEAD | _GONE:
                return False
        # Some servers know no HEAD, and say 404 to it.
        async with session.get(url, allow_redirects=True) as answer:
            return answer.status in _GONE
    except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, TimeoutError):
        return True
    except (aiohttp.ClientError, ValueError):
        return False

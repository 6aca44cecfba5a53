"""What was said in a room before: gaps of a timeline, and what we said ourselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helpbot.adapters.matrix.filters import PAGE_FILTER, PAGE_TYPES
from helpbot.adapters.matrix.http import Api, list_at, seg, text_of
from helpbot.adapters.matrix.reading import Reader
from helpbot.adapters.matrix.rooms import is_own_join
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Page, Spoken, TimelineItem

_PAGE = 100
_FIND_PAGES = 50
_SPOKEN_PAGES = 400


class Past:
    """Walks rooms back, page by page. Its methods are those of `ports.Homeserver`."""

    def __init__(self, api: Api, reader: Reader, me: UserId) -> None:
        self._api = api
        self._reader = reader
        self._me = me

    async def messages(self, room: RoomId, *, start: str, stop: str | None) -> Page:
        """Return a page of the room's past, see `ports.Homeserver.messages`."""
        answer = await self._page(room, start, stop)
        events: list[TimelineItem] = []
        chunk = list_at(answer, "chunk")
        for event in chunk:
            if isinstance(event, Mapping) and is_own_join(event, self._me):
                return Page(tuple(events), None)
            item = self._reader.item(event, room)
            if item is not None:
                events.append(item)
        end = answer.get("end")
        return Page(tuple(events), end if chunk and isinstance(end, str) else None)

    async def find_sent(self, room: RoomId, txn_id: str, *, since: int) -> EventId | None:
        """Read the room back to the time `since` (ms) for what this device sent with `txn_id`."""
        start: str | None = None
        for _ in range(_FIND_PAGES):
            answer = await self._page(room, start, None)
            chunk = list_at(answer, "chunk")
            for event in chunk:
                if not isinstance(event, Mapping):
                    continue
                if event.get("sender") == self._me:
                    unsigned = event.get("unsigned")
                    if isinstance(unsigned, Mapping) and unsigned.get("transaction_id") == txn_id:
                        return EventId(text_of(event, "event_id"))
                at = event.get("origin_server_ts")
                if isinstance(at, int) and at < since:
                    return None
            end = answer.get("end")
            if not chunk or not isinstance(end, str):
                return None
            start = end
        return None

    async def spoken(self, room: RoomId, *, since: str) -> list[Spoken]:
        """Return what we said in a room after the cursor `since`, see `ports.Homeserver.spoken`."""
        found: list[Spoken] = []
        start: str | None = None
        only_ours = json.dumps({**PAGE_TYPES, "senders": [self._me]}, separators=(",", ":"))
        for _ in range(_SPOKEN_PAGES):
            answer = await self._page(room, start, since, only_ours)
            chunk = list_at(answer, "chunk")
            found += filter(None, (self._reader.own_words(event, room) for event in chunk))
            start = answer.get("end")
            if not isinstance(start, str):
                break
        return found[::-1]

    async def _page(
        self, room: RoomId, start: str | None, stop: str | None, only: str | None = None
    ) -> dict[str, Any]:
        query = {"dir": "b", "limit": str(_PAGE), "filter": only or PAGE_FILTER}
        if start is not None:
            query["from"] = start
        if stop is not None:
            query["to"] = stop
        return await self._api.get(f"v3/rooms/{seg(room)}/messages", query)

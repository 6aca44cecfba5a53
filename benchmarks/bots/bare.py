"""The limit: a bare client that echoes. No store, no decisions, no encryption; a task an answer."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from typing import Any

import aiohttp

HOMESERVER, USER, PASSWORD = sys.argv[1:4]
FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "ephemeral": {"types": []},
            "account_data": {"types": []},
            "state": {"types": [], "lazy_load_members": True},
            "timeline": {"types": ["m.room.message"], "limit": 50},
        },
    }
)


async def main() -> None:
    base = f"{HOMESERVER}/_matrix/client/v3"
    async with aiohttp.ClientSession() as http:
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": USER},
            "password": PASSWORD,
        }
        async with http.post(f"{base}/login", json=login) as answer:
            session = await answer.json()
        me = session["user_id"]
        http.headers["Authorization"] = f"Bearer {session['access_token']}"
        number = itertools.count()

        async def echo(room: str, event: dict[str, Any]) -> None:
            content = {
                "msgtype": "m.notice",
                "body": event["content"].get("body", ""),
                "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
            }
            async with http.put(
                f"{base}/rooms/{room}/send/m.room.message/b{next(number)}", json=content
            ) as r:
                await r.read()

        async def sync(since: str | None, wait: int) -> dict[str, Any]:
            query = {"timeout": str(wait), "filter": FILTER, **({"since": since} if since else {})}
            async with http.get(f"{base}/sync", params=query) as answer:
                said: dict[str, Any] = await answer.json()
            return said

        first = await sync(None, 0)
        for room in first.get("rooms", {}).get("invite", {}):
            async with http.post(f"{base}/join/{room}", json={}) as answer:
                await answer.read()
        since = (await sync(first["next_batch"], 0))["next_batch"]
        print("ready", flush=True)
        tasks = set()
        while True:
            got = await sync(since, 30_000)
            since = got["next_batch"]
            for room, said in got.get("rooms", {}).get("join", {}).items():
                for event in said["timeline"]["events"]:
                    if event["sender"] != me and me in event["content"].get("m.mentions", {}).get(
                        "user_ids", ()
                    ):
                        task = asyncio.create_task(echo(room, event))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)


asyncio.run(main())

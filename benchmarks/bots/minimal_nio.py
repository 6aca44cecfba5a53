"""A minimal bot on matrix-nio, as its documentation shows it: one callback that sends."""

from __future__ import annotations

import asyncio
import sys

from nio import AsyncClient, InviteMemberEvent, MatrixRoom, RoomMessageText

HOMESERVER, USER, PASSWORD = sys.argv[1:4]


async def main() -> None:
    client = AsyncClient(HOMESERVER, USER)
    await client.login(PASSWORD)

    async def invited(room: MatrixRoom, _event: InviteMemberEvent) -> None:
        await client.join(room.room_id)

    async def message(room: MatrixRoom, event: RoomMessageText) -> None:
        mentions = event.source["content"].get("m.mentions", {})
        if event.sender == client.user_id or client.user_id not in mentions.get("user_ids", ()):
            return
        content = {
            "msgtype": "m.notice",
            "body": event.body,
            "m.relates_to": {"m.in_reply_to": {"event_id": event.event_id}},
        }
        await client.room_send(room.room_id, "m.room.message", content)

    client.add_event_callback(invited, InviteMemberEvent)
    await client.sync(timeout=0, full_state=True)
    await client.sync(timeout=0, full_state=True)
    client.add_event_callback(message, RoomMessageText)
    print("ready", flush=True)
    await client.sync_forever(timeout=30_000)


asyncio.run(main())

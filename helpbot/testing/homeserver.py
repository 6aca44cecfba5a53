"""A homeserver in memory that behaves as Synapse does wherever helpbot would notice.

`FakeServer` is the server, `account()` the bot's way to it (the `Homeserver` port), `person()` a
teacher moved by the test. Nothing sleeps and nothing is random. tests/contract runs one suite on
this and on a real Synapse: what they disagree about is a fault here.

```python
server = FakeServer(clock)
hs, lea = server.account("@helpbot:test"), server.person("@lea:test")
room = lea.create_room(encrypted=True, invite=["@helpbot:test"])
await hs.join(room)
lea.say(room, "Comment créer un compte Pix ?", mention=[hs.user_id])
server.room(room).timeline()        # what people see
server.lose_reply("send")           # accepted, but the answer never comes back
```
"""

from __future__ import annotations

from helpbot.core.ids import UserId
from helpbot.ports import Clock
from helpbot.testing.account import FakeHomeserver
from helpbot.testing.fakeserver import Device, Server
from helpbot.testing.puppets import FakePerson

__all__ = ["FakeHomeserver", "FakePerson", "FakeServer"]


class FakeServer(Server):
    """The server with whoever is on it."""

    def __init__(self, clock: Clock, *, name: str = "test", timeline_limit: int = 50) -> None:
        super().__init__(clock, name=name, timeline_limit=timeline_limit)
        self._people: dict[UserId, FakePerson] = {}

    def account(self, user: str, *, device: str = "HELPBOT", name: str = "") -> FakeHomeserver:
        """Return the port of the account on that device; asking again is a restart of the program."""
        user_id = UserId(user)
        if name:
            self.names[user_id] = name
        state = self._devices.setdefault((user_id, device), Device())
        return FakeHomeserver(self, user_id, device, state)

    def person(self, user: str, *, name: str = "") -> FakePerson:
        """Return the person of that id, always the same object."""
        user_id = UserId(user)
        if name:
            self.names[user_id] = name
        return self._people.setdefault(user_id, FakePerson(self, user_id))

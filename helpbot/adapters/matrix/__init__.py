"""Matrix for real: `connect` gives a `Homeserver` on an account of any homeserver, encryption included."""

from helpbot.adapters.matrix.client import MatrixHomeserver
from helpbot.adapters.matrix.identity import Recovery
from helpbot.adapters.matrix.login import Account
from helpbot.adapters.matrix.opening import connect, renew_identity
from helpbot.adapters.matrix.reading import Health
from helpbot.adapters.matrix.trust import Trust

__all__ = ["Account", "Health", "MatrixHomeserver", "Recovery", "Trust", "connect", "renew_identity"]

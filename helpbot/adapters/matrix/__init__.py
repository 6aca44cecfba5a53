"""Matrix for real: `connect` gives a `Homeserver` on an account of any homeserver, encryption included."""

from helpbot.adapters.matrix.client import Health, MatrixHomeserver, connect
from helpbot.adapters.matrix.login import Account

__all__ = ["Account", "Health", "MatrixHomeserver", "connect"]

"""What operators read about the account and its identity, in French."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from helpbot.adapters.matrix import Trust
    from helpbot.ports import LoggedOut

_OUT = {
    "M_FORBIDDEN": (
        "mot de passe ou identifiant refusé",
        "vérifiez user_id et password ; un compte désactivé reçoit la même réponse",
    ),
    "M_UNKNOWN_TOKEN": ("le jeton d'accès n'est plus valable", "donnez password, ou un nouveau jeton"),
    "M_MISSING_TOKEN": ("aucune session à reprendre", "donnez password, ou un jeton"),
    "ORG_MATRIX_EXPIRED_ACCOUNT": (
        "le compte a expiré",
        "renouvelez-le par le lien envoyé dans sa boîte aux lettres",
    ),
    "M_USER_DEACTIVATED": ("le compte est désactivé", "voyez avec les administrateurs de son serveur"),
    "M_USER_LOCKED": ("le compte est verrouillé", "voyez avec les administrateurs de son serveur"),
    "HELPBOT_FOREIGN_IDENTITY": (
        "le compte a déjà une identité de chiffrement, créée ailleurs",
        "donnez sa clé (matrix.recovery_key_file) ou son data_dir ; sinon : helpbot identity reset",
    ),
    "HELPBOT_RETIRED_DEVICE": (
        "cet appareil servait avant la restauration : ses clés ne doivent pas resservir",
        "donnez password, ou le jeton d'une nouvelle connexion",
    ),
    "HELPBOT_ALREADY_RUNNING": ("un autre processus utilise data_dir", "arrêtez d'abord le bot"),
}
"""Code → what and what to do, in the operator's words; other codes keep the adapter's own."""


def logged_out(out: LoggedOut) -> tuple[str, str]:
    """Return why the account cannot be used, with its code, and what to do."""
    if out.code in _OUT:
        what, hint = _OUT[out.code]
        return f"{what} ({out.code})", hint
    return str(out).removesuffix(f"; {out.hint}"), out.hint


def trust(trust: Trust, timezone: str) -> str:
    """Return by whom the device is signed, and since when."""
    since = datetime.fromtimestamp(trust.identity.since / 1000, UTC).astimezone(ZoneInfo(timezone))
    key = trust.identity.public("master")
    return (
        f"appareil {trust.device_id} signé par l'identité {key[:8]}… du compte, tenue ici depuis le"
        f" {since:%d/%m/%Y}"
    )

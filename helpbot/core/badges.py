"""An Open Badge 3.0 of what somebody gave: a credential that they alone receive and hold.

1EdTech, "Open Badges Specification" 3.0: `OpenBadgeCredential`, and "JSON Web Token Proof Format".
Whoever presents it proves that it is theirs by their Matrix id, of which it has a salted hash only.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who answers for the badge."""

    id: str
    """An address of theirs (URL)."""
    name: str


@dataclass(frozen=True, slots=True)
class BadgeWords:
    """What the badge says, to people."""

    name: str
    description: str
    criteria: str
    narrative: str
    """What this one person gave."""


def credential(
    issuer: Issuer, words: BadgeWords, *, holder: str, valid_from: str, cause: str
) -> dict[str, Any]:
    """Return the credential of `holder` (a Matrix id), valid from a moment (ISO 8601, UTC, whole seconds).

    Its ids and salt are made from `cause`, so that the same request gives the same badge.
    """
    salt = hashlib.sha256(f"salt {cause}".encode()).hexdigest()[:32]
    identity = hashlib.sha256(f"{holder}{salt}".encode()).hexdigest()
    return {
        "@context": list(CONTEXTS),
        "id": _urn("credential", cause),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": words.name,
        "issuer": {"id": issuer.id, "type": ["Profile"], "name": issuer.name},
        "validFrom": valid_from,
        "credentialSubject": {
            "id": _urn("subject", cause),
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityHash": f"sha256${identity}",
                    "identityType": "accountId",
                    "hashed": True,
                    "salt": salt,
                }
            ],
            "narrative": words.narrative,
            "achievement": {
                "id": _urn("achievement", f"{issuer.id} {words.name}"),
                "type": ["Achievement"],
                "name": words.name,
                "description": words.description,
                "criteria": {"narrative": words.criteria},
            },
        },
    }


def claims(badge: dict[str, Any], valid_from: int) -> dict[str, Any]:
    """Return what is signed: the credential with the claims that repeat it (`valid_from` in Unix seconds)."""
    registered = {"iss": badge["issuer"]["id"], "jti": badge["id"], "sub": badge["credentialSubject"]["id"]}
    return badge | registered | {"nbf": valid_from}


def _urn(what: str, of: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"helpbot {what} {of}").urn

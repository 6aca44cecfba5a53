"""Signing badges with the operator's key: RS256, which every reader of Open Badges 3.0 must know."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

KEY_BITS = 3072
_EXTRA = "installez l'extra : pip install 'helpbot[badge]'"


def badge_signer(key_file: Path) -> Callable[[dict[str, Any]], str]:
    """Return the function from claims to a compact JWS. A missing key file is created, 0600.

    joserfc and cryptography are imported when the first badge is signed: most bots never need them.
    """

    def sign(claims: dict[str, Any]) -> str:
        from joserfc import jwt

        key = load_key(key_file)
        public = key.as_dict(private=False)
        header = {"alg": "RS256", "typ": "JWT", "jwk": {n: public[n] for n in ("kty", "n", "e")}}
        return jwt.encode(header, claims, key)

    return sign


def load_key(key_file: Path) -> RSAKey:
    """Return the private key, made where there is none. Raise Problems when it cannot be used."""
    try:
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey
    except ModuleNotFoundError as error:
        raise Problems([Problem("badge", f"il manque {error.name}", _EXTRA)]) from None
    try:
        if not key_file.exists():
            _write_new(key_file, RSAKey.generate_key(KEY_BITS).as_pem(private=True))
        return RSAKey.import_key(key_file.read_bytes())
    except OSError as error:
        what = f"la clé des badges ne peut pas être lue ou créée ({error.strerror})"
        raise Problems([Problem(str(key_file), what, "rendez-la accessible au seul compte du bot")]) from None
    except (JoseError, ValueError) as error:
        hint = "donnez une clé privée RSA au format PEM, ou retirez le fichier pour en créer une"
        raise Problems([Problem(str(key_file), f"clé de badge illisible ({error})", hint)]) from None


def _write_new(key_file: Path, pem: bytes) -> None:
    key_file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())

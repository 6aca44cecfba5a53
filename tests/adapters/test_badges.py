"""A badge is what Open Badges 3.0 says, signed by the operator's key, and tells nobody's id."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from helpbot.adapters.badges import badge_signer, load_key
from helpbot.core.badges import BadgeWords, Issuer, claims, credential
from helpbot.core.problems import Problems

ISSUER = Issuer("https://drane.exemple.fr", "DRANE d’exemple")
WORDS = BadgeWords("Entraide", "A aidé.", "Avoir aidé.", "- 3 réponses données")
VERA = "@vera.dupont-ac-exemple.fr:agent.exemple.fr"
AT = 1_795_000_000
READER = JWSRegistry()
READER.max_header_length = 2048  # a public key is longer than its 512
ISO = "2026-11-18T11:06:40Z"


def badge(cause: str = "$event") -> dict[str, Any]:
    return credential(ISSUER, WORDS, holder=VERA, valid_from=ISO, cause=cause)


def test_the_credential_has_all_that_the_specification_requires() -> None:
    made = badge()
    assert made["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert {"id", "type", "name", "credentialSubject", "issuer", "validFrom"} <= made.keys()
    assert made["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    subject, achievement = made["credentialSubject"], made["credentialSubject"]["achievement"]
    assert subject["type"] == ["AchievementSubject"]
    assert {"id", "type", "name", "description", "criteria"} <= achievement.keys()
    assert achievement["criteria"]["narrative"]
    assert {"id", "type", "name"} <= made["issuer"].keys()


def test_the_holder_can_prove_it_and_nobody_can_read_who_it_is() -> None:
    made = badge()
    assert VERA not in json.dumps(made)
    assert "dupont" not in json.dumps(made)
    [identity] = made["credentialSubject"]["identifier"]
    proof = hashlib.sha256((VERA + identity["salt"]).encode()).hexdigest()
    assert (identity["identityHash"], identity["hashed"]) == (f"sha256${proof}", True)
    again, other = badge(), badge("$another")
    assert again == made
    assert other["id"] != made["id"]
    assert other["credentialSubject"]["identifier"][0]["salt"] != identity["salt"]
    assert other["credentialSubject"]["achievement"]["id"] == made["credentialSubject"]["achievement"]["id"]


@pytest.mark.slow
def test_the_signature_is_read_by_the_key_in_its_header_and_no_other(tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "badge.key"
    signed = badge_signer(key_file)(claims(badge(), AT))
    assert key_file.stat().st_mode & 0o777 == 0o600
    header = json.loads(base64.urlsafe_b64decode(signed.partition(".")[0] + "=="))
    assert set(header) == {"alg", "typ", "jwk"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert set(header["jwk"]) == {"kty", "n", "e"}, "nothing of the private key"
    found = jwt.decode(signed, RSAKey.import_key(header["jwk"]), registry=READER).claims
    assert found["iss"] == found["issuer"]["id"] == ISSUER.id
    assert found["sub"] == found["credentialSubject"]["id"]
    assert (found["jti"], found["nbf"], found["validFrom"]) == (found["id"], AT, ISO)
    again = badge_signer(key_file)(claims(badge(), AT))
    assert jwt.decode(again, RSAKey.import_key(header["jwk"]), registry=READER).claims == found, (
        "the key was kept"
    )
    with pytest.raises(BadSignatureError):
        jwt.decode(signed, RSAKey.generate_key(2048), registry=READER)


@pytest.mark.slow
def test_somebody_else_s_verifier_takes_it_and_nothing_that_was_changed(tmp_path: Path) -> None:
    """openbadgeslib checks the signature, the claims that repeat the credential, its types and its fields."""
    key_file = tmp_path / "badge.key"
    sign = badge_signer(key_file)
    said = claims(badge(), AT)
    verifier = OB3Verifier(load_key(key_file).as_pem(private=False))
    found = verifier.verify(sign(said))
    assert (found.issuer.id, found.issuer.name) == (ISSUER.id, ISSUER.name)
    assert (found.achievement.name, found.achievement.criteria_narrative) == (WORDS.name, WORDS.criteria)
    [identity] = found.identifiers
    assert identity.hashed
    assert identity.identity_hash == "sha256$" + hashlib.sha256((VERA + identity.salt).encode()).hexdigest()
    header, payload, signature = sign(said).split(".")
    other = base64.urlsafe_b64encode(json.dumps(said | {"name": "Autre"}).encode()).rstrip(b"=").decode()
    for wrong in (
        f"{header}.{other}.{signature}",
        sign({k: v for k, v in said.items() if k != "nbf"}),
        sign(said | {"iss": "https://ailleurs.exemple.fr"}),
        sign(said | {"type": ["VerifiableCredential"]}),
        badge_signer(tmp_path / "another.key")(said),
    ):
        with pytest.raises(OB3VerificationError):
            verifier.verify(wrong)
    assert payload != other


def test_a_wrong_key_and_a_missing_library_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "badge.key"
    wrong.write_text("pas une clé")
    with pytest.raises(Problems, match="badge illisible"):
        load_key(wrong)
    for name in [m for m in sys.modules if m.partition(".")[0] == "joserfc"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Problems, match="helpbot\\[badge\\]"):
        load_key(wrong)

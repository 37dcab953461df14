"""Keys as they are read: from PEM files, and from JWKS documents; what is none of ours is refused or left out."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from skyparley.errors import InvalidInputError
from skyparley.web.tokens.keys import (
    MAX_KEY_ID_LENGTH,
    MAX_KEYS,
    MAX_PEM_BYTES,
    KeySet,
    PemKeys,
    make_key,
    parse_jwks,
    read_pem,
)
from support.certificates import self_signed
from support.tokens import (
    BY_ALGORITHM,
    ED,
    OTHERS,
    P256,
    RSA,
    as_json,
    b64,
    jwk,
    jwks,
    pem_files,
    public_pem,
)

RSA_1024 = rsa.generate_private_key(65537, 1024)
P384 = ec.generate_private_key(ec.SECP384R1())


# PEM files.


@pytest.mark.parametrize("algorithm", BY_ALGORITHM)
def test_a_public_key_in_pem_is_read_and_has_the_algorithm_of_its_type(tmp_path: Path, algorithm: str) -> None:
    (path,) = pem_files(tmp_path, BY_ALGORITHM[algorithm])
    key = read_pem(path)
    assert (key.algorithm, key.key_id) == (algorithm, None)
    der = base64.b64decode("".join(path.read_text().splitlines()[1:-1]))
    assert key.fingerprint == hashlib.sha256(der).hexdigest()
    assert key.name == f"sha256:{key.fingerprint[:16]}"


def test_a_certificate_carries_its_key(tmp_path: Path) -> None:
    certificate, _ = self_signed(tmp_path)
    assert read_pem(certificate).algorithm == "ES256"


def test_openssl_makes_keys_that_are_read(tmp_path: Path) -> None:
    for options, algorithm in (
        (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RS256"),
        (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ES256"),
        (["ED25519"], "EdDSA"),
    ):
        private, public = tmp_path / "private.pem", tmp_path / "public.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", *options, "-out", private], check=True, capture_output=True)
        # what the message about a private key tells its reader to do
        with pytest.raises(InvalidInputError, match="holds a private key") as caught:
            read_pem(private)
        command = caught.value.message.partition("made by ")[2].replace("public.pem", str(public)).split()
        subprocess.run(command, check=True, capture_output=True)
        assert read_pem(public).algorithm == algorithm


def unusable() -> dict[str, tuple[bytes, str]]:
    def private(key: Any, form: PrivateFormat) -> bytes:
        return key.private_bytes(Encoding.PEM, form, NoEncryption())  # type: ignore[no-any-return]

    good = public_pem(P256)
    small = "is not taken: use RSA of 2,048 to 8,192 bits, P-256 or Ed25519"
    return {
        "pkcs8": (private(RSA, PrivateFormat.PKCS8), "holds a private key"),
        "pkcs1": (private(RSA, PrivateFormat.TraditionalOpenSSL), "holds a private key"),
        "sec1": (private(P256, PrivateFormat.TraditionalOpenSSL), "holds a private key"),
        "openssh": (private(ED, PrivateFormat.OpenSSH), "holds a private key"),
        "both": (good + private(P256, PrivateFormat.PKCS8), "holds a private key"),
        "secret": (b"a shared secret of HS256\n", "exactly one public key or certificate"),
        "empty": (b"", "exactly one public key or certificate"),
        "two": (good + good, "exactly one public key or certificate"),
        "huge": (good + b"\n" * MAX_PEM_BYTES, "exactly one public key or certificate"),
        "bits": (public_pem(RSA_1024), f"an RSA key of 1,024 bits {small}"),
        "curve": (public_pem(P384), f"a key on the curve secp384r1 {small}"),
        "ed448": (public_pem(ed448.Ed448PrivateKey.generate()), f"Ed448PublicKey {small}"),
        "x25519": (public_pem(x25519.X25519PrivateKey.generate()), f"X25519PublicKey {small}"),
        "dsa": (public_pem(dsa.generate_private_key(1024)), f"DSAPublicKey {small}"),
        "exponent": (
            public_pem_of(rsa.RSAPublicNumbers(2**40 + 1, RSA.public_key().public_numbers().n).public_key()),
            "exponent may have 32 bits",
        ),
        "damaged": (good.replace(b"\nM", b"\nN"), "is no public key or certificate in PEM"),
        "request": (good.replace(b"PUBLIC KEY", b"CERTIFICATE"), "is no public key or certificate in PEM"),
        "binary": (b"-----BEGIN \xff\x00", "is no public key or certificate in PEM"),
    }


def public_pem_of(public: Any) -> bytes:
    class Holder:
        def public_key(self) -> Any:
            return public

    return public_pem(Holder())


@pytest.mark.parametrize("name", unusable())
def test_what_is_no_public_key_of_ours_is_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    data, said = unusable()[name]
    path = tmp_path / "key.pem"
    path.write_bytes(data)
    with pytest.raises(InvalidInputError) as caught:
        read_pem(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.pem"):
        with pytest.raises(InvalidInputError, match=f"cannot read the public key {path}: "):
            PemKeys((path,))


def test_keys_are_counted(tmp_path: Path) -> None:
    (path,) = pem_files(tmp_path, ED)
    assert len(PemKeys((path,) * 100).known.keys) == 1
    keys = tuple(make_key(ED.public_key(), str(number)) for number in range(MAX_KEYS + 1))
    with pytest.raises(InvalidInputError, match="more than the 32"):
        KeySet(keys, by_id=True)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["PUBLIC KEY", "CERTIFICATE", "RSA PUBLIC KEY", "X", ""]))
def test_any_bytes_are_no_key_and_do_no_worse(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, label: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pem"
    framed = f"-----BEGIN {label}-----\n{b64(data)}\n-----END {label}-----\n".encode()
    path.write_bytes(framed if label else data)
    with pytest.raises(InvalidInputError):
        read_pem(path)


# JWKS documents.


def test_a_document_is_read_and_other_kinds_of_keys_are_left_out() -> None:
    secret = {"kty": "oct", "kid": "s", "k": b64(b"secret" * 8), "alg": "HS256"}
    private = {**jwk(OTHERS["ES256"], "p"), "d": b64(bytes(32))}
    (kept, *others) = parse_jwks(
        jwks(
            secret,
            private,
            jwk(RSA, "a", use="enc"),
            jwk(RSA, "b", key_ops=["sign"]),
            jwk(RSA, "c", alg="RS512"),
            jwk(RSA, "d", alg="PS256"),
            jwk(RSA, "e", crv="P-256"),
            jwk(P256, "f", alg="RS256"),
            jwk(P256, "g", crv="P-384"),
            jwk(P256, "h", x="AA"),
            jwk(P256, "i", y=b64(bytes(32))),
            jwk(P256, "j", use=7),
            {**jwk(P256), "kid": 7},
            jwk(P256, "k" * (MAX_KEY_ID_LENGTH + 1)),
            {"kty": "RSA", "kid": "l"},
            {"kty": "RSA", "kid": "m", "n": "", "e": ""},
            {"kty": "RSA", "kid": "n", "n": b64(b"\xff" * 100_000), "e": "AQAB"},
            {"kty": "RSA", "kid": "o", "n": jwk(RSA)["n"], "e": b64(b"\x01" * 100)},
            {"kty": "RSA", "kid": "p", "n": jwk(RSA)["n"][:100], "e": "AQAB"},
            {"kty": ["RSA"]},
            {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))},
            {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
            {"kty": "LMS"},
            {},
            jwk(ED, "kept", use="sig", key_ops=["verify"], alg="EdDSA", x5c=["?"], x5t="?", more=[1]),
        )
    ).keys
    assert (kept.key_id, kept.name, kept.algorithm, others) == ("kept", "kept", "EdDSA", [])
    assert kept.fingerprint == make_key(ED.public_key()).fingerprint


def test_ids_choose_and_may_be_shared_or_absent() -> None:
    keys = parse_jwks(jwks(jwk(RSA, "one"), jwk(P256, "one"), jwk(ED), jwk(ED)))
    assert [key.algorithm for key in keys.candidates("one")] == ["RS256", "ES256"]
    assert [key.algorithm for key in keys.candidates(None)] == ["RS256", "ES256", "EdDSA"]
    assert keys.candidates("two") == ()


MALFORMED = [
    b"", b"x", b"[]", b"null", b"{}", b'{"keys":{}}', b'{"keys":null}', b'{"keys":[', b"\xff\xfe",
    b"<html>503</html>", b'{"keys":' + b"[" * 100_000, b'{"a":' * 100_000, json.dumps(jwk(P256)).encode(),
]  # fmt: skip


@pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_document_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_jwks(data)
    assert len(caught.value.message) < 300


def test_a_document_has_a_largest_number_of_keys() -> None:
    assert len(parse_jwks(jwks(*(jwk(ED, str(number)) for number in range(MAX_KEYS)))).keys) == MAX_KEYS
    with pytest.raises(InvalidInputError, match="of 33 keys is not taken: at most 32"):
        parse_jwks(jwks(*({"kty": "oct"} for _ in range(MAX_KEYS + 1))))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["RSA", "EC", "AQAB", "AA", "P-256"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = st.sampled_from(["kty", "crv", "kid", "use", "key_ops", "alg", "n", "e", "x", "y", "d", "k", "x5c"])


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(BY_ALGORITHM)), st.dictionaries(MEMBERS, JSON, max_size=3), st.sets(MEMBERS, max_size=2))
def test_any_jwk_is_used_or_left_out(algorithm: str, changes: dict[str, Any], dropped: set[str]) -> None:
    changed = {**jwk(BY_ALGORITHM[algorithm], "k"), **changes}
    keys = parse_jwks(jwks({name: value for name, value in changed.items() if name not in dropped})).keys
    assert all(key.algorithm in BY_ALGORITHM for key in keys)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=100) | JSON.map(as_json) | JSON.map(lambda value: as_json({"keys": [value]})))
def test_any_document_is_read_or_refused(data: bytes) -> None:
    try:
        assert not parse_jwks(data).keys
    except InvalidInputError:
        return

"""Settings: read from the environment, and described in docs/settings.md exactly as they are."""

import re
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from skyparley.airspace.dss.items import DssLimits
from skyparley.config import Settings, read_settings, variable_of
from skyparley.errors import InvalidInputError
from skyparley.web.exchange import MAX_BODY_BYTES

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| `(SKYPARLEY_\w+)` \| `?([^|`]+?)`? \| (.+?) \|$", DOCUMENT.read_text(), re.MULTILINE)
    documented = {name: default for name, default, _ in rows}
    present = {
        variable_of(field.name): "none" if field.default in (None, ()) else str(field.default)
        for field in fields(Settings)
        if field.name != "dss_limits"
    } | {variable_of(f"dss_{name}"): str(value) for name, value in msgspec.structs.asdict(DssLimits()).items()}
    assert documented == present
    assert all(len(meaning) > 10 for _, _, meaning in rows)


def test_defaults_agree_with_the_room_that_uses_them() -> None:
    assert Settings().max_body_bytes == MAX_BODY_BYTES


def test_what_is_set_is_read() -> None:
    environment = {
        "SKYPARLEY_HOST": "::1",
        "SKYPARLEY_PORT": "0",
        "SKYPARLEY_DATA": "elsewhere",
        "SKYPARLEY_MAX_BODY_BYTES": "1000",
        "SKYPARLEY_TLS_CERTIFICATE": "c.pem",
        "SKYPARLEY_TLS_KEY": "k.pem",
        "SKYPARLEY_AUTH_PUBLIC_KEYS": "a.pem, b c.pem",
        "SKYPARLEY_AUTH_AUDIENCES": "dss.example.org",
        "SKYPARLEY_AUTH_ISSUERS": "https://a.example.org,https://b.example.org",
        "SKYPARLEY_DSS_MAX_INTENTS_PER_USS": "500",
        "SKYPARLEY_DSS_MAX_INTENT_AREA_KM2": "100",
        "HOME": "/root",
    }
    expected = Settings(
        host="::1",
        port=0,
        data=Path("elsewhere"),
        tls_certificate=Path("c.pem"),
        tls_key=Path("k.pem"),
        max_body_bytes=1000,
        auth_public_keys=(Path("a.pem"), Path("b c.pem")),
        auth_audiences=("dss.example.org",),
        auth_issuers=("https://a.example.org", "https://b.example.org"),
        dss_limits=DssLimits(max_intents_per_uss=500, max_intent_area_km2=100),
    )
    assert read_settings(environment) == expected
    assert read_settings({}) == Settings()
    published = {"SKYPARLEY_AUTH_JWKS_URL": "https://a.example.org/jwks.json", "SKYPARLEY_AUTH_AUDIENCES": "a,b"}
    assert read_settings(published).auth_jwks_url == "https://a.example.org/jwks.json"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("SKYPARLEY_PORT", "http"),
        ("SKYPARLEY_PORT", "70000"),
        ("SKYPARLEY_PORT", "-1"),
        ("SKYPARLEY_MAX_BODY_BYTES", "0"),
        ("SKYPARLEY_DATA", ""),
        ("SKYPARLEY_PROT", "8080"),
        ("SKYPARLEY_TLS_KEY", "k.pem"),
        ("SKYPARLEY_TLS_KEY", ""),
        ("SKYPARLEY_AUTH_PUBLIC_KEYS", ""),
        ("SKYPARLEY_AUTH_PUBLIC_KEYS", "a.pem,,b.pem"),
        ("SKYPARLEY_AUTH_JWKS_URL", ""),
        ("SKYPARLEY_AUTH_AUDIENCES", "a, "),
        ("SKYPARLEY_DSS_MAX_INTENTS_PER_USS", "0"),
        ("SKYPARLEY_DSS_MAX_CELLS", "1e3"),
        ("SKYPARLEY_DSS_MAX_CELLS", "1000000001"),
        ("SKYPARLEY_DSS_MAX_INTENTS", "7"),
        ("SKYPARLEY_DSS_LIMITS", "7"),
    ],
)
def test_what_cannot_be_read_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_settings({variable: text})
    assert variable in str(caught.value.place).replace(" and ", " SKYPARLEY_TLS")


KEYS = {"SKYPARLEY_AUTH_PUBLIC_KEYS": "a.pem"}
DOCUMENT_OF_KEYS = {"SKYPARLEY_AUTH_JWKS_URL": "https://a.example.org/jwks.json"}
AUDIENCES = {"SKYPARLEY_AUTH_AUDIENCES": "a"}
ISSUERS = {"SKYPARLEY_AUTH_ISSUERS": "https://a.example.org"}


@pytest.mark.parametrize(
    ("environment", "to_set"),
    [
        (KEYS, "SKYPARLEY_AUTH_AUDIENCES"),
        (DOCUMENT_OF_KEYS | ISSUERS, "SKYPARLEY_AUTH_AUDIENCES"),
        (AUDIENCES, "SKYPARLEY_AUTH_PUBLIC_KEYS or SKYPARLEY_AUTH_JWKS_URL"),
        (ISSUERS, "SKYPARLEY_AUTH_PUBLIC_KEYS or SKYPARLEY_AUTH_JWKS_URL"),
        (KEYS | DOCUMENT_OF_KEYS | AUDIENCES, "SKYPARLEY_AUTH_PUBLIC_KEYS or SKYPARLEY_AUTH_JWKS_URL"),
    ],
)
def test_settings_of_tokens_that_make_no_sense_together_say_what_to_set(
    environment: dict[str, str], to_set: str
) -> None:
    with pytest.raises(InvalidInputError, match=": set ") as caught:
        read_settings(environment)
    assert caught.value.place == to_set

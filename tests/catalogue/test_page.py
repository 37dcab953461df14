"""docs/messages.md says what the catalogue holds."""

from skyparley.catalogue.messages import MESSAGES
from skyparley.catalogue.parameters import CHOICES, KINDS
from support.message_page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run PYTHONPATH=src:tests python -m support.message_page"


def test_every_message_and_every_kind_stands_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for code in MESSAGES:
        assert f"| `{code}` |" in text
    words = {"party", "post", "operation", "callsign", "aircraft_type", "term", "place", *CHOICES}
    for name in set(KINDS) - words:
        assert f"| `{name}` |" in text, name

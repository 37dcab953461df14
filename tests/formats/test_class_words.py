"""A class is free text: it is refused where it names a weapon, a mission or a target, by every way in."""

import json
from pathlib import Path

import pytest

from skyparley.errors import ForbiddenFieldError
from skyparley.node.reading.shapes import decode_operation_body, normal_class
from support.commands import skyparley

REFUSED = ["missile", "MISSION", "strike", "bomber", "air strike", "heavy-weapons", "targeting_pod", "payload"]
TAKEN = ["en_route", "drone", "transmission line", "firefighting", "rescue-helicopter", "commission_flight"]


@pytest.mark.parametrize("name", REFUSED)
def test_words_of_weapons_missions_and_targets_are_refused(name: str) -> None:
    with pytest.raises(ForbiddenFieldError) as caught:
        normal_class(name)
    assert caught.value.place == "class"
    with pytest.raises(ForbiddenFieldError):
        decode_operation_body(json.dumps({"operation_id": "o", "class": name}).encode(), "alpha")


@pytest.mark.parametrize("name", TAKEN)
def test_words_that_merely_hold_such_letters_are_taken(name: str) -> None:
    assert normal_class(name) == name.lower().replace(" ", "_").replace("-", "_")


def test_files_are_held_to_it_and_good_items_go_on(tmp_path: Path) -> None:
    file = tmp_path / "flights.csv"
    rows = [
        f"{name},2030-03-01T12:{minute:02}:00Z,46.9,7.{minute},2500,WGS84,{kind}"
        for name, kind in (("bad", "missile"), ("good", "drone"))
        for minute in (10, 20)
    ]
    file.write_text("operation_id,time,latitude_deg,longitude_deg,altitude_m,altitude_datum,class\n" + "\n".join(rows))
    done = skyparley("check", str(file), "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["operations"]) == (2, 1)
    (skipped,) = answer["skipped"]
    assert "weapon" in skipped["reason"]

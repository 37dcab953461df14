"""The order of lists, held against sorting everything anew."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from skyparley.airspace.events import OperationLeft, Outcome, Verdict
from skyparley.airspace.keeping.records import LiveOperation, OperationKey
from skyparley.node.reading.catalogue import Catalogue
from skyparley.node.reading.names import FEW

PARTIES: Final = ("alpha", "bravo")


def live(party: str, number: int) -> LiveOperation:
    hazard = number % 5 == 0
    return LiveOperation(
        party, f"op{number:03}", "accepted", 1, "drone", hazard, "firing" if hazard else "", 0, 1, "", 1, 1, 1, b""
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(["file", "leave", "list"]), st.sampled_from(PARTIES), st.integers(0, 3 * FEW)),
        max_size=60,
    ),
    st.integers(0, 3 * FEW),
)
def test_lists_are_in_order_whatever_came_and_went(steps: list[tuple[str, str, int]], many: int) -> None:
    catalogue = Catalogue()
    there: set[OperationKey] = set()
    for number in reversed(range(many)):
        catalogue.add(live("bravo", number))
        there.add(("bravo", f"op{number:03}"))
    for what, party, number in steps:
        operation = live(party, number)
        ref = operation.key
        if what == "list":
            cursor = ref
            expected = sorted(other for other in there if other > cursor)
            assert list(catalogue.after(cursor, party=None, hazards_only=False)) == expected
            own = [other for other in expected if other[0] == party or int(other[1][2:]) % 5 == 0]
            assert list(catalogue.after(cursor, party=party, hazards_only=False)) == own
            seen = [other for other in there if other[0] == party or int(other[1][2:]) % 5 == 0]
            assert catalogue.count(party) == len(seen)
            hazards = [other for other in expected if int(other[1][2:]) % 5 == 0]
            assert list(catalogue.after(cursor, party=None, hazards_only=True)) == hazards
        elif what == "file":
            catalogue.add(operation)
            there.add(ref)
        else:
            catalogue.follow(Outcome(1, 0, Verdict.ACCEPTED, 1, changes=(OperationLeft(operation),)))
            there.discard(ref)
    assert list(catalogue.after(None, party=None, hazards_only=False)) == sorted(there)

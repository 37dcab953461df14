"""The multiset hash: order does not matter, what comes can go again, and every kind of change shows."""

from hypothesis import given
from hypothesis import strategies as st

from skyparley.airspace.keeping.statehash import MODULUS, MultisetHash, item_number, state_hash


def hash_of(items: list[bytes]) -> str:
    held = MultisetHash()
    for item in items:
        held.add(item)
    return state_hash(held, rules_version=1, sequence=2, time_us=3, findings_through=4)


@given(st.lists(st.binary(max_size=8)), st.lists(st.binary(max_size=8)), st.randoms())
def test_it_depends_on_what_is_held_alone(items: list[bytes], others: list[bytes], dice: object) -> None:
    held = MultisetHash()
    for item in others + items:
        held.add(item)
    for item in reversed(others):
        held.remove(item)
    assert held.total == sum(map(item_number, items)) % MODULUS
    assert held.count == len(items)
    assert hash_of(items) == hash_of(sorted(items))


def test_every_difference_shows() -> None:
    variants = [hash_of(items) for items in ([], [b""], [b"", b""], [b"a"], [b"a", b"b"], [b"ab"])]
    held = MultisetHash()
    base = {"rules_version": 1, "sequence": 2, "time_us": 3, "findings_through": 4}
    variants += [state_hash(held, **{**base, name: 9}) for name in base]
    assert len(set(variants)) == len(variants)

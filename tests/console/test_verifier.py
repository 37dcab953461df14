"""The verifier of the record page against that of `skyparley verify`, which shares no code with it.

Never a yes of the one where the other says no, and the same facts where both say yes.
"""

import itertools
import json

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from record import test_receipts as made
from skyparley.record.authorship import key_id_of, sign_header
from skyparley.record.envelope import body_digest
from skyparley.record.merkle import inclusion_proof, leaf_hash
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
)
from support.verdicts import (
    COSIGNER_LINE,
    KEYS,
    LOG_LINE,
    PARTY_LINE,
    PRIVATE,
    PUBLIC,
    SIGNED,
    Judge,
    assert_agreed,
    in_the_tree,
    party_signed,
)


def test_what_is_good_is_proved_with_the_same_facts(judge: Judge) -> None:
    without = made.receipt(content=None)
    cases = [
        (made.GOOD, KEYS),
        (SIGNED, KEYS),
        (without, KEYS),
        (made.GOOD, LOG_LINE),
        (SIGNED, f"{LOG_LINE}\n{PARTY_LINE}"),
    ]
    for size in (*range(1, 10), 31, 32, 33):
        tree = [*made.leaves(), *(leaf_hash(b"%d" % at) for at in range(size))][:size]
        for sequence in range(1, min(size, made.COUNT) + 1):
            proof = inclusion_proof(made._hashes(tree), sequence - 1, size)
            head = {"sequence": sequence, "time_us": 2_000 + sequence, "header": made.header(sequence)}
            cases.append((made.receipt(tree=tree, proof=proof, **head), KEYS))
    assert None not in assert_agreed(judge, cases)


def test_every_bit_that_is_flipped_gets_the_same_verdict(judge: Judge) -> None:
    cases = []
    for bit in range(8 * len(SIGNED)):
        data = bytearray(SIGNED)
        data[bit // 8] ^= 1 << bit % 8
        cases.append((bytes(data), KEYS))
    verdicts = assert_agreed(judge, cases)
    proved = [one for one in verdicts if one is not None]
    assert all(one["cosigned"] == {} for one in proved), "only the line of a key that is not known may differ"
    assert 0 < len(proved) < 8 * len("north ") + 4 * 8


def test_what_is_forged_or_no_receipt_is_refused_by_both(judge: Judge) -> None:
    base = json.loads(SIGNED)
    cases = [(made.written({**made.MEMBERS, **change}), KEYS) for change in made.FORGED.values()]
    cases += [(made.written({**base, **change}), KEYS) for change in made.FORGED.values() if "header" not in change]
    (marks,) = [
        mark for mark in made.test_what_is_no_receipt_is_refused_in_one_line.pytestmark if mark.name == "parametrize"
    ]
    cases += [(data, KEYS) for data in marks.args[1]]
    cases += [(data + SIGNED, KEYS) for data in (b" ", b"\xef\xbb\xbf", b"\x00")]
    cases += [(SIGNED.replace(b"alpha", name), KEYS) for name in (b"bravo", b"alph\xc3\xa4", b"")]
    assert len(cases) > 70
    assert set(map(str, assert_agreed(judge, cases))) == {"None"}


BODIES = [
    '{"kind":"tick","n":-1,"list":[true,false,null,0,{}],"deep":{"a":{"b":[[]]}}}',
    '{"kind":"tick","ä":1,"z":2,"ﬀ":3,"😀":4,"\\u0000":5,"\x7f":6}',
    '{"__proto__":1,"constructor":2,"kind":"tick"}',
    '{"kind":"tick","n":9007199254740991}',
    '{"kind":"tick","text":"\\b\\t\\n\\f\\r\\"\\\\/\\u001f\u2028"}',
    '{"kind":"tick","n":-0}',
    '{"kind":"tick","n":01}',
    '{"kind":"tick","n":1e2}',
    '{"kind":"tick","kind":"tick"}',
    '{"kind":"tick" }',
    '{"kind":"tick","text":"\\/"}',
    '{"kind":"tick","text":"\\u00e4"}',
    '{"kind":"tick","text":"\\ud800"}',
    '{"kind":"tick","text":"\\u000A"}',
    '{"kind":"tock"}',
    '{"__proto__":{"kind":"tick"}}',
    '["kind","tick"]',
    '"tick"',
    "null",
    "",
    "[" * 50_000 + "]" * 50_000,
]  # fmt: skip


def test_content_is_canonical_or_refused(judge: Judge) -> None:
    """Members in the order of UTF-8, each once, in one spelling."""
    bodies = [one.encode() for one in BODIES]
    bodies += [msgspec.json.encode(msgspec.json.decode(one), order="sorted") for one in bodies[:5]]
    verdicts = assert_agreed(judge, [(party_signed(body), KEYS) for body in bodies])
    assert [verdict is not None for verdict in verdicts[-5:]] == [True] * 5


def test_a_number_that_javascript_cannot_hold_is_refused(judge: Judge) -> None:
    """The log's canonical form has none; the verifier in Python would let them pass, this one must not round them."""
    numbers = ("9007199254740992", "9007199254740993", "18446744073709551615", "1.5", "1e300")
    assert judge([(party_signed(b'{"kind":"tick","n":%b}' % one.encode()), KEYS) for one in numbers]) == [None] * 5


def test_no_octet_moves_between_salt_and_content(judge: Judge) -> None:
    """A salt of another length would let a forger take from the content what he gives to the salt."""
    cases = []
    for salt in (made.SALT[:-1], made.SALT + b" ", b""):
        digest = body_digest(salt, made.BODY)
        said = made.header(made.AT).replace(json.loads(made.header(made.AT))["body_digest"].encode(), digest.encode())
        cases.append((in_the_tree(said, content=(salt, made.BODY)), KEYS))
    assert assert_agreed(judge, cases) == [None] * 3


def test_a_mark_that_does_not_fit_is_refused(judge: Judge) -> None:
    said = made.header(made.AT)
    cases = [
        (in_the_tree(said.replace(b"bearer-attested", mark), signature), KEYS)
        for mark in (b"party-signed", b"node", b"oracle", b"", b"bearer-attested")
        for signature in (b"", bytes(64), bytes(63), sign_header(said, PRIVATE))
    ]
    verdicts = assert_agreed(judge, cases)
    assert [verdict is not None for verdict in verdicts].count(True) == 2
    other = json.loads(SIGNED)["header"].replace("party-signed", "oracle").encode()
    assert assert_agreed(judge, [(in_the_tree(other, sign_header(other, PRIVATE), content=None), KEYS)]) == [None]
    other = json.loads(SIGNED)["header"].replace(key_id_of(PUBLIC), "0" * 16).encode()
    assert assert_agreed(judge, [(in_the_tree(other, sign_header(other, PRIVATE), content=None), KEYS)]) == [None]
    unsigned = json.loads(SIGNED)
    other = sign_header(unsigned["header"].encode(), Ed25519PrivateKey.from_private_bytes(bytes([8] * 32)))
    forged = in_the_tree(unsigned["header"].encode(), other)
    assert assert_agreed(judge, [(forged, KEYS)]) == [None]


def test_only_the_key_of_the_log_speaks_for_it(judge: Judge) -> None:
    """Neither a cosigner of its name, nor another log whose key is trusted as well, nor a party."""
    imposter = made.signer(made.POOL, COSIGNATURE, 5)
    stranger = made.signer("x", SIGNATURE, 6)
    cases = []
    for by, cosigners in ((stranger, (imposter,)), (stranger, ()), (imposter, ())):
        for lines in itertools.permutations((str(imposter.key), str(stranger.key), COSIGNER_LINE, PARTY_LINE), 2):
            data = made.receipt(note=made.note_of(made.leaves(), by=by, cosigners=cosigners))
            cases.append((data, "\n".join(lines)))
    assert set(map(str, assert_agreed(judge, cases))) == {"None"}


def test_headers_are_read_in_one_spelling(judge: Judge) -> None:
    said = made.header(made.AT)
    members = json.loads(said)
    heads = [
        msgspec.json.encode({**members, **change}, order="sorted")
        for change in (
            {"version": 2}, {"version": "1"}, {"version": True}, {"claimed_time_us": -1}, {"claimed_time_us": 2**53},
            {"claimed_time_us": 2**53 - 1}, {"party": None}, {"party": "ä\x00"}, {"more": 1}, {"pool": "alps\n"},
            {"idempotency_key": "x" * 4_096}, {"key_id": 7},
        )
    ]  # fmt: skip
    heads += [said.replace(b'"version":1', b'"version":1.0'), said[:-1], b"", b"[]", said.replace(b",", b", ", 1)]
    heads += [msgspec.json.encode({key: value for key, value in members.items() if key != one}) for one in members]
    verdicts = assert_agreed(judge, [(in_the_tree(head, content=None), KEYS) for head in heads])
    assert [verdict is not None for verdict in verdicts].count(True) == 2

"""Random operations of all kinds, sizes and places, and the slow way to compare them all: every pair, no index."""

import numpy as np
from pyproj import Geod

from skyparley.conflict.answers import conflicts_of
from skyparley.conflict.kernels import hits, layout
from skyparley.conflict.kernels.packing import pack_with_offsets
from skyparley.conflict.minima import DEFAULT_MINIMA, SeparationMinima
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.trajectory import MAX_LEG_M, Trajectory4D
from skyparley.geometry.volume import Volume4D

GEOD = Geod(ellps="WGS84")
NOON_US = 1_800_014_400_000_000
SECOND_US = 1_000_000
DATUMS = tuple(Datum)
Random = np.random.Generator
Position = tuple[float, float]


def us(seconds: float) -> int:
    return NOON_US + round(seconds * SECOND_US)


def away(position: Position, azimuth_deg: float, distance_m: float) -> Position:
    longitude, latitude, _ = GEOD.fwd(position[1], position[0], azimuth_deg, distance_m)
    return float(np.clip(latitude, -90.0, 90.0)), float(np.clip(longitude, -180.0, 180.0))


def circle_volume(
    position: Position,
    radius_m: float,
    *,
    band: tuple[float, float] = (0.0, 100.0),
    datum: Datum = Datum.EGM96,
    seconds: tuple[float, float] = (0.0, 600.0),
) -> Volume4D:
    return Volume4D(
        Circle(*position, radius_m), AltitudeBand(*band, datum), TimeInterval(us(seconds[0]), us(seconds[1]))
    )


def polygon_volume(
    ring: tuple[Position, ...],
    *,
    holes: tuple[tuple[Position, ...], ...] = (),
    band: tuple[float, float] = (0.0, 100.0),
    datum: Datum = Datum.EGM96,
    seconds: tuple[float, float] = (0.0, 600.0),
) -> Volume4D:
    return Volume4D(Polygon(ring, holes), AltitudeBand(*band, datum), TimeInterval(us(seconds[0]), us(seconds[1])))


def track(
    points: list[tuple[float, float, float, float]],
    *,
    datum: Datum = Datum.EGM96,
    lateral_m: float = 0.0,
    vertical_m: float = 0.0,
    time_s: float = 0.0,
) -> Trajectory4D:
    """Points are (seconds after noon, latitude, longitude, altitude)."""
    return Trajectory4D(
        np.array([us(point[0]) for point in points], dtype=np.int64),
        np.array([point[1] for point in points], dtype=np.float64),
        np.array([point[2] for point in points], dtype=np.float64),
        np.array([point[3] for point in points], dtype=np.float64),
        datum,
        lateral_m,
        vertical_m,
        time_s,
    )


def operation(
    name: str,
    *pieces: Volume4D | Trajectory4D,
    party: str = "",
    operation_class: str = "drone",
    hazard: bool = False,
) -> Operation:
    return Operation(
        OperationRef(party, name),
        operation_class,
        tuple(piece for piece in pieces if isinstance(piece, Volume4D)),
        tuple(piece for piece in pieces if isinstance(piece, Trajectory4D)),
        hazard,
    )


def random_ring(random: Random, centre: Position, radius_m: float) -> tuple[Position, ...]:
    """A star of 3 to 8 corners about a centre."""
    corners = int(random.integers(3, 9))
    turns = (np.arange(corners) + random.uniform(-0.3, 0.3, corners)) * 360.0 / corners
    return tuple(away(centre, float(turn), radius_m * float(random.uniform(0.4, 1.0))) for turn in turns)


def random_volume(
    random: Random, centre: Position, size_m: float, datum: Datum, top_m: float, span_s: float
) -> Volume4D:
    begin = float(random.uniform(0.0, span_s))
    seconds = (begin, begin + float(10.0 ** random.uniform(0.0, 4.0)))
    lower = float(random.uniform(0.0, top_m))
    band = (lower, lower + float(random.uniform(0.0, top_m / 4.0)))
    if random.random() < 0.5:
        return circle_volume(centre, size_m / 2.0, band=band, datum=datum, seconds=seconds)
    return polygon_volume(random_ring(random, centre, size_m / 2.0), band=band, datum=datum, seconds=seconds)


def random_track(
    random: Random, centre: Position, size_m: float, datum: Datum, top_m: float, span_s: float = 7_200.0
) -> Trajectory4D:
    time, position = float(random.uniform(0.0, span_s)), away(centre, float(random.uniform(0, 360)), size_m / 2.0)
    azimuth, altitude = float(random.uniform(0.0, 360.0)), float(random.uniform(0.0, top_m))
    points = []
    legs = int(random.integers(1, 6))
    for _ in range(legs + 1):
        points.append((time, *position, altitude))
        length = min(size_m / legs, 0.99 * MAX_LEG_M) * float(random.uniform(0.0, 1.0))
        time += max(1.0, length / float(random.uniform(5.0, 250.0)))
        azimuth += float(random.normal(0.0, 30.0))
        altitude = float(np.clip(altitude + random.normal(0.0, top_m / 20.0), 0.0, top_m))
        position = away(position, azimuth, length)
    tolerances = random.random(3) < 0.3
    return track(
        points,
        datum=datum,
        lateral_m=float(tolerances[0] * 10.0 ** random.uniform(0.0, 3.0)),
        vertical_m=float(tolerances[1] * random.uniform(1.0, 50.0)),
        time_s=float(tolerances[2] * random.uniform(1.0, 120.0)),
    )


def random_operation(
    random: Random,
    name: str,
    centre: Position,
    size_m: float,
    *,
    datum: Datum | None = None,
    top_m: float = 500.0,
    span_s: float = 7_200.0,
) -> Operation:
    pieces: list[Volume4D | Trajectory4D] = []
    for _ in range(int(random.integers(1, 4))):
        kind = datum or DATUMS[random.integers(len(DATUMS))]
        make = random_volume if random.random() < 0.5 else random_track
        spot = away(centre, float(random.uniform(0, 360)), size_m * float(random.random()))
        pieces.append(make(random, spot, size_m, kind, top_m, span_s))
    return operation(
        name,
        *pieces,
        party=f"p{random.integers(6)}",
        operation_class=("drone", "en_route", "balloon")[random.integers(3)],
        hazard=bool(random.random() < 0.1),
    )


def slow_all_pairs(operations: list[Operation], minima: SeparationMinima = DEFAULT_MINIMA) -> list[Conflict]:
    """Every piece of every operation through the exact kernels against every piece of every other: no filter."""
    found: list[Conflict] = []
    for i, one in enumerate(operations):
        for other in operations[:i]:
            if not (one.hazard and other.hazard):
                found += slow_check(one, [other], minima)
    return sorted(found, key=lambda conflict: (conflict.a, conflict.b, conflict.rule.value))


def slow_check(one: Operation, others: list[Operation], minima: SeparationMinima = DEFAULT_MINIMA) -> list[Conflict]:
    """One operation against others, piece by piece, without an index."""
    kinds = list(dict.fromkeys((minima.group(o.ref.party), o.operation_class) for o in (one, *others)))
    between = [[minima.between(a[1], b[1], a[0], b[0]) for b in kinds] for a in kinds]
    table = np.array([[(least.horizontal_m, least.vertical_m) for least in line] for line in between])
    number = [kinds.index((minima.group(o.ref.party), o.operation_class)) for o in (one, *others)]
    rows, edges = pack_with_offsets(one, number[0])
    found: list[list[float]] = []
    for slot, other in enumerate(others):
        pieces, its_edges = pack_with_offsets(other, number[slot + 1])
        pieces[:, layout.OWNER] = slot
        pairs = np.array([(i, k) for i in range(len(rows)) for k in range(len(pieces))], dtype=np.int64)
        room = np.empty((64 * len(pairs), hits.HIT_COLUMNS))
        count = hits.exact(pieces, its_edges, rows, edges, pairs.reshape(-1, 2), table, hits.BOUNDS, room)
        assert count >= 0
        found += room[:count].tolist()
    return conflicts_of(one.ref, kinds[number[0]], found, dict(enumerate(other.ref for other in others)), kinds, minima)

"""From a message of the catalogue to the operation as it would be: other times, other levels, another area or route.

What the message does not name stays as it is. Where it cannot be done without a guess it is refused with what to say
instead. Parameters are canonical, as `catalogue/parameters.py` makes them; altitudes keep the datum of the message.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from pyproj import Geod

from skyparley.catalogue.kinds.base import Canonical, object_of
from skyparley.catalogue.kinds.positions import DEGREES_E7, points_of
from skyparley.conflict.operation import Operation
from skyparley.errors import InvalidInputError, SkyparleyError
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.polygon import Polygon
from skyparley.geometry.volume import Volume4D
from skyparley.units import MICROSECONDS_PER_SECOND, MILLIMETRES_PER_METRE

_GEOD: Final = Geod(ellps="WGS84")


def moved(operation: Operation, values: Mapping[str, Canonical]) -> Operation:
    """An operation with the `window`, `band`, `route`, or area (`outline`, or `position` and `radius`) of a message.

    Raises `InvalidInputError` with the parameter as its place.
    """
    if "outline" in values or "position" in values:
        return _in_area(operation, values)
    if "route" in values:
        operation = _on_route(operation, values["route"])
    if "band" in values:
        operation = _in_band(operation, band_of(values["band"]))
    if "window" in values:
        operation = _in_window(operation, window_of(values["window"]))
    return operation


def band_of(canonical: Canonical) -> AltitudeBand:
    """A canonical band in metres."""
    fields = object_of(canonical)
    lower, upper = (object_of(fields[name]) for name in ("lower", "upper"))
    lower_m, upper_m = (edge["altitude_mm"] / MILLIMETRES_PER_METRE for edge in (lower, upper))
    return AltitudeBand(lower_m, upper_m, Datum(lower["datum"]))


def window_of(canonical: Canonical) -> TimeInterval:
    """A canonical window."""
    fields = object_of(canonical)
    return TimeInterval(fields["begin_us"], fields["end_us"])


def span_of(operation: Operation) -> TimeInterval:
    """From the first begin to the last end of an operation, without tolerances."""
    begins = [volume.time.begin_us for volume in operation.volumes]
    begins += [int(trajectory.times_us[0]) for trajectory in operation.trajectories]
    ends = [volume.time.end_us for volume in operation.volumes]
    ends += [int(trajectory.times_us[-1]) for trajectory in operation.trajectories]
    return TimeInterval(min(begins), max(ends))


def _in_window(operation: Operation, window: TimeInterval) -> Operation:
    """Shifted as a whole; volumes that all have one time may also get a longer or shorter one."""
    span = span_of(operation)
    if span.end_us - span.begin_us == window.end_us - window.begin_us:
        later_us = window.begin_us - span.begin_us
        volumes = tuple(
            replace(one, time=TimeInterval(one.time.begin_us + later_us, one.time.end_us + later_us))
            for one in operation.volumes
        )
        flown = tuple(replace(one, times_us=one.times_us + later_us) for one in operation.trajectories)
        return replace(operation, volumes=volumes, trajectories=flown)
    if operation.trajectories or any(one.time != span for one in operation.volumes):
        lasts_s = (span.end_us - span.begin_us) / MICROSECONDS_PER_SECOND
        raise InvalidInputError(
            f"the operation lasts {lasts_s:g} s and is shifted as a whole: give a time that lasts as long",
            place="parameters.window",
        )
    return replace(operation, volumes=tuple(replace(one, time=window) for one in operation.volumes))


def _in_band(operation: Operation, band: AltitudeBand) -> Operation:
    """Volumes get the band; a flight is shifted as a whole, so that its lowest point is at the lower limit."""
    flown = []
    for one in operation.trajectories:
        lowest_m = float(one.altitudes_m.min()) - one.vertical_tolerance_m
        highest_m = float(one.altitudes_m.max()) + one.vertical_tolerance_m
        if highest_m - lowest_m > band.upper_m - band.lower_m:
            raise InvalidInputError(
                f"the flight needs {highest_m - lowest_m:.0f} m from its lowest to its highest point, tolerance"
                f" included; the band has {band.upper_m - band.lower_m:.0f} m: give a higher one",
                place="parameters.band",
            )
        flown.append(replace(one, altitudes_m=one.altitudes_m - lowest_m + band.lower_m, datum=band.datum))
    volumes = tuple(replace(one, altitude=band) for one in operation.volumes)
    return replace(operation, volumes=volumes, trajectories=tuple(flown))


def _in_area(operation: Operation, values: Mapping[str, Canonical]) -> Operation:
    """One volume in place of all: the area with its band, at the given time, else from first begin to last end."""
    if operation.trajectories:
        raise InvalidInputError(
            "the operation is a flight along a trajectory: offer a route, a level or a time", place="code"
        )
    time = window_of(values["window"]) if "window" in values else span_of(operation)
    if "outline" in values:
        try:
            footprint: Circle | Polygon = Polygon(tuple(position_deg(point) for point in points_of(values["outline"])))
        except SkyparleyError as error:
            raise type(error)(error.message, place="parameters.outline") from None
    else:
        radius_m = object_of(values["radius"])["distance_mm"] / MILLIMETRES_PER_METRE
        footprint = Circle(*position_deg(values["position"]), radius_m)
    return replace(operation, volumes=(Volume4D(footprint, band_of(values["band"]), time),))


def _on_route(operation: Operation, route: Canonical) -> Operation:
    """The flight along other points, in the same time at an even speed, at the levels it had by then."""
    if operation.volumes or len(operation.trajectories) != 1:
        raise InvalidInputError("the operation declares volumes: offer an area, a level or a time", place="code")
    before = operation.trajectories[0]
    latitudes_deg, longitudes_deg = np.array([position_deg(point) for point in points_of(route)]).T
    legs_m = _GEOD.inv(longitudes_deg[:-1], latitudes_deg[:-1], longitudes_deg[1:], latitudes_deg[1:])[2]
    if float(np.min(legs_m)) <= 0.0:
        raise InvalidInputError("two positions that follow each other are the same", place="parameters.route")
    parts = np.concatenate(([0.0], np.cumsum(legs_m) / np.sum(legs_m)))
    first_us, last_us = int(before.times_us[0]), int(before.times_us[-1])
    times_us = first_us + np.rint(parts * (last_us - first_us)).astype(np.int64)
    try:
        flown = replace(
            before,
            times_us=times_us,
            latitudes_deg=latitudes_deg,
            longitudes_deg=longitudes_deg,
            altitudes_m=np.interp(times_us, before.times_us, before.altitudes_m),
        )
    except SkyparleyError as error:
        raise type(error)(error.message, place="parameters.route") from None
    return replace(operation, trajectories=(flown,))


def position_deg(canonical: Canonical) -> tuple[float, float]:
    """A canonical position as latitude and longitude."""
    fields = object_of(canonical)
    return fields["latitude_e7"] / DEGREES_E7, fields["longitude_e7"] / DEGREES_E7

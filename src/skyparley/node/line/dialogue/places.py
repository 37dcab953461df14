"""Places that a message names are those of the agreement, and the position beside a name lies there.

The position that was notified for Deir ez-Zor in 2016 was nine kilometres off the place that was meant, and two people
had read it to each other. A word that each side understands in its own way ("overhead") is no place either: where an
agreement binds the two, a place is one that it defines.
"""

from collections.abc import Iterable, Mapping, Sequence

from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.agreements.terms import DefinitionTerm, FrequencyTerm, PlaceTerm
from skyparley.catalogue.kinds.base import object_of
from skyparley.catalogue.kinds.positions import distance_m
from skyparley.catalogue.parameters import Canonical
from skyparley.errors import InvalidInputError
from skyparley.node.line.dialogue.views import CitedView
from skyparley.units import MILLIMETRES_PER_METRE


def check_place(agreements: Iterable[Agreement], parameters: Mapping[str, Canonical]) -> None:
    """Raise `InvalidInputError` if a message names a place that no agreement in force defines, or lies elsewhere.

    `agreements` are those between the two parties; without one in force any name will do. `parameters` are canonical.
    """
    in_force = [agreement for agreement in agreements if agreement.in_force]
    name = parameters.get("place")
    if not in_force or not isinstance(name, str):
        return
    defined = {
        term.name.casefold(): (term, basis) for agreement in in_force for basis, term in agreement.terms(PlaceTerm)
    }
    found = defined.get(name.casefold())
    if found is None:
        known = ", ".join(f"'{term.name}'" for term, _ in defined.values()) or "none yet"
        raise InvalidInputError(
            f"the agreement defines no place '{name}' (it defines: {known}): take one of these, agree on it, or leave"
            " the place out and describe it in the remarks",
            place="parameters.place",
        )
    position = parameters.get("position")
    if position is None:
        return
    term, basis = found
    there: dict[str, Canonical] = {"latitude_e7": term.latitude_e7, "longitude_e7": term.longitude_e7}
    off_m, radius_m = distance_m(position, there), term.radius_mm / MILLIMETRES_PER_METRE
    if off_m > radius_m:
        raise InvalidInputError(
            f"the position is {off_m / 1000:.1f} km from '{term.name}', which clause {basis} puts within"
            f" {radius_m / 1000:g} km: correct the position or the place",
            place="parameters.position",
        )


def cited(agreements: Sequence[Agreement], parameters: Mapping[str, Canonical]) -> list[CitedView]:
    """By which clause the place, frequency and term of a message are agreed, where an agreement is in force."""
    found: list[CitedView] = []
    in_force = [agreement for agreement in agreements if agreement.in_force]
    if not in_force:
        return found
    laid_down: dict[str, dict[object, str]] = {"place": {}, "frequency": {}, "term": {}}
    for agreement in in_force:
        for basis, place in agreement.terms(PlaceTerm):
            laid_down["place"].setdefault(place.name.casefold(), basis)
        for basis, frequency in agreement.terms(FrequencyTerm):
            laid_down["frequency"].setdefault(frequency.frequency_hz, basis)
        for basis, definition in agreement.terms(DefinitionTerm):
            laid_down["term"].setdefault(definition.word.casefold(), basis)
    for name, clauses in laid_down.items():
        if name in parameters:
            value = parameters[name]
            said = object_of(value)["frequency_hz"] if name == "frequency" else str(value).casefold()
            found.append(CitedView(name, clauses.get(said)))
    return found

"""Refusals as ASTM F3548-21 has them: a `message` for people, beside it the API's own error with code and place.

An area that is too large is 413 where the interface says so; what is above any other limit is 400.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from skyparley.errors import InvalidInputError, LimitExceededError
from skyparley.node.dss.f3548 import AreaTooLargeError
from skyparley.node.dss.views import ConstraintView, IntentView, MissingKnowledgeError
from skyparley.web.replies import ErrorDetail, Reply, refused_by

_BODY: Final = "body"
_encoder: Final = msgspec.json.Encoder()


class DssRefusal(msgspec.Struct, frozen=True):
    """Why not. The missing references are there if a key lacks their OVNs (`AirspaceConflictResponse`)."""

    message: str
    error: ErrorDetail
    missing_operational_intents: list[IntentView] | UnsetType = UNSET
    missing_constraints: list[ConstraintView] | UnsetType = UNSET


def refusal_reply(error: Exception) -> Reply:
    """The answer to any exception on a route of the DSS."""
    if isinstance(error, LimitExceededError) and not isinstance(error, AreaTooLargeError) and error.place != _BODY:
        error = InvalidInputError(error.message, place=error.place)
    refused = refused_by(error)
    detail = refused.detail
    message = detail.message if detail.place is None else f"{detail.place}: {detail.message}"
    missing = error if isinstance(error, MissingKnowledgeError) else None
    body = DssRefusal(
        message,
        detail,
        UNSET if missing is None else missing.intents,
        UNSET if missing is None else missing.constraints,
    )
    return Reply(refused.status, _encoder.encode(body), refused.headers)

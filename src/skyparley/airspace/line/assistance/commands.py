"""The commands of assistance: everybody concerned is called by one entry; what they say goes through dialogues.

What is asked for lies in the vaults of those who are called: the log has who called whom, and the digest.
"""

import msgspec


class Called(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party that is called, at a post, in a dialogue that begins with it; `dialogue_id` is drawn by the node."""

    party: str
    post: str
    dialogue_id: str


class RequestAssistance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="request_assistance", tag_field="kind"
):
    """A post asks for help for an aircraft in distress: FLASH to all that are called, sorted by party."""

    assistance_id: str
    calls: tuple[Called, ...]
    from_post: str
    read_back: bool
    body_digest: str


class CloseAssistance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="close_assistance", tag_field="kind"
):
    """Nothing more is needed: whoever asked takes all questions back that still wait."""

    assistance_id: str
    post: str


AssistanceCommand = RequestAssistance | CloseAssistance

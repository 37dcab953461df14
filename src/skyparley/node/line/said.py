"""What can be said on the line, as a client needs it to build a form: titles, labels and words in a language."""

from functools import cache

import msgspec

from skyparley.catalogue.messages import MESSAGES
from skyparley.catalogue.parameters import CHOICES
from skyparley.catalogue.render import WORDS, direction, label, review_status, title, word


class ParameterView(msgspec.Struct, frozen=True):
    """A parameter: its kind says how it is written; what is `read_back` is compared field by field."""

    name: str
    kind: str
    label: str
    required: bool
    read_back: bool


class MessageTypeView(msgspec.Struct, frozen=True):
    """A message that can be said, what it does to its dialogue, and what answer it asks for."""

    code: str
    title: str
    group: str
    act: str
    response: str
    precedence: str
    parameters: list[ParameterView]


class CatalogueView(msgspec.Struct, frozen=True):
    """All messages in a language. `choices` are the words of each kind that is a closed list, `words` their texts."""

    language: str
    direction: str
    review_status: str
    messages: list[MessageTypeView]
    choices: dict[str, list[str]]
    words: dict[str, str]


@cache
def catalogue_view(language: str) -> CatalogueView:
    """The catalogue in a language, made once. Raises `InvalidInputError` for an unknown one."""
    messages = [
        MessageTypeView(
            code=kind.code,
            title=title(kind.code, language),
            group=kind.group,
            act=kind.act,
            response=kind.response,
            precedence=kind.precedence,
            parameters=[
                ParameterView(one.name, one.kind, label(one.name, language), one.required, one.read_back)
                for one in kind.parameters
            ],
        )
        for kind in MESSAGES.values()
    ]
    words = {one: word(one, language) for one in sorted(WORDS)}
    choices = {name: list(listed) for name, listed in CHOICES.items()}
    return CatalogueView(language, direction(language), review_status(language), messages, choices, words)

"""Each language is complete: every text, every value in it, every plural form; and says whether a speaker signed it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel import Locale
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from skyparley.catalogue.lists.base import PARAMETER_KINDS
from skyparley.catalogue.messages import MESSAGES
from skyparley.catalogue.render import WORDS
from skyparley.catalogue.texts import (
    LANGUAGES,
    SOURCE_LANGUAGE,
    check_language,
    direction,
    review_status,
    say,
    source_text,
)
from skyparley.errors import InvalidInputError

TRANSLATIONS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
REVIEW = re.compile(r"^review-status = (source|unreviewed|reviewed by \S.* on \d{4}-\d{2}-\d{2})$", re.MULTILINE)
SCRIPTS = {"ru": "[а-яё]", "ar": "[\u0621-\u064a]", "en": "[a-z]", "fr": "[a-zéèêà]", "es": "[a-záéíóúñ]"}
VALUES = ("value-", "count-", "detail", "review-status")


class Found(Visitor):
    """The variables that a pattern uses, and the plural forms that it distinguishes."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.forms: list[set[str]] = []

    def visit_VariableReference(self, node: Any) -> None:  # noqa: N802
        self.variables.add(node.id.name)

    def visit_SelectExpression(self, node: Any) -> None:  # noqa: N802
        self.forms.append({variant.key.name for variant in node.variants})
        self.generic_visit(node)


def entries(language: str) -> dict[str, Found]:
    """Everything that a language's file says, by name or name and attribute."""
    found: dict[str, Found] = {}
    for entry in FluentParser().parse(source_text(language)).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            for name, pattern in patterns(entry):
                assert name not in found, f"{name} stands twice in {language}"
                found[name] = Found()
                found[name].visit(pattern)
    return found


def patterns(entry: ast.Message) -> Iterator[tuple[str, Any]]:
    if entry.value is not None:
        yield entry.id.name, entry.value
    for attribute in entry.attributes:
        yield f"{entry.id.name}.{attribute.id.name}", attribute.value


def test_the_source_has_a_text_for_all_that_can_be_said_and_no_other() -> None:
    expected = set(MESSAGES) | {f"{code}.title" for code in MESSAGES}
    expected |= {f"label-{name}" for name in PARAMETER_KINDS} | {f"word-{word}" for word in WORDS}
    names = {name for name in entries(SOURCE_LANGUAGE) if not name.startswith(VALUES)}
    assert names == expected


def test_each_sentence_says_what_its_message_must_hold_and_no_more() -> None:
    texts = entries(SOURCE_LANGUAGE)
    for code, each in MESSAGES.items():
        assert texts[code].variables == {parameter.name for parameter in each.parameters if parameter.required}, code
        assert not texts[f"{code}.title"].variables


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_says_the_same_things_with_the_same_values(language: str) -> None:
    source, translated = entries(SOURCE_LANGUAGE), entries(language)
    assert sorted(set(source) ^ set(translated)) == []
    assert {name for name in source if source[name].variables != translated[name].variables} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_of_the_language_is_there(language: str) -> None:
    forms = {*Locale(language).plural_form.rules, "other"}
    choices = {name: choice for name, text in entries(language).items() for choice in text.forms}
    assert len(choices) == 6
    for name, choice in choices.items():
        assert choice == forms, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_the_script_of_its_language(language: str) -> None:
    """A text that was copied and not translated shows itself, where the script differs."""
    skipped = {"free-text", "review-status"}
    for entry in FluentParser().parse(source_text(language)).body:
        if isinstance(entry, ast.Message) and entry.id.name not in skipped and not entry.id.name.startswith(VALUES):
            for name, pattern in patterns(entry):
                words = "".join(part.value for part in pattern.elements if isinstance(part, ast.TextElement))
                assert re.search(SCRIPTS[language], words, re.IGNORECASE), name


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_is_not_the_english_text(language: str) -> None:
    """Radiotelephony words such as MAYDAY and cognates such as inspection are the same in several languages."""
    same = [
        name
        for name in entries(SOURCE_LANGUAGE)
        if not name.startswith(VALUES) and name != "free-text"
        if say(SOURCE_LANGUAGE, *name.split("."), **filler(name)) == say(language, *name.split("."), **filler(name))
    ]
    assert len(same) <= 14, same
    assert not [name for name in same if name in MESSAGES], same


def filler(name: str) -> dict[str, str]:
    return dict.fromkeys(entries_of_source[name].variables, "x")


entries_of_source = entries(SOURCE_LANGUAGE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_file_says_whether_a_speaker_has_signed_it(language: str) -> None:
    (status,) = REVIEW.findall(source_text(language))
    assert review_status(language) == status
    assert (status == "source") == (language == SOURCE_LANGUAGE)


def test_arabic_runs_from_right_to_left_and_the_others_do_not() -> None:
    assert {language: direction(language) for language in LANGUAGES} == {
        "en": "ltr", "fr": "ltr", "ru": "ltr", "ar": "rtl", "es": "ltr",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["de", "EN", "", None, ["en"], "../texts/en"])
def test_an_unknown_language_is_refused_and_the_known_ones_named(language: Any) -> None:
    for ask in (check_language, direction, review_status, source_text):
        with pytest.raises(InvalidInputError, match="use en, fr, ru, ar, es") as caught:
            ask(language)
        assert caught.value.place == "language"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", {0: "0 persons", 1: "1 person", 2: "2 persons", 1000: "1000 persons"}),
        ("fr", {0: "0 personne", 1: "1 personne", 2: "2 personnes"}),
        ("es", {0: "0 personas", 1: "1 persona", 2: "2 personas"}),
        (
            "ru",
            {
                0: "0 человек", 1: "1 человек", 2: "2 человека", 4: "4 человека", 5: "5 человек", 11: "11 человек",
                12: "12 человек", 21: "21 человек", 22: "22 человека", 111: "111 человек",
            },
        ),
        (
            "ar",
            {
                0: "لا أحد (0)", 1: "شخص واحد (1)", 2: "شخصان (2)", 3: "3 أشخاص", 10: "10 أشخاص", 11: "11 شخصًا",
                99: "99 شخصًا", 100: "100 شخص", 103: "103 أشخاص",
            },
        ),
    ],
)  # fmt: skip
def test_numbers_take_the_plural_form_of_the_language(language: str, texts: dict[int, str]) -> None:
    for number, text in texts.items():
        assert re.sub("[\u2068\u2069]", "", say(language, "count-persons", number=number)) == text

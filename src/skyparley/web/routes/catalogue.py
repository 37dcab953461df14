"""The route of the catalogue: what can be said on the line, in a language."""

from typing import Final

from skyparley.node.line.said import CatalogueView, catalogue_view
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import LANGUAGE, Endpoint
from skyparley.web.replies import Replies, json_reply


async def get_catalogue(exchange: Exchange) -> Replies:
    """The catalogue in a language."""
    return json_reply(catalogue_view(exchange.query("language").get("language", "en")))


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "GET",
        "/v1/catalogue",
        get_catalogue,
        "getCatalogue",
        "What can be said on the line, in a language",
        "observer",
        answer=CatalogueView,
        query=(LANGUAGE,),
    ),
)

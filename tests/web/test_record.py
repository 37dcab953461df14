"""Entries over HTTP: what an answer holds for each reader, to the octet."""

import asyncio

import pytest

from support.serving import World, operation

pytestmark = pytest.mark.anyio
PATH = "/v1/record/entries"


async def signed(world: World) -> None:
    """Wait until all that is filed is signed."""
    head = await world.node.engine.log.head()
    await world.node.recorder.receipt(head.sequence, world.node.authenticate(world.operator))


async def test_an_answer_to_a_party_has_nothing_of_who_others_are(here: World) -> None:
    async with here.client(here.alpha) as alpha, here.client(here.bravo) as bravo, here.client(here.operator) as all_:
        await alpha.post("/v1/operations", json=operation("a-1"))
        await bravo.post("/v1/operations", json=operation("b-1"))
        await asyncio.wait_for(signed(here), 20)
        whole = (await all_.get(PATH)).json()["items"]
        of_bravo = [one for one in whole if one["party"] == "bravo"]
        assert [one["kind"] for one in of_bravo] == ["file_operation"]
        assert of_bravo[0]["authentication"] == "bearer-attested"
        assert of_bravo[0]["key_id"] == here.bravo.split("_")[1]
        assert all(one["signed"] for one in whole)
        answer = await alpha.get(PATH)
        assert b"bravo" not in answer.content
        assert here.bravo.split("_")[1].encode() not in answer.content
        assert answer.content.count(b"file_operation") == 1
        (hidden,) = [one for one in answer.json()["items"] if one["authentication"] is None]
        assert hidden == {
            **of_bravo[0],
            **dict.fromkeys(("kind", "party", "authentication", "key_id")),
        }
        for query in ("kind=file_operation", "authentication=bearer-attested", "party=alpha", "party=bravo"):
            found = (await alpha.get(f"{PATH}?{query}")).json()["items"]
            assert hidden["sequence"] not in [one["sequence"] for one in found]
        assert [one["party"] for one in (await all_.get(f"{PATH}?party=bravo")).json()["items"]] == ["bravo"]


async def test_pages_go_on_below(here: World) -> None:
    async with here.client(here.operator) as client:
        first = (await client.get(f"{PATH}?limit=1")).json()
        second = (await client.get(f"{PATH}?limit=1&after={first['next']}")).json()
        assert second["items"][0]["sequence"] == first["items"][0]["sequence"] - 1
        for query in ("limit=0", "after=x", "authentication=oracle", "body=1", "kind=a&kind=b"):
            refused = await client.get(f"{PATH}?{query}")
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_input"), query


async def test_the_observer_of_the_demo_sees_all_and_a_stranger_nothing(demo: World, here: World) -> None:
    async with demo.client() as observer, here.client() as stranger:
        items = (await observer.get(PATH)).json()["items"]
        assert {one["kind"] for one in items} >= {"register_party"}
        assert (await stranger.get(PATH)).status_code == 401

"""The pages of the API against the routes: every parameter and error code stands there, and every example runs."""

import itertools
import json
import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from skyparley import errors
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.dss import scopes
from skyparley.node.node import open_node
from skyparley.web import replies
from skyparley.web.app import ENDPOINTS, create_app
from skyparley.web.openapi import EVENT_STREAM, JSON, Endpoint
from skyparley.web.routes import service
from support.recorded import cosigned, signer
from support.serving import World, served
from support.signed import signed_in_advance
from support.tree import ROOT, parse
from support.uss import token, verifier

API_PAGES = ("api.md", "line.md", "dialogues.md", "calls.md", "people.md", "dss.md", "record.md", "signing.md")
PAGE = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in API_PAGES)
SECTIONS = {
    (method, path): text
    for method, path, text in re.findall(r"^### ([A-Z]+) (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
ROUTES = {(endpoint.method, re.sub(r":\w+\}", "}", endpoint.path)): endpoint for endpoint in ENDPOINTS}
COMMAND_LINE_ONLY = {"refused", "cannot_listen", "data_directory_busy"}
BEFORE_THE_EXAMPLES_US = 1_898_595_000_000_000  # 2030-03-01T11:30:00Z

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_every_parameter_is_documented_and_no_other(route: tuple[str, str]) -> None:
    endpoint, text = ROUTES[route], SECTIONS[route]

    def listed(word: str) -> list[str]:
        return re.findall(r"`([\w-]+)`", "".join(re.findall(rf"\b{word}: ((?:`[\w-]+`(?:, )?)+)\.", text)))

    assert listed("Query") == [query.name for query in endpoint.query]
    headers = ["Idempotency-Key"] * endpoint.command + ["Skyparley-Claimed-Time"] * endpoint.claims_time
    assert listed("Headers") == headers
    for name in {*listed("Query"), *headers}:
        assert PAGE.count(f"{name}`") + PAGE.count(f"{name}=") >= 2, f"{name} is listed and nowhere explained"


def codes() -> set[tuple[int, str]]:
    """Every status and code with which the API can refuse."""
    todo, found = [errors.SkyparleyError], set()
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__module__ == errors.__name__:
            found.add((kind.status, kind.code))
    found |= set(replies._PROTOCOL_CODES.items()) | {(500, "internal")}
    unhealthy = re.findall(r'"(not_healthy)"', Path(service.__file__).read_text(encoding="utf-8"))
    return {(status, code) for status, code in found if code not in COMMAND_LINE_ONLY} | {(503, unhealthy[0])}


async def test_every_error_code_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \| .{5,} \|$", PAGE, re.MULTILINE)
    documented = {(int(status), code) for status, row in rows for code in re.findall(r"`(\w+)`", row)}
    assert documented == codes()


async def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^[│├└─ ]*(\w+Error) +(\d{3})  ", errors.__doc__ or "", re.MULTILINE)
    classes = {node.name for node in parse(Path(errors.__file__)).body if hasattr(node, "bases")}
    assert {(name, int(status)) for name, status in drawn} == {(name, getattr(errors, name).status) for name in classes}


# What must be there before an example can succeed, as sections whose examples are run first.
FILED = ("POST", "/v1/operations")
ACTIVATED = ("POST", "/v1/operations/{operation_id}/activate")
DECLARED = ("POST", "/v1/hazards")
ADMITTED = ("POST", "/v1/parties")
KEY_MADE = ("POST", "/v1/parties/{party}/keys")
DRAFTED = ("POST", "/v1/agreements")
PROPOSED = ("POST", "/v1/agreements/{agreement_id}/clauses")
ANSWERED = ("POST", "/v1/agreements/{agreement_id}/answers")
ACCEPTED = ("POST", "/v1/agreements/{agreement_id}/accept")
SUSPENDED = ("POST", "/v1/agreements/{agreement_id}/suspend")
IN_FORCE = (DRAFTED, PROPOSED, ANSWERED, ACCEPTED)
POSTED = ("PUT", "/v1/posts/{post}")
ON_WATCH = ("POST", "/v1/posts/{post}/watch")
OPENED = ("POST", "/v1/dialogues")
ASKED = ("POST", "/v1/assistance")
RECORDED = ("POST", "/v1/calls")
AGREED = ("POST", "/v1/calls/{call_id}/agree")
TESTED = ("POST", "/v1/agreements/{agreement_id}/tests")
PERSON_ADDED = ("POST", "/v1/people")
LOGGED_IN = ("POST", "/v1/sessions")
INTENT_PUT = ("PUT", "/dss/v1/operational_intent_references/{entityid}")
CONSTRAINT_PUT = ("PUT", "/dss/v1/constraint_references/{entityid}")
REPORTED = ("POST", "/dss/v1/reports")
SUBSCRIBED = ("PUT", "/dss/v1/subscriptions/{subscriptionid}")
SEALED = ("GET", "/v1/record/entries/{sequence}/receipt")  # which waits until there is a checkpoint
KEY_NAMED = ("POST", "/v1/signing-keys")
COSIGNED = ("POST", "/v1/record/cosignatures")
WITNESS = signer("bravo")
STAFFED = (POSTED, ON_WATCH)
SPOKEN = (*STAFFED, OPENED)
BEFORE: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("GET", "/v1/operations"): (FILED,),
    ("GET", "/v1/operations/{operation_id}"): (FILED,),
    ("PUT", "/v1/operations/{operation_id}"): (FILED,),
    ACTIVATED: (FILED,),
    ("POST", "/v1/operations/{operation_id}/end"): (FILED, ACTIVATED),
    ("POST", "/v1/operations/{operation_id}/cancel"): (FILED,),
    ("GET", "/v1/hazards"): (DECLARED,),
    ("POST", "/v1/hazards/{operation_id}/confirm"): (DECLARED,),
    ("POST", "/v1/hazards/{operation_id}/retract"): (DECLARED,),
    KEY_MADE: (ADMITTED,),
    ("GET", "/v1/parties/{party}/keys"): (ADMITTED, KEY_MADE),
    ("DELETE", "/v1/parties/{party}/keys/{key_id}"): (ADMITTED, KEY_MADE),
    ("GET", "/v1/agreements"): (DRAFTED,),
    ("GET", "/v1/agreements/{agreement_id}"): (DRAFTED,),
    PROPOSED: (DRAFTED,),
    ANSWERED: (DRAFTED, PROPOSED),
    ACCEPTED: (DRAFTED, PROPOSED, ANSWERED),
    SUSPENDED: IN_FORCE,
    ("POST", "/v1/agreements/{agreement_id}/resume"): (*IN_FORCE, SUSPENDED),
    ("POST", "/v1/agreements/{agreement_id}/terminate"): IN_FORCE,
    ("DELETE", "/v1/posts/{post}"): (POSTED,),
    ("GET", "/v1/parties/{party}/posts"): STAFFED,
    ON_WATCH: (POSTED,),
    ("POST", "/v1/posts/{post}/leave"): STAFFED,
    OPENED: STAFFED,
    ("GET", "/v1/dialogues"): SPOKEN,
    ("GET", "/v1/dialogues/{dialogue_id}"): SPOKEN,
    ("POST", "/v1/dialogues/{dialogue_id}/messages"): SPOKEN,
    ("POST", "/v1/dialogues/{dialogue_id}/messages/{number}/read"): SPOKEN,
    ("POST", "/v1/receipts"): SPOKEN,
    ASKED: STAFFED,
    RECORDED: STAFFED,
    ("GET", "/v1/calls"): (*STAFFED, RECORDED),
    ("GET", "/v1/calls/{call_id}"): (*STAFFED, RECORDED),
    ("POST", "/v1/calls/{call_id}/text"): (*STAFFED, RECORDED),
    AGREED: (*STAFFED, RECORDED),
    ("POST", "/v1/calls/{call_id}/account"): (*STAFFED, RECORDED),
    ("POST", "/v1/calls/{call_id}/commitments/{number}"): (*STAFFED, RECORDED, AGREED),
    ("GET", "/v1/assistance"): (*STAFFED, ASKED),
    ("GET", "/v1/assistance/{assistance_id}"): (*STAFFED, ASKED),
    ("POST", "/v1/assistance/{assistance_id}/close"): (*STAFFED, ASKED),
    ("GET", "/v1/dialogues/{dialogue_id}/proposal"): STAFFED,
    ("POST", "/v1/conflicts/{conflict_id}/acknowledge"): STAFFED,
    ("GET", "/v1/inbox"): SPOKEN,
    ("POST", "/v1/sessions"): (PERSON_ADDED,),
    ("DELETE", "/v1/sessions/{session_id}"): (PERSON_ADDED, LOGGED_IN),
    ("POST", "/v1/people/{login}"): (PERSON_ADDED,),
    ("POST", "/v1/people/{login}/password"): (PERSON_ADDED,),
    ("DELETE", "/v1/people/{login}"): (PERSON_ADDED,),
    TESTED: (*IN_FORCE, *STAFFED),
    ("GET", "/v1/agreements/{agreement_id}/tests"): (*IN_FORCE, *STAFFED, TESTED),
    ("POST", "/v1/agreements/{agreement_id}/tests/{number}"): (*IN_FORCE, *STAFFED, TESTED),
    ("GET", "/v1/record/checkpoint"): (SEALED,),
    COSIGNED: (SEALED,),
    ("GET", "/v1/record/cosignatures"): (SEALED, COSIGNED),
    ("GET", "/v1/record/tiles/{level}/{tile}"): (SEALED,),
    ("GET", "/v1/parties/{party}/signing-keys"): (KEY_NAMED,),
    ("POST", "/v1/signing-keys/{key_id}/revoke"): (KEY_NAMED,),
    ("POST", "/v1/record/deletions"): (*STAFFED, RECORDED),
    ("GET", "/v1/record/entries/{sequence}/private"): (*STAFFED, RECORDED),
    ("GET", "/aux/v1/history/{reference}"): (INTENT_PUT,),
    ("GET", "/aux/v1/reports/{report_id}"): (REPORTED,),
    **{
        (method, f"{put[1]}{end}"): (put,)
        for put, version in ((INTENT_PUT, "/{ovn}"), (CONSTRAINT_PUT, "/{ovn}"), (SUBSCRIBED, "/{version}"))
        for method, end in (("GET", ""), ("PUT", version), ("DELETE", version))
    },
}


class Reader:
    """Someone who types the examples of the page into a shell, in which `$NODE` and the keys are set."""

    def __init__(self, client: httpx.AsyncClient, variables: dict[str, str]) -> None:
        self.client = client
        self.variables = variables

    def arguments(self, section: tuple[str, str]) -> list[str]:
        (block,) = re.findall(r"^```sh\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)
        text = re.sub(r"\$(\w+)", lambda name: self.variables[name.group(1)], block.replace("\\\n", " "))
        command, *arguments = shlex.split(text)
        assert command == "curl"
        return arguments

    def request(self, section: tuple[str, str]) -> httpx.Request:
        method, url, headers, body = "", "", {}, None
        arguments = iter(self.arguments(section))
        for argument in arguments:
            if argument == "-X":
                method = next(arguments)
            elif argument == "-H":
                name, _, value = next(arguments).partition(": ")
                headers[name] = value
            elif argument == "-d":
                body = next(arguments)
                body = self.file(body[1:]) if body.startswith("@") else body
            elif not argument.startswith("-"):
                url = argument
        assert headers.get("Content-Type", "") == ("application/json" if body else "")
        return self.client.build_request(method or ("POST" if body else "GET"), url, headers=headers, content=body)

    def file(self, name: str) -> str:
        """The files that the page speaks of, made of what it shows."""
        if name == "operation.json":
            return re.findall(r"^```json\n(\{\"operation_id.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]  # type: ignore[no-any-return]
        if name == "cosignature.json":
            note = cosigned(self.variables["CHECKPOINT"].encode(), WITNESS, BEFORE_THE_EXAMPLES_US // 1_000_000)
            return json.dumps({"note": note.decode()})
        assert name == "amended.json"
        filed = self.arguments(FILED)
        return json.dumps({**json.loads(filed[filed.index("-d") + 1]), "version": 1})

    async def run(self, section: tuple[str, str]) -> httpx.Response:
        request, endpoint = self.request(section), ROUTES[section]
        assert request.method == endpoint.method
        answer = await self.client.send(request, stream=endpoint.media_type == EVENT_STREAM)
        if answer.status_code != endpoint.status:
            await answer.aread()
        assert answer.status_code == endpoint.status, (section, answer.text)
        return answer


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    ticks = itertools.count(BEFORE_THE_EXAMPLES_US)
    log = MemoryLog(pool="page", clock=lambda: next(ticks))
    vault = Vault(tmp_path / "vault.sqlite")
    node, _ = await open_node(
        log, vault, None, pool="page", clock=lambda: next(ticks), cosigners=lambda: (WITNESS.key,)
    )
    await node.start()
    try:
        operator = (await node.access.create_operator_key()).api_key
        author = node.authenticate(operator)
        await node.register_party(author, "alpha", "Alpha", "civil_ats")
        await node.register_party(author, "bravo", "Bravo", "civil_ats")
        key, bravo = [(await node.create_key(author, party)).api_key for party in ("alpha", "bravo")]
        world = World(node, create_app(node, observer=False, tokens=verifier(tmp_path)), operator, key, bravo)
        tokens = {
            "TOKEN": token("uss1"),
            "ARBITER": token("arbiter", scopes.AVAILABILITY_ARBITRATION),
            "MONITOR": token("monitor", scopes.POOL_STATUS, scopes.SYSTEM_VERSIONS),
        }
        async with served(world.app) as url, httpx.AsyncClient() as client:
            yield Reader(client, {"NODE": url, "KEY": key, "BRAVO": bravo, "OPERATOR": operator, **tokens})
    finally:
        await node.stop()


@pytest.mark.parametrize("section", SECTIONS, ids=" ".join)
async def test_the_example_runs(reader: Reader, section: tuple[str, str]) -> None:
    for before in BEFORE.get(section, ()):
        answer = await reader.run(before)
        if before == KEY_MADE:
            reader.variables["KEY_ID"] = answer.json()["key_id"]
        if before in (INTENT_PUT, CONSTRAINT_PUT):
            (reader.variables["OVN"],) = re.findall(r'"ovn":"([^"]+)"', answer.text)
        if before == REPORTED:
            reader.variables["REPORT"] = answer.json()["report_id"]
        if before == SUBSCRIBED:
            reader.variables["VERSION"] = answer.json()["subscription"]["version"]
        if before == ACCEPTED:
            await bravo_accepts(reader)
        if before == ON_WATCH:
            reader.variables["WATCH"] = answer.json()["watch"]
            await bravo_has_the_watch(reader)
        if before == LOGGED_IN:
            reader.variables["SESSION"] = answer.json()["session_id"]
        if before == SEALED:
            reader.variables["CHECKPOINT"] = answer.json()["checkpoint"]
        if before == RECORDED:
            reader.variables["CALL"] = answer.json()["call"]["call_id"]
            reader.variables["ENTRY"] = str(answer.json()["sequence"])
        if before == ASKED:
            reader.variables["ASSISTANCE"] = answer.json()["assistance"]["assistance_id"]
        if before == OPENED:
            reader.variables["DIALOGUE"] = answer.json()["dialogue"]["dialogue_id"]
    if section[1].startswith("/v1/hazards/") and section[1].endswith("/confirm"):
        await make_unconfirmed(reader)
    if section[1].endswith(("/acknowledge", "/proposal")):
        reader.variables["CONFLICT"] = await make_clash(reader)
    if section[1].endswith("/proposal"):
        reader.variables["DIALOGUE"] = await make_proposal(reader)
    if section[1] == "/v1/conflicts/{conflict_id}":
        reader.variables["CONFLICT"] = await make_conflict(reader)
    if section == ("PUT", "/v1/signing"):
        made = signed_in_advance(reader.client, reader.variables, "page", BEFORE_THE_EXAMPLES_US)
        reader.variables["SIGNED"] = await made
    answer = await reader.run(section)
    await look_at(section, ROUTES[section], answer)


async def bravo_accepts(reader: Reader) -> None:
    """The page shows how alpha accepts; it is in force when bravo has."""
    own = reader.variables["KEY"]
    reader.variables["KEY"] = reader.variables["BRAVO"]
    assert (await reader.run(ACCEPTED)).json()["agreement"]["status"] == "in_force"
    reader.variables["KEY"] = own


async def bravo_has_the_watch(reader: Reader) -> None:
    """The page shows how alpha sets up its post and takes the watch; bravo's post is called tower."""
    for section in STAFFED:
        request = reader.request(section)
        url = str(request.url).replace("/ops", "/tower")
        headers = {"Authorization": f"Bearer {reader.variables['BRAVO']}"}
        body = json.loads(request.content) if request.content else None
        assert (await reader.client.request(request.method, url, json=body, headers=headers)).status_code == 200


async def make_unconfirmed(reader: Reader) -> None:
    """The page's notice is confirmed already; the example of confirming is about one that is not."""
    await reader.run(("POST", "/v1/hazards/{operation_id}/retract"))
    request = reader.request(DECLARED)
    body = {**json.loads(request.content), "confirmed": False}
    answer = await reader.client.post(
        request.url, json=body, headers={"Authorization": request.headers["Authorization"]}
    )
    assert answer.status_code == 201


async def make_conflict(reader: Reader) -> str:
    request = reader.request(FILED)
    for name in ("one", "two"):
        body = {**json.loads(request.content), "operation_id": name}
        answer = await reader.client.post(
            request.url, json=body, headers={"Authorization": request.headers["Authorization"]}
        )
    (conflict,) = answer.json()["conflicts"]
    return str(conflict["conflict_id"])


async def make_clash(reader: Reader) -> str:
    """The page's operation, begun already, in the way of one of bravo."""
    body = json.loads(reader.request(FILED).content)
    body["volumes"][0]["begin"] = "2030-03-01T11:00:00Z"
    for name in ("KEY", "BRAVO"):
        headers = {"Authorization": f"Bearer {reader.variables[name]}"}
        answer = await reader.client.post(f"{reader.variables['NODE']}/v1/operations", json=body, headers=headers)
    (conflict,) = answer.json()["conflicts"]
    assert conflict["alarm"]["state"] == "unresolved"
    return str(conflict["conflict_id"])


async def make_proposal(reader: Reader) -> str:
    """Alpha offers to fly later."""
    window = {"begin": "2030-03-01T13:00:00Z", "end": "2030-03-01T14:30:00Z"}
    body = {
        "to_party": "bravo",
        "about": reader.variables["CONFLICT"],
        "code": "offer-time",
        "parameters": {"operation": "survey/7", "window": window},
    }
    headers = {"Authorization": f"Bearer {reader.variables['KEY']}"}
    answer = await reader.client.post(f"{reader.variables['NODE']}/v1/dialogues", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["dialogue"]["dialogue_id"])


async def look_at(section: tuple[str, str], endpoint: Endpoint, answer: httpx.Response) -> None:
    """What the page says of the answer."""
    if endpoint.media_type == EVENT_STREAM:
        lines = answer.aiter_lines()
        assert "event: hello" in [await anext(lines) for _ in range(4)]
        await answer.aclose()
    elif endpoint.status != 204 and endpoint.media_type == JSON:
        value: Any = answer.json()
        if section[0] == "GET" and section[1] in {"/v1/operations", "/v1/hazards", "/v1/parties", "/v1/conflicts"}:
            assert set(value) == {"items", "next"}
            assert value["items"] or section[1] == "/v1/conflicts"


async def test_every_block_of_json_on_the_page_is_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        json.loads(block)

"""Routes of duty: posts and their watches, and tests of the line."""

from typing import Final

import msgspec

from skyparley.airspace.line.duty.commands import AnswerLineTest, CallLineTest, DefinePost
from skyparley.node.line.duty.views import LineTestAnswer, LineTestPage, PostAnswer, PostPage
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import Replies, json_reply, no_content


class PostBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a post goes on from here: its deputies in turn, then the next post. All are posts of the same party."""

    deputies: list[str] = []
    next_post: str | None = None


class LeaveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The watch that ends, and a note to those who come, which only its own party reads."""

    watch: str
    note: str = ""


class CallTestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post that calls the test."""

    post: str


class TestAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post that answers, or declines to."""

    post: str
    declined: bool = False


async def list_posts(exchange: Exchange) -> Replies:
    """The posts of a party."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.duty.posts(exchange.author, exchange.parameters["party"]))


async def define_post(exchange: Exchange) -> Replies:
    """Set up a post of the author's party, or say anew where it goes on."""
    body, key = await exchange.command(PostBody)
    command = DefinePost(exchange.parameters["post"], tuple(body.deputies), body.next_post or "")
    answer = await exchange.node.duty.define(exchange.author, command, idempotency_key=key)
    return json_reply(answer)


async def close_post(exchange: Exchange) -> Replies:
    """Give up a post of the author's party."""
    key = exchange.idempotency_key()
    await exchange.node.duty.close(exchange.author, exchange.parameters["post"], idempotency_key=key)
    return no_content()


async def take_watch(exchange: Exchange) -> Replies:
    """Begin a watch."""
    key = exchange.idempotency_key()
    answer = await exchange.node.duty.take(exchange.author, exchange.parameters["post"], idempotency_key=key)
    return json_reply(answer)


async def leave_watch(exchange: Exchange) -> Replies:
    """End a watch."""
    body, key = await exchange.command(LeaveBody)
    answer = await exchange.node.duty.leave(
        exchange.author,
        exchange.parameters["post"],
        body.watch,
        body.note,
        idempotency_key=key,
    )
    return json_reply(answer)


async def list_tests(exchange: Exchange) -> Replies:
    """The last tests of an agreement's line."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.duty.tests(exchange.author, exchange.parameters["agreement_id"]))


async def call_test(exchange: Exchange) -> Replies:
    """Test the line now."""
    body, key = await exchange.command(CallTestBody)
    command = CallLineTest(exchange.parameters["agreement_id"], body.post)
    answer = await exchange.node.duty.test(exchange.author, command, idempotency_key=key)
    return json_reply(answer, 201)


async def answer_test(exchange: Exchange) -> Replies:
    """Answer a test of the line, or decline to."""
    body, key = await exchange.command(TestAnswerBody)
    number = exchange.number("number")
    command = AnswerLineTest(exchange.parameters["agreement_id"], number, body.post, body.declined)
    answer = await exchange.node.duty.test(exchange.author, command, idempotency_key=key)
    return json_reply(answer)


_POST: Final = "/v1/posts/{post}"
_TESTS: Final = "/v1/agreements/{agreement_id}/tests"

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "GET",
        "/v1/parties/{party}/posts",
        list_posts,
        "listPosts",
        "The posts of a party, and who has the watch",
        "observer",
        answer=PostPage,
    ),
    Endpoint(
        "PUT",
        _POST,
        define_post,
        "definePost",
        "Set up a post, or say anew who stands in for it",
        "key",
        right="people",
        answer=PostAnswer,
        body=PostBody,
        command=True,
    ),
    Endpoint(
        "DELETE", _POST, close_post, "closePost", "Give up a post", "key", right="people", status=204, command=True
    ),
    Endpoint(
        "POST",
        f"{_POST}/watch",
        take_watch,
        "takeWatch",
        "Begin a watch at a post",
        "key",
        right="speak",
        answer=PostAnswer,
        command=True,
    ),
    Endpoint(
        "POST",
        f"{_POST}/leave",
        leave_watch,
        "leaveWatch",
        "End a watch, with a hand-over note",
        "key",
        right="speak",
        answer=PostAnswer,
        body=LeaveBody,
        command=True,
    ),
    Endpoint(
        "GET",
        _TESTS,
        list_tests,
        "listLineTests",
        "The last tests of an agreement's line",
        "observer",
        answer=LineTestPage,
    ),
    Endpoint(
        "POST",
        _TESTS,
        call_test,
        "callLineTest",
        "Test the line now",
        "key",
        right="speak",
        status=201,
        answer=LineTestAnswer,
        body=CallTestBody,
        command=True,
    ),
    Endpoint(
        "POST",
        f"{_TESTS}/{{number}}",
        answer_test,
        "answerLineTest",
        "Answer a test of the line, or decline",
        "key",
        right="speak",
        answer=LineTestAnswer,
        body=TestAnswerBody,
        command=True,
    ),
)

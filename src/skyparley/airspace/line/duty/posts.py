"""Rules of posts: who stands in for whom, and who has the watch.

Deir ez-Zor, 2016: the usual officer was absent and the caller hung up; 27 minutes passed. So a message goes to a post,
any officer who has the watch there acts for it, and `chain` says in which order it goes on when nobody answers.
"""

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import Change, Event, PostChanged, PostClosed
from skyparley.airspace.line.duty.commands import ClosePost, DefinePost, LeaveWatch, PostCommand, TakeWatch
from skyparley.airspace.line.duty.items import Post, Watch
from skyparley.airspace.line.state import LineState
from skyparley.airspace.state import Airspace
from skyparley.errors import ConflictingStateError, InvalidInputError, LimitExceededError, NotFoundError


def validate(command: PostCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    limits.check_post_id(command.post)
    if isinstance(command, DefinePost):
        if len(command.deputies) > limits.MAX_DEPUTIES:
            raise LimitExceededError(f"a post has at most {limits.MAX_DEPUTIES} deputies", place="deputies")
        for deputy in command.deputies:
            limits.check_post_id(deputy, place="deputies")
        if command.next_post:
            limits.check_post_id(command.next_post, place="next_post")
        named = [*command.deputies, command.next_post] if command.next_post else list(command.deputies)
        if command.post in named or len(set(named)) != len(named):
            raise InvalidInputError("name each post once, and not the post itself", place="deputies")
    elif isinstance(command, TakeWatch | LeaveWatch):
        limits.check_drawn_id(command.watch, whose="a watch's", place="watch")
        if isinstance(command, LeaveWatch) and command.note_digest:
            limits.check_digest(command.note_digest, place="note_digest")


def check(state: Airspace, party: str, command: PostCommand) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    if isinstance(command, DefinePost):
        _check_definition(state.line, party, command)
        return
    post = post_of(state.line, party, command.post)
    if isinstance(command, ClosePost):
        _check_closing(state.line, post)
    elif isinstance(command, TakeWatch):
        if len(post.watches) >= limits.MAX_WATCHES:
            raise LimitExceededError(f"{len(post.watches)} have the watch at '{post.post}' already: end one")
        if any(watch.watch == command.watch for watch in post.watches):
            raise ConflictingStateError("this watch has begun already")
    elif all(watch.watch != command.watch for watch in post.watches):
        raise NotFoundError(f"nobody has this watch at '{post.post}': it has ended, or never began")


def perform(state: Airspace, event: Event, command: PostCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    line = state.line
    if isinstance(command, ClosePost):
        closed = line.posts[event.party, command.post]
        line.drop_post(closed)
        changes.append(PostClosed(closed))
        return
    if isinstance(command, DefinePost):
        before = line.posts.get((event.party, command.post))
        if before is None:
            before = Post(event.party, command.post, (), "", (), "", 0, event.sequence)
        after = msgspec.structs.replace(before, deputies=command.deputies, next_post=command.next_post)
    elif isinstance(command, TakeWatch):
        before = line.posts[event.party, command.post]
        after = msgspec.structs.replace(before, watches=(*before.watches, Watch(command.watch, event.time_us)))
    else:
        before = line.posts[event.party, command.post]
        left = tuple(watch for watch in before.watches if watch.watch != command.watch)
        after = msgspec.structs.replace(before, watches=left)
        if command.note_digest:
            after = msgspec.structs.replace(after, note_digest=command.note_digest, note_us=event.time_us)
    after = msgspec.structs.replace(after, changed_sequence=event.sequence)
    line.put_post(after)
    changes.append(PostChanged(after))


def post_of(line: LineState, party: str, post: str, *, place: str = "post") -> Post:
    """A post of a party. Raises `NotFoundError`."""
    found = line.posts.get((party, post))
    if found is None:
        names = ", ".join(one.post for one in line.posts_of(party)) or "none yet"
        raise NotFoundError(f"'{party}' has no post '{post}'; its posts are: {names}", place=place)
    return found


def acting_post(line: LineState, party: str, post: str, *, place: str = "post") -> Post:
    """A post that may act for its party. Raises `NotFoundError`, `ConflictingStateError` if nobody has the watch."""
    found = post_of(line, party, post, place=place)
    if not found.staffed:
        raise ConflictingStateError(f"nobody has the watch at '{post}': take it first", place=place)
    return found


def chain(line: LineState, party: str, post: str) -> tuple[str, ...]:
    """The posts that a message for a post is put before in turn: it, its deputies, its next post, and so on.

    Each once, at most `limits.MAX_CHAIN`.
    """
    found: dict[str, None] = {}
    now = post
    while now and now not in found and (held := line.posts.get((party, now))) is not None:
        found[now] = None
        found.update((deputy, None) for deputy in held.deputies if (party, deputy) in line.posts)
        now = held.next_post
    return tuple(found)[: limits.MAX_CHAIN]


def _check_definition(line: LineState, party: str, command: DefinePost) -> None:
    for place, names in (("deputies", command.deputies), ("next_post", (command.next_post,))):
        for name in names:
            if name:
                post_of(line, party, name, place=place)
    if (party, command.post) not in line.posts and len(line.posts_of(party)) >= limits.MAX_POSTS_PER_PARTY:
        raise LimitExceededError(f"'{party}' has {limits.MAX_POSTS_PER_PARTY} posts, the most that a party may have")


def _check_closing(line: LineState, post: Post) -> None:
    if post.staffed:
        raise ConflictingStateError(f"somebody has the watch at '{post.post}': let it end first")
    for other in line.posts_of(post.party):
        if post.post in (*other.deputies, other.next_post):
            raise ConflictingStateError(f"'{other.post}' goes on to '{post.post}': define '{other.post}' anew first")

"""Who has a watch, and who sent a message: in the log it is an identifier, in the vault of its own party a person."""

from skyparley.airspace.line.duty.items import Post
from skyparley.airspace.line.state import LineState
from skyparley.errors import ForbiddenError, InvalidInputError
from skyparley.node.custody.vault import Vault
from skyparley.node.identity import Author


class Watchers:
    """The people behind watches and messages; what came by an API key has none."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._logins = vault.watchers()

    async def keep(self, name: str, author: Author) -> None:
        """Remember whose a watch is, or a message by its digest, before it is on record."""
        if author.person:
            await self._vault.put_watcher(name, author.person)
            self._logins[name] = author.person

    def of(self, name: str) -> str | None:
        """The login behind a watch, or behind a message by its digest."""
        return self._logins.get(name)

    def posts_of(self, line: LineState, author: Author) -> list[Post]:
        """The posts that an author may speak for now: for a person, where the watch is its own."""
        return [
            post
            for post in line.posts_of(author.party)
            if post.staffed and (not author.person or any(self.of(one.watch) == author.person for one in post.watches))
        ]

    def post_for(self, line: LineState, author: Author, post: str, *, place: str = "post") -> str:
        """The post that speaks: the one that is named, else the only one with a watch, for a person its own."""
        if post:
            self.require(line, author, post)
            return post
        staffed = [one.post for one in self.posts_of(line, author)]
        if len(staffed) != 1:
            names = ", ".join(staffed) or "none has: take a watch first"
            raise InvalidInputError(f"say from which post; somebody has the watch at: {names}", place=place)
        return staffed[0]

    def require(self, line: LineState, author: Author, post: str) -> None:
        """Raise `ForbiddenError` if a person speaks for a post where the watch is not its own."""
        if author.person and all(one.post != post for one in self.posts_of(line, author)):
            raise ForbiddenError(f"'{author.person}' does not have the watch at '{post}': take it first")

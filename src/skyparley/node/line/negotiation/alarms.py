"""Alarms of conflicts for a party: which are raised, and that a post has heard one."""

from skyparley.airspace.line.negotiation.commands import AcknowledgeAlarm
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.reading.reader import Reader
from skyparley.node.reading.views import ConflictView


class AlarmDesk:
    """Shows alarms to both sides of a conflict, and takes it that they were heard."""

    def __init__(self, engine: Engine, reader: Reader) -> None:
        self._engine = engine
        self._reader = reader

    async def acknowledge(
        self, author: Author, conflict: str, *, post: str = "", idempotency_key: str = ""
    ) -> ConflictView:
        """A post of the author's party has heard the alarm of a conflict."""
        author.require_party()
        recorded = self._reader.recorded_conflict(author, conflict)
        line = self._engine.state.line
        command = AcknowledgeAlarm(recorded.conflict_id, self._reader.line.watchers.post_for(line, author, post))
        await self._engine.submit_for(author, command, idempotency_key=idempotency_key)
        return self._reader.conflict_view(author, recorded)

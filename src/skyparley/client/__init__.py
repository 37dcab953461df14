"""The Python client of a node's HTTP API: `calls`, `operations` and `voice` say what can be asked, `Client` asks it.

A call is a value that carries the type of its answer, so that both clients are typed alike and neither repeats the
other.
"""

from skyparley.client.call import Call
from skyparley.client.clients import AsyncClient, Client, Event, RefusedError
from skyparley.client.signing import PartySigner

__all__ = ["AsyncClient", "Call", "Client", "Event", "PartySigner", "RefusedError"]

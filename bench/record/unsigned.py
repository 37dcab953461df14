"""`skyparley`, but its node keeps no record: what the record's cost is measured against."""

from skyparley.cli.main import main
from skyparley.node.record.recorder import Recorder


async def _rest(_: Recorder) -> None:
    """Take nothing in, so that there is nothing to sign."""


if __name__ == "__main__":
    Recorder.run = _rest  # type: ignore[method-assign]
    main()

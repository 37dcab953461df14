"""Skyparley: parties that share a sky but no command keep out of each other's way.

The shared airspace is an ordered log of commands; everything else is computed from it.
`ARCHITECTURE.md` names the rooms of this package and the one path that data takes through them.
"""

__version__ = "0.1.0"

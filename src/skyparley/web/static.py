"""The console's files, served from memory: a map page that talks to the API of its own origin and to nothing else.

Files under `assets/` carry a digest in their name and are cached for good; the rest is asked for again each time and
answered by its entity tag. The content security policy allows this origin only, and pictures that lie in a style sheet
as data.
"""

import gzip
import hashlib
import html
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from skyparley.web.replies import Headers, Reply

CONSOLE_DIRECTORY: Final = Path(__file__).parent / "console"
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "worker-src 'self'",
        "img-src 'self' data:",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_COMMON: Final[Headers] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"accept-encoding"),
)
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".pbf": "application/x-protobuf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NODE_MARK: Final = '<meta name="skyparley-node" content="{}" />'
"""Where a page says whose console it is; empty where the node itself serves it."""
_COMPRESSIBLE: Final = (".css", ".geojson", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest", ".pbf")


@dataclass(slots=True)
class _File:
    data: bytes
    entity_tag: bytes
    headers: Headers
    compressible: bool
    compressed: bytes | None = field(default=None)

    def small(self) -> bytes:
        if self.compressed is None:
            self.compressed = gzip.compress(self.data, 6, mtime=0)
        return self.compressed


class Console:
    """The built console, read once. A directory that is not there holds nothing.

    `node` is the URL of the node whose console it is, where the files are served from another machine: pages say so.
    """

    def __init__(self, directory: Path, *, node: str = "") -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                name = path.relative_to(directory).as_posix()
                self._files["/" if name == "index.html" else f"/{name}"] = _read(path, name, node)

    def holds(self, path: str) -> bool:
        """Whether there is a file for a path."""
        return path in self._files

    def reply(self, path: str, request_headers: dict[bytes, bytes]) -> Reply:
        """The file at a path that `holds` knows, or 304 if the client has it."""
        file = self._files[path]
        tags = {tag.strip().removeprefix(b"W/") for tag in request_headers.get(b"if-none-match", b"").split(b",")}
        if file.entity_tag in tags:
            return Reply(304, b"", file.headers)
        if file.compressible and b"gzip" in request_headers.get(b"accept-encoding", b""):
            return Reply(200, file.small(), (*file.headers, (b"content-encoding", b"gzip")))
        return Reply(200, file.data, file.headers)


def _read(path: Path, name: str, node: str) -> _File:
    data = path.read_bytes()
    if path.suffix == ".html":
        data = data.replace(_NODE_MARK.format("").encode(), _NODE_MARK.format(html.escape(node)).encode())
    entity_tag = b'"%b"' % hashlib.sha256(data).hexdigest()[:32].encode()
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = (
        (b"content-type", _MEDIA_TYPES.get(path.suffix, guessed).encode()),
        (b"cache-control", _IMMUTABLE if name.startswith("assets/") else b"no-cache"),
        (b"etag", entity_tag),
        *_COMMON,
    )
    return _File(data, entity_tag, headers, path.suffix in _COMPRESSIBLE)

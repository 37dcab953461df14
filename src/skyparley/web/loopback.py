"""Whether an address or a name is this machine's own: of who asks, of what a request is addressed to, of a URL."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=1024)
def is_loopback_address(text: str) -> bool:
    """Whether an address of a connection is of this machine, also where IPv4 comes through a socket of IPv6."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@lru_cache(maxsize=64)
def is_loopback_host(host: str) -> bool:
    """Whether a Host header (with or without a port) names this machine: localhost, 127.x.y.z or [::1]."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or is_loopback_address(name)


def is_this_machine(host: str) -> bool:
    """Whether the host of a URL, in lower case, is this machine: localhost, 127.x.y.z or ::1."""
    return host == "localhost" or is_loopback_address(host)

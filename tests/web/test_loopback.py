"""What is this machine and what is not, as a connection, a Host header and a URL spell it."""

import pytest

from skyparley.web.loopback import is_loopback_address, is_loopback_host, is_this_machine

HERE = ("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1")
ELSEWHERE = (
    "192.0.2.1",
    "128.0.0.1",
    "0.0.0.0",
    "::",
    "fe80::1",
    "::ffff:192.0.2.1",
    "localhost.example",
    "127.0.0",
    "",
)


def test_an_address_of_this_machine_is_told_from_others() -> None:
    assert [is_loopback_address(one) for one in HERE] == [True] * len(HERE)
    assert [is_loopback_address(one) for one in ELSEWHERE] == [False] * len(ELSEWHERE)
    assert not is_loopback_address("localhost")  # a connection comes from an address


def test_the_host_of_a_url_may_be_a_name() -> None:
    assert all(map(is_this_machine, ("localhost", *HERE)))
    assert not any(map(is_this_machine, ELSEWHERE))


@pytest.mark.parametrize("port", ["", ":8080"])
def test_a_host_header_may_have_a_port_and_brackets(port: str) -> None:
    for host in ("localhost", "LocalHost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
        assert is_loopback_host(host + port), host
    for host in ("example.org", "127.0.0.1.example.org", "[fe80::1]", "192.0.2.1", "[]"):
        assert not is_loopback_host(host + port), host

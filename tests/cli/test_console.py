"""`skyparley console`: what it prints, what it answers, how it ends, and what it does not take."""

import signal

import httpx
import pytest

from support.commands import skyparley
from support.own_console import own_console
from support.process import Serving


def test_it_serves_the_console_of_a_node_and_ends_at_once(node: Serving) -> None:
    with own_console(node.url) as own:
        assert f"The console of {node.url} is at {own.url} on this machine; Ctrl-C stops it" in own.output
        page = httpx.get(own.url)
        assert f'content="{node.url}"' in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        me = httpx.get(f"{own.url}/v1/me", headers={"Authorization": f"Bearer {node.operator_key}"})
        assert me.json()["role"] == "operator"
        assert httpx.get(f"{own.url}/v1/me").status_code == 401
        assert httpx.get(f"{own.url}/healthy").status_code == 404
        own.process.send_signal(signal.SIGINT)
        assert own.process.wait(20) == 0


def test_a_key_that_is_given_stays_with_the_command(node: Serving) -> None:
    """The page has a secret that opens it; the secret of another run, or none, does not."""
    with own_console(node.url, "--api-key", node.operator_key) as own:
        assert node.operator_key not in own.output
        secret = own.address.partition("#key=")[2]
        assert len(secret) > 40
        headers = {"Authorization": f"Bearer {secret}"}
        assert httpx.get(f"{own.url}/v1/me", headers=headers).json()["role"] == "operator"
        assert node.get("/v1/me", secret).status_code == 401
        assert httpx.get(f"{own.url}/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--node", "https://user:secret@node.example.org"), "--node: write it like https://"),
        (("--node", "http://127.0.0.1:18765", "--port", "18765"), "this is where the console itself listens"),
    ],
)
def test_what_it_does_not_take_is_said_in_one_line(options: tuple[str, ...], says: str) -> None:
    done = skyparley("console", *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done
    assert says in done.stderr


def test_a_node_without_tls_elsewhere_is_told() -> None:
    with own_console("http://192.0.2.1:8080") as own:
        assert "http://192.0.2.1:8080 is without TLS: keys go there in the open" in own.output

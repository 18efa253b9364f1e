"""The server of the page."""

import http.client
import threading

import pytest

from eqprop_host.errors import PortError
from eqprop_host.studio import Server

PAGE = b'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'


@pytest.fixture
def server():
    with Server({"index.html": PAGE, "a.js": b"1", "b.wasm": b"22"}) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(*server.server_address)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def test_it_serves_each_file_as_what_it_is(server):
    status, body, headers = ask(server, "/")
    assert (status, body, headers["Content-Type"]) == (200, PAGE, "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert ask(server, "/a.js?x")[2]["Content-Type"] == "text/javascript; charset=utf-8"
    assert ask(server, "/b.wasm")[2]["Content-Type"] == "application/wasm"
    status, body, headers = ask(server, "/b.wasm", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "2")


@pytest.mark.parametrize("path", ["/c", "/../a.js", "/%2e%2e/etc/passwd", "/a.js/"])
def test_it_serves_nothing_else(server, path):
    assert ask(server, path)[0] == 404


def test_it_answers_no_name_but_this_computers(server):
    """Catches a site that points a name of its own at this computer and reads the page there."""
    assert ask(server, "/", Host="evil.example")[0] == 404
    assert ask(server, "/", Host=f"localhost:{server.server_address[1]}")[0] == 200


def test_it_listens_on_this_computer_alone_and_names_a_port_in_use(server):
    assert server.server_address[0] == "127.0.0.1" and server.url.startswith("http://localhost:")
    with pytest.raises(PortError, match=r"127\.0\.0\.1:\d+ cannot be served"):
        Server({"index.html": PAGE}, server.server_address[1])

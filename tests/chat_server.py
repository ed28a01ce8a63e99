"""A server on this machine that speaks OpenAI's chat completions, and recites what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: From a request's body to the status and the answer.
Answering = Callable[[dict[str, Any]], tuple[int, bytes]]


@contextmanager
def chat_server(answering: Answering) -> Iterator[tuple[str, list[tuple[str, str, dict]]]]:
    """Serve as long as the context; gives the address, and the requests: path, key and body."""
    requests: list[tuple[str, str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append((self.path, self.headers.get("Authorization", ""), body))
            status, data = answering(body)
            self.send_response(status)
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked waits no longer
                self.wfile.write(data)

        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(text: Any, ending: str | None = "stop", tokens: int | None = None) -> bytes:
    """Return a chat completion as a server sends it."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": ending}
    usage = {} if tokens is None else {"usage": {"completion_tokens": tokens}}
    return json.dumps({"choices": [choice], **usage}).encode()

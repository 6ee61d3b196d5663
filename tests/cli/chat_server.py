"""An OpenAI-compatible chat server on 127.0.0.1 that does to requests what a script says."""
import json
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def tags_of(text):
    """What this server's model says of a text: its words, the first five."""
    return list(dict.fromkeys(text.split()))[:5]


def tokens_of(text):
    return len(text), 2 * len(tags_of(text))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True # a head and a body are two writes

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.chat.handle(self)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass # a client that was killed


class ChatServer:
    """script(text, times): what to do with a text that is asked for the so-and-so-manieth time, from
    1 on; a tuple of a method's name below and its arguments, or None for a good answer."""

    def __init__(self, script=None, port=0, wrap=None):
        self.script = script or (lambda text, times: None)
        self.port, self.wrap = port, wrap
        self.lock = threading.Lock()
        self.asked, self.answered, self.keys = Counter(), Counter(), set()
        self.moments, self.models, self.bodies = [], set(), []
        self.most_at_once = self.at_once = self.drops = 0
        self.start()

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.chat = self
        self.port = self.server.server_address[1]
        self.connections = set()
        if self.wrap:
            self.server.socket = self.wrap(self.server.socket)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def stop(self):
        """As if it died: no new connections, and those there are reset."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        with self.lock:
            for connection in self.connections:
                reset(connection)
            self.connections.clear()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def tokens(self):
        """Prompt and completion tokens of all good answers that were sent."""
        with self.lock:
            pairs = [(n, tokens_of(text)) for text, n in self.answered.items()]
        return sum(n * t[0] for n, t in pairs), sum(n * t[1] for n, t in pairs)

    def handle(self, request):
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        text = body["messages"][-1]["content"].split("Query:\n", 1)[-1]
        with self.lock:
            self.connections.add(request.connection)
            self.asked[text] += 1
            times = self.asked[text]
            self.keys.add(request.headers.get("Authorization"))
            self.models.add(body["model"])
            self.bodies.append(body)
            self.moments.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            action = self.script(text, times)
        try:
            assert request.path.endswith("/chat/completions"), request.path
            name, *arguments = action or ("answer",)
            getattr(self, name)(request, text, *arguments)
        finally:
            with self.lock:
                self.at_once -= 1

    # ---- what may be done ------------------------------------------------------------------

    def send(self, request, status, body, headers=()):
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        request.wfile.flush()

    def answer(self, request, text, content=None, wait=0, finish="stop"):
        time.sleep(wait)
        if content is None:
            content = json.dumps(tags_of(text))
        prompt, completion = tokens_of(text)
        reply = {"id": "x", "object": "chat.completion", "choices": [
            {"index": 0, "finish_reason": finish,
             "message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                      "total_tokens": prompt + completion}}
        with self.lock: # before it is sent: who is killed in between has been answered
            self.answered[text] += 1
        self.send(request, 200, json.dumps(reply).encode())

    def late(self, request, text, wait):
        """Too late: it is not counted as an answer."""
        time.sleep(wait)
        self.send(request, 200, b"{}")

    def status(self, request, text, status, code=None, headers=()):
        body = {"error": {"message": f"about '{text}' and {request.headers.get('Authorization')}",
                          "code": code}}
        self.send(request, status, json.dumps(body).encode(), headers)

    def garbage(self, request, text, body):
        self.send(request, 200, body)

    def drop(self, request, text):
        with self.lock:
            self.drops += 1
        reset(request.connection)
        request.close_connection = True

    def cut(self, request, text):
        """Half a reply."""
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b'{"choices": [')
        request.wfile.flush()
        request.close_connection = True


def reset(connection):
    """Ends a connection as a machine that goes away does."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except OSError:
        pass

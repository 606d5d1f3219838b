"""Emits the story through py_zipkin's encoder and transport, in the encoding and to the
URL in its arguments. py_zipkin's own spans cannot be given times of the past, so its
encoder is handed finished ones."""

import random
import sys
import threading
import time
import urllib.request

from py_zipkin.encoding import Encoding, create_endpoint, get_encoder
from py_zipkin.encoding._helpers import Span
from py_zipkin import Kind

import story

KINDS = {"server": Kind.SERVER, "client": Kind.CLIENT, "internal": Kind.LOCAL}
TYPES = {Encoding.V1_JSON: "application/json", Encoding.V2_JSON: "application/json", Encoding.V2_PROTO3: "application/x-protobuf"}

encoding, url = Encoding(sys.argv[1]), sys.argv[2]
encoder = get_encoder(encoding)
waiting, lock = [], threading.Lock()


def hexid():
    return "%016x" % random.getrandbits(64)


def send():
    with lock:
        queue, waiting[:] = list(waiting), []
    if queue:
        body = encoder.encode_queue(queue)
        if isinstance(body, str):
            body = body.encode()
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": TYPES[encoding]}), timeout=10)


def send_on():
    while True:
        time.sleep(0.5)
        send()


threading.Thread(target=send_on, daemon=True).start()
for trace in story.read():
    trace_id, ids = hexid(), []
    for s in trace:
        # The server's half of a call has the ID of the client's.
        shared = s.kind == "server" and s.parent >= 0 and trace[s.parent].kind == "client"
        ids.append(ids[s.parent] if shared else hexid())
        parent = s.parent
        if shared:
            parent = trace[parent].parent
        peer = s.attributes.get("peer.service")
        span = Span(
            trace_id, s.name, ids[parent] if parent >= 0 else None, ids[-1], KINDS[s.kind], s.start / 1e9, (s.end - s.start) / 1e9,
            local_endpoint=create_endpoint(service_name=s.service, host="127.0.0.1"),
            remote_endpoint=create_endpoint(service_name=peer, host="127.0.0.2") if peer else None,
            shared=shared, tags={"service.instance.id": s.instance},
        )
        with lock:
            waiting.append(encoder.encode_span(span))
send()

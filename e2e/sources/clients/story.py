"""Reads the story of package story, as it is told."""

import json
import sys


class Span:
    def __init__(self, line):
        self.parent = line["parent"]  # index in the trace, -1: none
        self.service = line["service"]
        self.instance = line["instance"]
        self.name = line["name"]
        self.kind = line["kind"]  # server, client or internal
        self.start = line["start"]  # nanoseconds since 1970
        self.end = line["end"]
        self.attributes = line.get("attributes", {})


def read():
    """Yields each trace, a list of spans with parents before their children. Says first that
    it listens: by now the libraries are loaded."""
    print("ready", flush=True)
    for line in sys.stdin:
        yield [Span(s) for s in json.loads(line)["spans"]]

"""How the services of the test cloud talk: HTTP, RPC through queues, SQL.

Everything that leaves a trace is the real osprofiler's: its WSGI middleware, its
adapter for requests, its SQLAlchemy listeners, its decorators. What it leaves to
the projects, the trace information within an RPC message, is done here the way
nova's and neutron's context serializers do it.
"""

import json
import os
import random
import socket
import tempfile
import threading
import time
import uuid
from socketserver import ThreadingMixIn
from wsgiref import simple_server

import osprofiler.requests
import osprofiler.sqlalchemy
import redis
import requests
import sqlalchemy
import webob
import webob.dec
from osprofiler import profiler, web

HMAC_KEY = "SECRET_KEY"


class Cloud:
    """What all services share: where things are, and how fast time passes."""

    def __init__(self, queue_url, ports, scale):
        self.queue_url = queue_url
        self.ports = ports  # port of each HTTP service, by its host name
        self.scale = scale  # one second of the cloud takes 1/scale seconds
        self._local = threading.local()

    @property
    def redis(self):
        """The queue server: the broker, and the blackboard that faults stand on."""
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.redis = redis.Redis.from_url(self.queue_url, socket_timeout=None)
            self._local.pid = os.getpid()
        return self._local.redis

    def fault(self):
        return (self.redis.get("fault") or b"").decode()

    def work(self, seconds):
        """Takes about so many seconds of the cloud's time."""
        time.sleep(seconds * random.uniform(0.85, 1.15) / self.scale)


cloud = None  # set once, before the services are forked


class MessagingTimeout(Exception):
    """Nobody replied: oslo.messaging's exception of that name."""


# HTTP.


def resolve_names():
    """Lets the names of the HTTP services lead to this machine, as /etc/hosts would."""
    lookup = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        return lookup("127.0.0.1" if host in cloud.ports else host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


def call(method, host, path, check=True, **kwargs):
    """Asks another service over HTTP; osprofiler's adapter traces it."""
    url = f"http://{host}:{cloud.ports[host]}{path}"
    headers = dict(kwargs.pop("headers", {}))
    headers.setdefault("X-Auth-Token", "token")
    r = requests.request(method, url, headers=headers, timeout=60, **kwargs)
    if check:
        r.raise_for_status()
    return r


class _Server(ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass


def serve_http(port, app):
    """Serves app(method, path, request) -> (status, body) behind osprofiler's middleware."""

    @webob.dec.wsgify
    def application(req):
        try:
            status, body = app(req.method, req.path, req)
        except Exception as e:
            status, body = 500, {"error": f"{type(e).__name__}: {e}"}
        return webob.Response(status=status, json_body=body)

    stack = web.WsgiMiddleware(application, hmac_keys=HMAC_KEY, enabled=True)
    server = simple_server.make_server(
        "127.0.0.1", port, stack, server_class=_Server, handler_class=_Quiet
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()


# RPC.


def _trace_info():
    p = profiler.get()
    if not p:
        return None
    return {"hmac_key": p.hmac_key, "base_id": p.get_base_id(), "parent_id": p.get_id()}


def cast(topic, method, **args):
    """Hands a message over and does not wait."""
    message = {"method": method, "args": args, "trace_info": _trace_info()}
    cloud.redis.lpush(f"topic:{topic}", json.dumps(message))


def rpc(topic, method, timeout=20.0, **args):
    """Hands a message over and waits for the reply, for at most so long in the cloud's time."""
    reply = f"reply:{uuid.uuid4()}"
    message = {"method": method, "args": args, "trace_info": _trace_info(), "reply": reply}
    cloud.redis.lpush(f"topic:{topic}", json.dumps(message))
    got = cloud.redis.brpop(reply, timeout=timeout / cloud.scale)
    if got is None:
        raise MessagingTimeout(f"Timed out waiting for a reply to message {method}")
    answer = json.loads(got[1])
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def serve_rpc(topic, manager):
    """Calls the manager's method for each message of a topic, each in a thread of its own."""

    def handle(message):
        info = message["trace_info"]
        if info:
            profiler.init(**info)
        answer = {}
        try:
            answer["result"] = getattr(manager, message["method"])(**message["args"])
        except Exception as e:
            answer["error"] = f"{type(e).__name__}: {e}"
        finally:
            profiler.clean()
        if "reply" in message:
            cloud.redis.lpush(message["reply"], json.dumps(answer))
            cloud.redis.expire(message["reply"], 60)

    def listen():
        while True:
            got = cloud.redis.brpop(f"topic:{topic}", timeout=5)
            if got:
                threading.Thread(target=handle, args=(json.loads(got[1]),), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()


# SQL.


class Database:
    """A project's database, with the time that its statements take."""

    def __init__(self, project, *tables):
        self._url = f"sqlite:///{tempfile.gettempdir()}/cloud-{os.getppid()}-{project}-{os.getpid()}.sqlite"
        self.engine = sqlalchemy.create_engine(self._url, poolclass=sqlalchemy.pool.NullPool)
        with self.engine.begin() as c:
            for t in tables:
                c.execute(sqlalchemy.text(f"CREATE TABLE IF NOT EXISTS {t} (id TEXT, data TEXT)"))
        osprofiler.sqlalchemy.add_tracing(sqlalchemy, self.engine, "db")
        sqlalchemy.event.listen(self.engine, "before_cursor_execute", self._latency)
        self.tables = tables

    def _latency(self, conn, cursor, statement, params, context, executemany):
        cloud.work(0.05 if statement.startswith("SELECT") else 0.08)

    def close(self):
        self.engine.dispose()
        os.unlink(self.engine.url.database)

    def select(self, table, id="x"):
        with self.engine.connect() as c:
            statement = f"SELECT {table}.id, {table}.data FROM {table} WHERE {table}.id = :id"
            return c.execute(sqlalchemy.text(statement), {"id": id}).fetchall()

    def insert(self, table, id="x"):
        with self.engine.begin() as c:
            c.execute(sqlalchemy.text(f"INSERT INTO {table} (id, data) VALUES (:id, '')"), {"id": id})

    def update(self, table, id="x"):
        with self.engine.begin() as c:
            c.execute(sqlalchemy.text(f"UPDATE {table} SET data='x' WHERE {table}.id = :id"), {"id": id})

#!/usr/bin/env python3
"""A cloud of services shaped like OpenStack's, traced by the real osprofiler.

    cloud.py --store redis://127.0.0.1:6379/0 --queue redis://127.0.0.1:6379/1 [--rate 2]

Every service is a process of its own and writes to the store that --store names, a
connection string of osprofiler. With --rate, VMs are asked for so many times a
second, and with --images images, for as long as the process lives. The key "fault" of the queue's server says
what is wrong: slow-glance, silent-l2-agent, token-storm, scheduler-retries or
nothing. One line on stdout says that all services are up.

Linux only: services are forked, so that Python and osprofiler are loaded once.
"""

import argparse
import os
import random
import signal
import socket
import sys
import threading
import time
import uuid

import requests
from oslo_config import cfg
from osprofiler import initializer, opts, profiler, web

import services
import wire


def start(project, service, host, serve, store):
    """Forks a service and returns its process ID."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    socket.gethostname = lambda: host
    random.seed(f"{project} {service} {host}")
    conf = cfg.ConfigOpts()
    opts.set_defaults(conf, enabled=True, trace_sqlalchemy=True, hmac_keys=wire.HMAC_KEY, connection_string=store)
    conf.register_opts(opts._OTLP_OPTS, group="profiler_otlp")
    conf([], project=project)
    conf.set_override("trace_requests", True, group="profiler")
    initializer.init_from_conf(conf, None, project, service, host)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = serve()
    wire.cloud.redis.sadd("up", f"{project}-{service} {host}")
    stop.wait()
    if database:
        database.close()
    flush()
    os._exit(0)


def flush():
    """Sends what an OTLP exporter still holds."""
    if "opentelemetry.trace" in sys.modules:
        provider = sys.modules["opentelemetry.trace"].get_tracer_provider()
        if hasattr(provider, "shutdown"):
            provider.shutdown()


def ask(*requested):
    """What a client with --os-profile asks: method, host and path of each request. The
    client writes no spans: what it asks are the roots of the trace."""
    profiler.init(wire.HMAC_KEY, base_id=str(uuid.uuid4()))
    try:
        for method, host, path in requested:
            requests.request(
                method, f"http://{host}:{wire.cloud.ports[host]}{path}", headers=web.get_trace_id_headers(), timeout=60
            )
    except requests.ConnectionError:
        pass  # the cloud is being stopped
    finally:
        profiler.clean()


def create_vm():
    """openstack server create"""
    ask(("POST", "keystone", "/v3/auth/tokens"), ("POST", "nova", f"/v2.1/{services.PROJECT}/servers"))


def save_image():
    """openstack image save, with a token that it still has"""
    ask(("GET", "glance", f"/v2/images/{services.IMAGES[0]}/file"))


def load(what, rate, stop):
    """Does something at an even pace, a little out of step."""
    due = time.monotonic()
    while not stop.is_set():
        due = max(due + random.uniform(0.7, 1.3) / rate, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
        what()


def create_vms(rate, stop):
    """Asks for VMs, whether or not the last one is there."""
    load(lambda: threading.Thread(target=create_vm, daemon=True).start(), rate, stop)


def save_images(rate, stop):
    """Reads images one after the other: osprofiler's OTLP driver mixes up the ends of what a
    process does at once."""
    load(save_image, rate, stop)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--store", required=True, help="osprofiler's connection string")
    p.add_argument("--queue", required=True, help="Redis that carries the RPC messages")
    p.add_argument("--ports", required=True, help="free ports, one for each HTTP service, comma-separated")
    p.add_argument("--rate", type=float, default=0, help="VMs a second")
    p.add_argument("--images", type=float, default=0, help="images that are read from Glance a second, beside the VMs")
    p.add_argument("--scale", type=float, default=1, help="how many times faster than a cloud's time passes")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    ports = [int(n) for n in args.ports.split(",")]
    if len(ports) < len(services.HTTP):
        p.error(f"{len(services.HTTP)} ports are needed: {', '.join(services.HTTP)}")
    wire.cloud = wire.Cloud(args.queue, dict(zip(services.HTTP, ports)), args.scale)
    wire.resolve_names()
    wire.cloud.redis.delete("up", "fault")
    children = [start(*s, args.store) for s in services.SERVICES]
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    while wire.cloud.redis.scard("up") < len(children) and not stop.is_set():
        time.sleep(0.02)
    print(f"{len(children)} services are up", flush=True)
    random.seed(args.seed)
    for what, rate in ((create_vms, args.rate), (save_images, args.images)):
        if rate > 0:
            threading.Thread(target=what, args=(rate, stop), daemon=True).start()
    stop.wait()
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()

"""The services of the test cloud, shaped like OpenStack's as a VM is created.

Names of classes, methods and trace points are those of the projects. What they do
takes time and leaves traces, and nothing else: no VM comes of it.
"""

import random
import threading
import uuid

from osprofiler import profiler

import wire
from wire import Database, call, cast, rpc, serve_http, serve_rpc


def work(seconds):
    wire.cloud.work(seconds)


def fault():
    return wire.cloud.fault()


def validated(req):
    """keystonemiddleware: asks Keystone whether the token is good. Who does not call this
    remembers it."""
    call("GET", "keystone", "/v3/auth/tokens", headers={"X-Subject-Token": "token"})


# Keystone


@profiler.trace_cls("driver", hide_args=True)
class TokenStore:
    def __init__(self, db):
        self.db = db
        self.lock = threading.Lock()

    def issue(self):
        work(0.1)
        self.db.insert("token")

    def validate(self):
        if fault() == "token-storm":
            # The store forgot which tokens were revoked, and reads event by event.
            for _ in range(12):
                self.db.select("revocation_event")
        work(0.05)
        self.db.select("token")


def keystone():
    db = Database("keystone", "user", "assignment", "token", "revocation_event")
    tokens = TokenStore(db)

    def app(method, path, req):
        if method == "POST":
            db.select("user")
            db.select("assignment")
            work(0.2)  # bcrypt
            tokens.issue()
            return 201, {"token": {}}
        tokens.validate()
        return 200, {"token": {}}

    serve_http(wire.cloud.ports["keystone"], app)
    return db


# Glance


@profiler.trace_cls("store", hide_args=True)
class FileStore:
    def get(self, size):
        work(4.5 if fault() == "slow-glance" else 0.9)


def glance_api():
    db = Database("glance", "images")
    store = FileStore()

    def app(method, path, req):
        db.select("images")
        if path.endswith("/file"):
            store.get(2 << 30)
        return 200, {"status": "active"}

    serve_http(wire.cloud.ports["glance"], app)
    return db


# Nova


@profiler.trace_cls("rpc", hide_args=True)
class ComputeTaskAPI:
    def schedule_and_build_instances(self, instance):
        cast("conductor", "schedule_and_build_instances", instance=instance)


@profiler.trace_cls("compute_api", hide_args=True)
class API:
    def __init__(self, db):
        self.db = db
        self.conductor = ComputeTaskAPI()

    def create(self, instance, image):
        self.db.select("flavors")
        call("GET", "glance", f"/v2/images/{image}")
        self.db.select("quotas")
        call("GET", "neutron", f"/v2.0/networks/{NETWORK}")
        self.db.insert("instance_mappings", instance)
        work(0.15)
        self.conductor.schedule_and_build_instances(instance)


NETWORK = str(uuid.UUID(int=0x6E6574776F726B << 64, version=5))
PROJECT = uuid.UUID(int=0x70726F6A656374 << 64, version=5).hex
IMAGES = [str(uuid.UUID(int=0x696D616765 << 64 | n, version=5)) for n in range(4)]


def nova_api():
    db = Database("nova-api", "flavors", "quotas", "instance_mappings")
    api = API(db)

    def app(method, path, req):
        if path.endswith("/servers"):
            validated(req)
            instance = str(uuid.uuid4())
            api.create(instance, random.choice(IMAGES))
            return 202, {"server": {"id": instance}}
        if path.endswith("/os-server-external-events"):
            db.select("instance_mappings")
            work(0.1)
            return 200, {}
        # Metadata, for whoever asks through the proxy.
        db.select("instance_mappings")
        work(0.1)
        return 200, {}

    serve_http(wire.cloud.ports["nova"], app)
    return db


@profiler.trace_cls("rpc", hide_args=True)
class SchedulerAPI:
    def select_destinations(self, instance):
        return rpc("scheduler", "select_destinations", instance=instance)


@profiler.trace_cls("rpc", hide_args=True)
class ComputeAPI:
    def build_and_run_instance(self, host, instance):
        cast(f"compute.{host}", "build_and_run_instance", instance=instance)


@profiler.trace_cls("rpc", hide_args=True)
class ConductorManager:
    def __init__(self, db):
        self.db = db
        self.scheduler = SchedulerAPI()
        self.compute = ComputeAPI()

    def schedule_and_build_instances(self, instance):
        self.db.select("request_specs", instance)
        host = self.scheduler.select_destinations(instance)
        self.db.insert("instances", instance)
        self.compute.build_and_run_instance(host, instance)

    def object_action(self, instance):
        self.db.update("instances", instance)


def nova_conductor():
    db = Database("nova", "request_specs", "instances")
    serve_rpc("conductor", ConductorManager(db))
    return db


COMPUTE_HOSTS = ["compute-1", "compute-2"]


@profiler.trace_cls("rpc", hide_args=True)
class SchedulerManager:
    def select_destinations(self, instance):
        call("GET", "placement", "/allocation_candidates?resources=VCPU:1")
        self.filter_hosts()
        retries = 4 if fault() == "scheduler-retries" else 0
        for _ in range(retries):
            # It looks at a stale view of the hosts: the claim is refused.
            call("PUT", "placement", f"/allocations/{instance}?stale", check=False)
            self.filter_hosts()
        call("PUT", "placement", f"/allocations/{instance}")
        return random.choice(COMPUTE_HOSTS)

    def filter_hosts(self):
        work(0.3)


def nova_scheduler():
    serve_rpc("scheduler", SchedulerManager())


def placement():
    db = Database("placement", "inventories", "allocations")

    def app(method, path, req):
        if method == "PUT":
            if "stale" in req.query_string:
                db.select("allocations")
                return 409, {"error": "resource provider generation conflict"}
            db.insert("allocations")
            return 204, {}
        db.select("inventories")
        work(0.1)
        return 200, {}

    serve_http(wire.cloud.ports["placement"], app)
    return db


@profiler.trace_cls("rpc", hide_args=True)
class ConductorAPI:
    def object_action(self, instance):
        return rpc("conductor", "object_action", instance=instance)


@profiler.trace_cls("neutron_api", hide_args=True)
class NeutronAPI:
    def allocate_for_instance(self, instance, host):
        port = call("POST", "neutron", "/v2.0/ports").json()["port"]["id"]
        call("PUT", "neutron", f"/v2.0/ports/{port}", json={"host": host})


@profiler.trace_cls("nova_image", hide_args=True)
class GlanceImageServiceV2:
    def download(self, image):
        call("GET", "glance", f"/v2/images/{image}/file")
        work(0.2)


@profiler.trace_cls("volume_api", hide_args=True)
class CinderAPI:
    def attachment_create(self, instance):
        call("POST", "cinder", f"/v3/{PROJECT}/attachments")


@profiler.trace_cls("vif_driver", hide_args=True)
class LibvirtGenericVIFDriver:
    def plug(self):
        work(0.3)


@profiler.trace_cls("driver", hide_args=True)
class LibvirtDriver:
    def __init__(self):
        self.images = GlanceImageServiceV2()
        self.vifs = LibvirtGenericVIFDriver()

    def spawn(self, instance):
        self.images.download(random.choice(IMAGES))
        self.vifs.plug()
        self.create_domain()
        call("GET", "metadata", "/openstack/latest/meta_data.json")

    def create_domain(self):
        work(0.7)


@profiler.trace_cls("rpc", hide_args=True)
class ComputeManager:
    def __init__(self, host):
        self.host = host
        self.conductor = ConductorAPI()
        self.network = NeutronAPI()
        self.volumes = CinderAPI()
        self.driver = LibvirtDriver()

    def build_and_run_instance(self, instance):
        self.network.allocate_for_instance(instance, self.host)
        self.volumes.attachment_create(instance)
        self.driver.spawn(instance)
        self.conductor.object_action(instance)  # active


def nova_compute(host):
    serve_rpc(f"compute.{host}", ComputeManager(host))


# Neutron


@profiler.trace_cls("rpc", hide_args=True)
class DhcpAgentNotifyAPI:
    def port_create_end(self, port):
        cast("dhcp_agent", "port_create_end", port=port)


@profiler.trace_cls("rpc", hide_args=True)
class AgentNotifierApi:
    def port_update(self, host, port):
        return rpc(f"l2_agent.{host}", "port_update", timeout=12.0, port=port)


@profiler.trace_cls("rpc", hide_args=True)
class Ml2Plugin:
    def __init__(self, db):
        self.db = db
        self.dhcp = DhcpAgentNotifyAPI()
        self.agents = AgentNotifierApi()

    def create_port(self, port):
        self.db.select("networks")
        self.db.insert("ports", port)
        self.dhcp.port_create_end(port)

    def update_port(self, port, host):
        self.db.update("ml2_port_bindings", port)
        self.agents.port_update(host, port)


@profiler.trace_cls("rpc", hide_args=True)
class RpcCallbacks:
    def __init__(self, db):
        self.db = db

    def get_device_details(self, port):
        self.db.select("ml2_port_bindings", port)

    def update_device_up(self, port):
        self.db.update("ports", port)
        call("POST", "nova", "/v2.1/os-server-external-events")


def neutron_server():
    db = Database("neutron", "networks", "ports", "ml2_port_bindings")
    plugin = Ml2Plugin(db)
    serve_rpc("plugin", RpcCallbacks(db))

    def app(method, path, req):
        if method == "GET":
            db.select("networks")
            return 200, {}
        work(0.1)
        if method == "POST":
            validated(req)
            port = str(uuid.uuid4())
            plugin.create_port(port)
            return 201, {"port": {"id": port}}
        plugin.update_port(path.rsplit("/", 1)[1], req.json["host"])
        return 200, {}

    serve_http(wire.cloud.ports["neutron"], app)
    return db


@profiler.trace_cls("dnsmasq", hide_args=True)
class Dnsmasq:
    def reload_allocations(self):
        work(0.3)


@profiler.trace_cls("rpc", hide_args=True)
class DhcpAgent:
    def __init__(self):
        self.driver = Dnsmasq()

    def port_create_end(self, port):
        work(0.1)
        self.driver.reload_allocations()


def neutron_dhcp_agent():
    serve_rpc("dhcp_agent", DhcpAgent())


@profiler.trace_cls("rpc", hide_args=True)
class PluginApi:
    def get_device_details(self, port):
        return rpc("plugin", "get_device_details", port=port)

    def update_device_up(self, port):
        return rpc("plugin", "update_device_up", port=port)


@profiler.trace_cls("ovs", hide_args=True)
class OVSBridge:
    def add_port(self):
        work(0.4)

    def install_flows(self):
        work(0.3)


@profiler.trace_cls("rpc", hide_args=True)
class OVSNeutronAgent:
    def __init__(self):
        self.plugin = PluginApi()
        self.bridge = OVSBridge()

    def port_update(self, port):
        if fault() == "silent-l2-agent":
            threading.Event().wait()  # for ever
        self.plugin.get_device_details(port)
        self.bridge.add_port()
        self.bridge.install_flows()
        self.plugin.update_device_up(port)


def neutron_openvswitch_agent(host):
    serve_rpc(f"l2_agent.{host}", OVSNeutronAgent())


def neutron_metadata_agent():
    def app(method, path, req):
        work(0.1)
        call("GET", "nova", path)
        return 200, {}

    serve_http(wire.cloud.ports["metadata"], app)


# Cinder


@profiler.trace_cls("rpc", hide_args=True)
class VolumeAPI:
    def attachment_update(self):
        return rpc("volume", "attachment_update")


def cinder_api():
    db = Database("cinder", "volumes", "volume_attachment")
    volumes = VolumeAPI()

    def app(method, path, req):
        validated(req)
        db.select("volumes")
        db.insert("volume_attachment")
        volumes.attachment_update()
        return 200, {}

    serve_http(wire.cloud.ports["cinder"], app)
    return db


@profiler.trace_cls("driver", hide_args=True)
class LVMVolumeDriver:
    def create_export(self):
        work(0.5)


@profiler.trace_cls("rpc", hide_args=True)
class VolumeManager:
    def __init__(self, db):
        self.db = db
        self.driver = LVMVolumeDriver()

    def attachment_update(self):
        self.db.select("volumes")
        self.driver.create_export()
        self.db.update("volume_attachment")


def cinder_volume():
    db = Database("cinder-volume", "volumes", "volume_attachment")
    serve_rpc("volume", VolumeManager(db))
    return db


# Project, service, host and what is served there.
SERVICES = [
    ("keystone", "public", "controller-1", keystone),
    ("glance", "api", "controller-1", glance_api),
    ("placement", "api", "controller-1", placement),
    ("nova", "api", "controller-2", nova_api),
    ("nova", "conductor", "controller-2", nova_conductor),
    ("nova", "scheduler", "controller-2", nova_scheduler),
    ("nova", "compute", "compute-1", lambda: nova_compute("compute-1")),
    ("nova", "compute", "compute-2", lambda: nova_compute("compute-2")),
    ("neutron", "server", "controller-1", neutron_server),
    ("neutron", "dhcp-agent", "network-1", neutron_dhcp_agent),
    ("neutron", "metadata-agent", "network-1", neutron_metadata_agent),
    ("neutron", "openvswitch-agent", "compute-1", lambda: neutron_openvswitch_agent("compute-1")),
    ("neutron", "openvswitch-agent", "compute-2", lambda: neutron_openvswitch_agent("compute-2")),
    ("cinder", "api", "controller-1", cinder_api),
    ("cinder", "volume", "storage-1", cinder_volume),
]

# Host names of those that answer over HTTP.
HTTP = ["keystone", "glance", "placement", "nova", "neutron", "metadata", "cinder"]

package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// CloudFaults are what can go wrong in the test cloud, by the names that its spans show.
// The service that is blamed is called by its project and its own name.
var CloudFaults = []Fault{
	{
		Name: "slow-glance", Type: "latency", Kind: "own_time",
		Note:   "Glance's store takes 4.5 s to read an image instead of 0.9",
		Causes: []Cause{{Service: "glance-api", Operation: "STORE_FileStore.get"}},
	},
	{
		Name: "silent-l2-agent", Type: "hang",
		Note:   "Neutron's Open vSwitch agents take the message about a new port and never reply; neutron-server gives up after 12 s, and the VM gets no network",
		Causes: []Cause{{Service: "neutron-openvswitch-agent", Operation: "RPC_OVSNeutronAgent.port_update"}},
	},
	{
		Name: "token-storm", Type: "structure", Kind: "structure",
		Note:   "Keystone's token store reads its revocation events one by one, twelve queries for each token that it validates",
		Causes: []Cause{{Service: "keystone-public", Operation: "DRIVER_TokenStore.validate"}},
	},
	{
		Name: "scheduler-retries", Type: "structure", Kind: "structure",
		Note:   "Nova's scheduler looks at a stale view of the hosts: Placement refuses four claims (409) before one succeeds",
		Causes: []Cause{{Service: "nova-scheduler", Operation: "RPC_SchedulerManager.select_destinations"}},
	},
}

// cloudPorts is how many services of the cloud answer over HTTP.
const cloudPorts = 7

// CloudConfig says how a cloud is run.
type CloudConfig struct {
	Store  string  // osprofiler's connection string
	Rate   float64 // VMs a second
	Images float64 // images read from Glance a second, beside the VMs
	Scale  float64 // how many times faster than a real cloud's its time passes
	Seed   int
}

// Cloud is a running e2e/openstack/cloud.py.
type Cloud struct {
	*Process
	board *redis.Client
}

// StartCloud starts the services, which pass their messages through the queue's second
// database, and returns when all are up. e2e is this module's directory.
func StartCloud(ctx context.Context, e2e, dir string, queue *Redis, c CloudConfig) (*Cloud, error) {
	python, err := Python(filepath.Join(e2e, ".."))
	if err != nil {
		return nil, err
	}
	free, err := FreePorts(cloudPorts)
	if err != nil {
		return nil, err
	}
	var ports []string
	for _, p := range free {
		ports = append(ports, strconv.Itoa(p))
	}
	board := redis.NewClient(&redis.Options{Addr: queue.Addr, DB: 1})
	p, err := StartProcess("cloud", dir, python, nil, filepath.Join(e2e, "openstack", "cloud.py"),
		"--store", c.Store, "--queue", queue.URL(1), "--ports", strings.Join(ports, ","),
		"--rate", strconv.FormatFloat(c.Rate, 'g', -1, 64),
		"--images", strconv.FormatFloat(c.Images, 'g', -1, 64), "--scale", strconv.FormatFloat(c.Scale, 'g', -1, 64), "--seed", strconv.Itoa(c.Seed))
	if err != nil {
		return nil, err
	}
	err = p.wait(ctx, "its log", func(context.Context) error {
		log, err := os.ReadFile(p.Log)
		if err == nil && !bytes.Contains(log, []byte("services are up")) {
			err = errors.New("not all services are up")
		}
		return err
	})
	if err != nil {
		p.Stop()
		return nil, err
	}
	return &Cloud{p, board}, nil
}

// Break makes a fault, by its name, or ends it: "".
func (c *Cloud) Break(ctx context.Context, fault string) (time.Time, error) {
	if err := c.board.Set(ctx, "fault", fault, 0).Err(); err != nil {
		return time.Time{}, fmt.Errorf("telling the cloud of %q: %w", fault, err)
	}
	return time.Now(), nil
}

// Stop ends all services.
func (c *Cloud) Stop() {
	c.Process.Stop()
	_ = c.board.Close()
}

package rig

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
)

// Ports are handed out from below those that the system gives to outgoing connections:
// one of these could be taken between the moment in which it was found free and that in
// which a server, perhaps built in between, listens on it.
const (
	firstPort = 20_000
	lastPort  = 32_767 // Linux gives 32768 and above to connections, unless told otherwise
)

// ports is where the search goes on. It begins anywhere, so that two test binaries
// hardly meet.
var ports = struct {
	sync.Mutex
	next int
}{next: firstPort + rand.IntN(lastPort-firstPort)}

// FreePorts returns n ports of 127.0.0.1 on which nobody listens now. No port comes
// twice until all others have come.
func FreePorts(n int) ([]int, error) {
	last, err := belowConnections()
	if err != nil {
		return nil, err
	}
	ports.Lock()
	defer ports.Unlock()
	out := make([]int, 0, n)
	for range last - firstPort + 1 {
		if len(out) == n {
			return out, nil
		}
		if ports.next > last {
			ports.next = firstPort
		}
		port := ports.next
		ports.next++
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // somebody listens there
		}
		_ = l.Close()
		out = append(out, port)
	}
	return nil, fmt.Errorf("looking for %d free ports: %d are left from %d to %d", n, len(out), firstPort, last)
}

// belowConnections is the last port that no outgoing connection is given.
func belowConnections() (int, error) {
	const setting = "/proc/sys/net/ipv4/ip_local_port_range"
	b, err := os.ReadFile(setting)
	if errors.Is(err, os.ErrNotExist) {
		return lastPort, nil // not Linux: the others begin at 49152
	} else if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	var from, to int
	if _, err := fmt.Sscan(string(b), &from, &to); err != nil {
		return 0, fmt.Errorf("looking for a free port: %s: %w", setting, err)
	}
	const fewest = 1000
	if from < firstPort+fewest {
		return lastPort, nil // connections are given these too; nothing is better
	}
	return min(from-1, lastPort), nil
}

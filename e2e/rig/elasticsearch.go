package rig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The real Elasticsearch, in its last version under the Apache licence, is on Maven
// Central as libraries; a runner for tests of the same version starts it as a server.
const (
	elasticVersion = "7.10.2.0" // of the runner
	elasticSum     = "0fdecb7e644d3a2c91a2dfb3cbafa923584a3696df12dce105a9aa04a714240c"
	elasticMain    = "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner"

	// The runner looks for a port of its own from the one it is told up to 9299.
	elasticFirst, elasticLast = 9201, 9299
)

const elasticPOM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rig</groupId>
  <artifactId>elasticsearch</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.codelibs</groupId>
      <artifactId>elasticsearch-cluster-runner</artifactId>
      <version>` + elasticVersion + `</version>
    </dependency>
  </dependencies>
</project>
`

// FetchElasticsearch has Maven put the server's jars into a directory below cache, unless
// they are there, and returns it.
func FetchElasticsearch(ctx context.Context, cache string) (jars string, err error) {
	jars, err = filepath.Abs(filepath.Join(cache, "elasticsearch-"+elasticVersion))
	if err != nil {
		return "", err
	}
	if sum, err := jarsSum(jars); err == nil && sum == elasticSum {
		return jars, nil
	}
	pom := filepath.Join(jars, "pom.xml")
	if err := os.RemoveAll(jars); err != nil {
		return "", err
	}
	if err := os.MkdirAll(jars, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(pom, []byte(elasticPOM), 0o644); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", pom,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies", "-DoutputDirectory="+jars)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetching Elasticsearch: %w\n%s", err, out)
	}
	sum, err := jarsSum(jars)
	if err == nil && sum != elasticSum {
		err = fmt.Errorf("the sum of its jars is %s, not %s", sum, elasticSum)
	}
	if err != nil {
		return "", fmt.Errorf("fetching Elasticsearch: %w", err)
	}
	return jars, nil
}

// jarsSum is the SHA-256 of what sha256sum says of a directory's jars.
func jarsSum(dir string) (string, error) {
	jars, err := filepath.Glob(filepath.Join(dir, "*.jar"))
	if err != nil {
		return "", err
	}
	all := sha256.New()
	for _, jar := range jars { // by name
		b, err := os.ReadFile(jar)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%x  %s\n", sha256.Sum256(b), filepath.Base(jar))
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// Elasticsearch is a running server of one node, empty.
type Elasticsearch struct {
	*Process
	Addr string // host:port
}

// StartElasticsearch starts a server with its data and log below dir.
func StartElasticsearch(ctx context.Context, jars, dir string) (*Elasticsearch, error) {
	port, err := elasticPort()
	if err != nil {
		return nil, err
	}
	p, err := StartProcess("elasticsearch", dir, "java", nil, "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-cp", filepath.Join(jars, "*"), elasticMain, "-numOfNode", "1", "-baseHttpPort", strconv.Itoa(port-1),
		"-basePath", filepath.Join(dir, "elasticsearch"), "-clusterName", filepath.Base(dir))
	if err != nil {
		return nil, err
	}
	e := &Elasticsearch{p, fmt.Sprintf("127.0.0.1:%d", port)}
	err = p.answers(ctx, "http://"+e.Addr+"/_cluster/health?wait_for_status=yellow")
	if err == nil {
		err = e.takeWhatComes(ctx)
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return e, nil
}

// takeWhatComes lets the server write although its disk is nearly full: others fill it, and
// it takes nothing more from 95 % on.
func (e *Elasticsearch) takeWhatComes(ctx context.Context) error {
	body := strings.NewReader(`{"transient":{"cluster.routing.allocation.disk.threshold_enabled":false}}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+e.Addr+"/_cluster/settings", body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("setting up Elasticsearch: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("setting up Elasticsearch: %s: %s", resp.Status, said)
	}
	return nil
}

// elasticPort is a free port that the runner takes.
func elasticPort() (int, error) {
	for port := elasticFirst; port <= elasticLast; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // somebody listens there
		}
		return port, l.Close()
	}
	return 0, errors.New("no port is free from 9201 to 9299")
}

package jaeger

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// hotrodLoad is how long HotROD is driven: long enough that the cost of getting to
// know six services does not decide the figure.
const hotrodLoad = 90 * time.Second

// On HotROD, six services of which one owns the traces, what is received is at most
// 1.3 times what is used, read live with second looks.
func TestAmplificationOnHotROD(t *testing.T) {
	bin := os.Getenv("CULPRIT_HOTROD_BIN")
	if bin == "" {
		t.Skip("needs HotROD: set CULPRIT_HOTROD_BIN to its binary; takes two minutes")
	}
	j := startJaeger(t, 50_000)
	frontend := startHotROD(t, bin, j)
	cfg := DefaultConfig()
	cfg.Endpoints = []string{"http://" + j.web, "grpc://" + j.grpc}
	cfg.Step, cfg.Settle, cfg.SecondLook = 10*time.Second, 8*time.Second, 2*time.Second
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	k := newSink(began.Add(hotrodLoad + cfg.Step))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx, began, k.deliver) })
	requests := 0
	for tick := time.NewTicker(200 * time.Millisecond); time.Since(began) < hotrodLoad; <-tick.C {
		requests++
		wg.Go(func() {
			resp, err := http.Get("http://" + frontend + "/dispatch?customer=392")
			if err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	select {
	case <-k.reached:
	case <-time.After(time.Minute):
		t.Error("the watermark has not passed the load a minute after its end")
	}
	cancel()
	wg.Wait()
	st := s.Status()
	ratio := float64(st.SpansReceived) / float64(st.SpansUsed)
	t.Logf("%d requests; %s; received %d spans, used %d (%.3f), %d traces; warnings %v",
		requests, st.Protocol, st.SpansReceived, st.SpansUsed, ratio, st.TracesUsed, st.Warnings)
	if int(st.TracesUsed) < requests {
		t.Errorf("%d requests gave only %d traces", requests, st.TracesUsed)
	}
	if ratio > 1.3 {
		t.Errorf("amplification is %.3f, want at most 1.3", ratio)
	}
}

// startHotROD runs all services on free ports and returns the frontend's address.
func startHotROD(t *testing.T, bin string, j *realJaeger) (frontend string) {
	t.Helper()
	args := []string{"all", "-D", "50ms", "-W", "100", "-M"}
	for _, name := range []string{"customer", "driver", "route", "frontend"} {
		frontend = freeAddr(t)
		_, port, _ := net.SplitHostPort(frontend)
		args = append(args, "--"+name+"-service-hostname", "127.0.0.1", "--"+name+"-service-port", port)
	}
	cmd := exec.Command(bin, args...)
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+j.otlp)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	eventually(t, "HotROD answers", func() bool {
		resp, err := http.Get("http://" + frontend + "/")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	return frontend
}

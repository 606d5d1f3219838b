// Command cloudtrace answers as Google Cloud Trace does, at the address in CLOUDTRACE_ADDRESS,
// with the story that it is told: culprit asks it with Google's own client library. The
// answers are made of the story by the API's documentation and types; none is recorded
// from Google.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/trace/apiv1/tracepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"culprit/e2e/sources/story"
)

func main() {
	if err := run(os.Getenv("CLOUDTRACE_ADDRESS")); err != nil {
		fmt.Fprintln(os.Stderr, "cloudtrace:", err)
		os.Exit(1)
	}
}

func run(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	a := &api{ids: rand.New(rand.NewPCG(1, 1)), byID: map[string]*tracepb.Trace{}}
	s := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(s, a)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	err = story.Listen(func(t story.Trace) error { a.add(t); return nil })
	s.Stop()
	return errors.Join(err, <-ended)
}

// api holds the traces in the order in which they ended.
type api struct {
	tracepb.UnimplementedTraceServiceServer

	mu     sync.Mutex
	ids    *rand.Rand
	traces []*tracepb.Trace
	byID   map[string]*tracepb.Trace
}

var kinds = map[string]tracepb.TraceSpan_SpanKind{"server": tracepb.TraceSpan_RPC_SERVER, "client": tracepb.TraceSpan_RPC_CLIENT}

// labels are what OpenTelemetry's exporter makes of resource and attributes.
func labels(s story.Span) map[string]string {
	l := map[string]string{"g.co/r/generic_task/job": s.Service, "g.co/r/generic_task/task_id": s.Instance, "g.co/agent": "story"}
	for k, v := range s.Attributes {
		l[k] = v
	}
	return l
}

func (a *api) add(t story.Trace) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], a.ids.Uint64())
	binary.BigEndian.PutUint64(id[8:], a.ids.Uint64())
	out := &tracepb.Trace{ProjectId: "shop", TraceId: fmt.Sprintf("%x", id)}
	for i, s := range t.Spans {
		out.Spans = append(out.Spans, &tracepb.TraceSpan{
			SpanId: uint64(i + 1), ParentSpanId: uint64(s.Parent + 1), Kind: kinds[s.Kind], Name: s.Name,
			StartTime: timestamppb.New(s.From()), EndTime: timestamppb.New(s.To()), Labels: labels(s),
		})
	}
	a.traces = append(a.traces, out)
	a.byID[out.TraceId] = out
}

// most is how many traces a page holds, whatever is asked for.
const most = 25

func (a *api) ListTraces(_ context.Context, in *tracepb.ListTracesRequest) (*tracepb.ListTracesResponse, error) {
	if in.ProjectId != "shop" {
		return nil, status.Error(codes.PermissionDenied, "the project is not known")
	}
	from, err := strconv.Atoi("0" + in.PageToken)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "the page token is bad")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &tracepb.ListTracesResponse{}
	for i := from; i < len(a.traces); i++ {
		root := a.traces[i].Spans[0]
		if !overlap(root.StartTime.AsTime(), root.EndTime.AsTime(), in.StartTime.AsTime(), in.EndTime.AsTime()) {
			continue
		}
		if len(out.Traces) == min(most, int(in.PageSize)) {
			out.NextPageToken = strconv.Itoa(i)
			break
		}
		t := a.traces[i]
		if in.View != tracepb.ListTracesRequest_COMPLETE {
			t = &tracepb.Trace{ProjectId: t.ProjectId, TraceId: t.TraceId}
		}
		out.Traces = append(out.Traces, t)
	}
	return out, nil
}

func (a *api) GetTrace(_ context.Context, in *tracepb.GetTraceRequest) (*tracepb.Trace, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.byID[in.TraceId]; t != nil && in.ProjectId == "shop" {
		return t, nil
	}
	return nil, status.Error(codes.NotFound, "there is no such trace")
}

func overlap(from, to, begin, end time.Time) bool { return !to.Before(begin) && !from.After(end) }

package zipkin

import (
	"context"
	"fmt"
	"mime"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	format "culprit/internal/format/zipkin"
	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/model"
)

// ReceiverConfig says where spans are received.
type ReceiverConfig struct {
	// HTTP is the address to listen on, HOST:PORT. Only this machine reaches 127.0.0.1.
	HTTP string `yaml:"http"`

	receive.Config `yaml:",inline"`
}

// DefaultReceiverConfig listens on the usual port of a Zipkin server, for this machine only.
func DefaultReceiverConfig() ReceiverConfig {
	return ReceiverConfig{HTTP: "127.0.0.1:9411", Config: receive.DefaultConfig()}
}

// UnmarshalYAML reads an entry of the configuration over the defaults.
func (c *ReceiverConfig) UnmarshalYAML(read func(any) error) error {
	type plain ReceiverConfig
	*c = DefaultReceiverConfig()
	return read((*plain)(c))
}

var _ source.Source = (*Receiver)(nil)

// Receiver is sent spans.
type Receiver struct {
	cfg   ReceiverConfig
	inbox *receive.Inbox
}

// NewReceiver checks the configuration; it does not listen yet.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	if err := receive.CheckAddress("http", cfg.HTTP); err != nil {
		return nil, fmt.Errorf("zipkin receiver: %w", err)
	}
	inbox, err := receive.New("zipkin_receiver "+cfg.HTTP, "Zipkin v1 and v2 over HTTP", cfg.Config)
	if err != nil {
		return nil, err
	}
	return &Receiver{cfg: cfg, inbox: inbox}, nil
}

// Run listens and delivers until ctx ends. What was before cannot be asked for.
func (r *Receiver) Run(ctx context.Context, _ time.Time, deliver source.Deliver) error {
	warn := r.inbox.BadSpan
	readJSON := func(raw []byte) (ptrace.Traces, error) { return format.ReadJSON(raw, warn) }
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v2/spans", r.post(map[string]receive.Decoder{
		"application/json":       readJSON,
		"application/x-protobuf": func(raw []byte) (ptrace.Traces, error) { return format.ReadProto(raw, warn) },
	}))
	mux.HandleFunc("POST /api/v1/spans", r.post(map[string]receive.Decoder{
		"application/json":     readJSON,
		"application/x-thrift": func(raw []byte) (ptrace.Traces, error) { return readThrift(raw, warn) },
	}))
	return r.inbox.Run(ctx, deliver, r.inbox.HTTP(r.cfg.HTTP, mux))
}

// post takes messages of the given types. Without a type a message is JSON, as Zipkin's
// server has it.
func (r *Receiver) post(decoders map[string]receive.Decoder) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		kind := "application/json"
		if said := req.Header.Get("Content-Type"); said != "" {
			var err error
			if kind, _, err = mime.ParseMediaType(said); err != nil {
				kind = said
			}
		}
		decode := decoders[kind]
		if decode == nil {
			http.Error(w, fmt.Sprintf("content type %.60q is not taken here", kind), http.StatusUnsupportedMediaType)
			return
		}
		if _, err := r.inbox.TakeHTTP(w, req, decode); err != nil {
			receive.WriteError(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

// Status is how receiving goes.
func (r *Receiver) Status() model.SourceStatus { return r.inbox.Status() }

// Addr is where it listens, nil until it does.
func (r *Receiver) Addr() net.Addr { return r.inbox.Addr(r.cfg.HTTP) }

package lightstep

import (
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protowire"

	"culprit/internal/source"
	"culprit/internal/source/receive"
	"culprit/internal/source/receive/receivetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// field is a field of a message that is a text or a message itself.
func field(n protowire.Number, parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

func number(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

// report is one of a tracer, with so many spans of now.
func report(spans int) []byte {
	b := field(1, number(1, 7), field(4, field(1, []byte("lightstep.component_name")), field(2, []byte("shop"))))
	for i := range spans {
		b = append(b, field(3, field(1, number(1, uint64(i+1)), number(2, 5)), field(2, []byte("pay")), field(4, number(1, uint64(time.Now().Unix()))), number(5, 9))...)
	}
	return b
}

func open(cfg receive.Config) (source.Source, func() net.Addr, error) {
	s, err := New(Config{HTTP: "127.0.0.1:0", Config: cfg})
	if err != nil {
		return nil, nil, err
	}
	return s, s.Addr, nil
}

func TestReports(t *testing.T) {
	for _, kind := range []string{"application/octet-stream", "application/x-protobuf"} {
		t.Run(kind, func(t *testing.T) {
			receivetest.Check(t, receivetest.Sender{
				Open: open, Message: report, Garbage: []byte("no report"),
				Send: receivetest.HTTP("/api/v2/reports", kind, func(token string) (string, string) { return "Lightstep-Access-Token", token }),
			})
		})
	}
}

package otlp

import (
	"mime"
	"net/http"
	"strconv"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"culprit/internal/source/receive"
)

const (
	typeProto = "application/x-protobuf"
	typeJSON  = "application/json"
)

// handler serves POST /v1/traces.
func (s *Source) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", s.post)
	return mux
}

func (s *Source) post(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	decode := receive.Decoder(fromProto)
	switch {
	case err == nil && kind == typeProto:
	case err == nil && kind == typeJSON:
		decode = fromJSON
	default:
		http.Error(w, "content type: want "+typeProto+" or "+typeJSON, http.StatusUnsupportedMediaType)
		return
	}
	receipt, err := s.inbox.TakeHTTP(w, r, decode)
	if err != nil {
		refuse(w, kind, err)
		return
	}
	out := answer(receipt)
	var body []byte
	if kind == typeJSON {
		body, err = out.MarshalJSON()
	} else {
		body, err = out.MarshalProto()
	}
	if err != nil {
		refuse(w, kind, err)
		return
	}
	write(w, kind, http.StatusOK, body)
}

// refuse answers with an error in the sender's encoding, as a google.rpc.Status.
func refuse(w http.ResponseWriter, kind string, err error) {
	code, after := receive.HTTPStatus(err)
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(after))
	}
	s := status.Convert(receive.GRPCError(err)).Proto()
	var body []byte
	if kind == typeJSON {
		s.Details = nil // the header says it, and not every reader of JSON knows the types
		body, err = protojson.Marshal(s)
	} else {
		body, err = proto.Marshal(s)
	}
	if err != nil {
		http.Error(w, s.GetMessage(), code)
		return
	}
	write(w, kind, code, body)
}

func write(w http.ResponseWriter, kind string, code int, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body) // a sender that has gone sends again
}

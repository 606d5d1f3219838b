package jaegerrecv

import (
	"mime"
	"net/http"

	"culprit/internal/source/receive"
)

// handler serves POST /api/traces, as Jaeger's collector does.
func (s *Source) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/traces", func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/x-thrift" && kind != "application/vnd.apache.thrift.binary" {
			http.Error(w, "content type: want application/x-thrift or application/vnd.apache.thrift.binary", http.StatusUnsupportedMediaType)
			return
		}
		if _, err := s.inbox.TakeHTTP(w, r, readBatch); err != nil {
			receive.WriteError(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

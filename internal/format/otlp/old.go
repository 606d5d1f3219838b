package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// fields is an object of JSON, its values as they were written.
type fields = map[string]json.RawMessage

// isOld reports whether a request has the form of OTLP before 0.15 (2022), in which scopes
// were instrumentation libraries. pdata passes over what it does not know, and so would find
// no span in it.
func isOld(raw []byte) bool { return bytes.Contains(raw, []byte(`"instrumentationLibrarySpans"`)) }

// modern writes such a request in today's form. Jaeger's api_v3 of that time has IDs in
// base64, as protobuf's own JSON does: these become hex, too.
func modern(raw []byte) ([]byte, error) {
	var request fields
	if err := json.Unmarshal(raw, &request); err != nil {
		return nil, err
	}
	err := inside(request, "resourceSpans", func(resource fields) error {
		rename(resource, "instrumentationLibrarySpans", "scopeSpans")
		return inside(resource, "scopeSpans", func(scope fields) error {
			rename(scope, "instrumentationLibrary", "scope")
			return inside(scope, "spans", func(span fields) error {
				if err := hexIDs(span); err != nil {
					return err
				}
				return inside(span, "links", hexIDs)
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(request)
}

// inside changes each object of the list at key, if there is one.
func inside(of fields, key string, change func(fields) error) error {
	if of[key] == nil {
		return nil
	}
	var list []fields
	err := json.Unmarshal(of[key], &list)
	for i := 0; err == nil && i < len(list); i++ {
		err = change(list[i])
	}
	if err == nil {
		of[key], err = json.Marshal(list)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// rename gives a value its new name, unless there is one under that.
func rename(of fields, from, to string) {
	if v, ok := of[from]; ok && of[to] == nil {
		delete(of, from)
		of[to] = v
	}
}

// hexIDs rewrites the IDs of a span or link that are in base64: 16 bytes are 24 letters
// there and 32 in hex, 8 bytes are 12 and 16.
func hexIDs(of fields) error {
	for _, key := range []string{"traceId", "spanId", "parentSpanId"} {
		var id string
		if of[key] == nil || json.Unmarshal(of[key], &id) != nil || len(id) != 24 && len(id) != 12 {
			continue // pdata says what is wrong with it, if anything is
		}
		b, err := base64.StdEncoding.DecodeString(id)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		of[key] = json.RawMessage(`"` + hex.EncodeToString(b) + `"`)
	}
	return nil
}

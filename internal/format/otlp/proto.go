package otlp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxMessage is the largest request, compressed or not.
const maxMessage = 256 << 20

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// DecodeProto reads length-delimited requests and emits them one by one. A request
// that cannot be read is left out and passed to warn with its number, from 1, in
// place of a line. The error is for a stream in which nothing could be read, for a
// length that cannot be one, or from emit.
func DecodeProto(r io.Reader, emit func(ptrace.Traces) error, warn func(record int, err error)) error {
	var unzip *zstd.Decoder
	defer func() {
		if unzip != nil {
			unzip.Close()
		}
	}()
	var buf bytes.Buffer
	for n, read := 1, 0; ; n++ {
		if err := message(r, &buf); err != nil {
			switch {
			case err == io.EOF && n > 1:
				return nil
			case err == io.EOF:
				return errors.New("otlp: the file is empty")
			case errors.Is(err, io.ErrUnexpectedEOF) && read > 0:
				warn(n, fmt.Errorf("otlp message: truncated: %w", err))
				return nil
			}
			return fmt.Errorf("otlp: message %d: %w", n, err)
		}
		raw := buf.Bytes()
		var err error
		if bytes.HasPrefix(raw, zstdMagic) {
			if unzip == nil {
				if unzip, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxMessage)); err != nil {
					return fmt.Errorf("otlp: %w", err)
				}
			}
			raw, err = unzip.DecodeAll(raw, nil)
		}
		var td ptrace.Traces
		switch {
		case err != nil:
		case len(raw) > 0 && raw[0] == '{':
			td, err = unmarshalJSON(raw)
		default:
			u := ptrace.ProtoUnmarshaler{}
			td, err = u.UnmarshalTraces(raw)
		}
		if err != nil {
			warn(n, fmt.Errorf("otlp message: %w", err))
			continue
		}
		read++
		if err := emit(td); err != nil {
			return err
		}
	}
}

// message reads the next message into buf. Memory follows what is there, not what
// the length claims.
func message(r io.Reader, buf *bytes.Buffer) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > maxMessage {
		return fmt.Errorf("its length of %d bytes is above %d: this is no length-delimited protobuf", size, maxMessage)
	}
	buf.Reset()
	if _, err := io.CopyN(buf, r, size); err == io.EOF {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	return nil
}

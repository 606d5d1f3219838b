package app

import (
	"context"

	"culprit/internal/engine"
	"culprit/internal/source"
	"culprit/internal/source/jaeger"
)

// jaegerStretch is a stretch of what a Jaeger holds, read once as a recording is.
type jaegerStretch struct {
	src *jaeger.Source
	in  engine.Stretch
}

// JaegerStretch makes a recording of what a Jaeger holds of a stretch of time. It asks
// nothing before it is read.
func JaegerStretch(cfg jaeger.Config, in engine.Stretch) (Recording, error) {
	src, err := jaeger.New(cfg)
	if err != nil {
		return nil, err
	}
	return jaegerStretch{src, in}, nil
}

// Read fetches the stretch, oldest first.
func (j jaegerStretch) Read(ctx context.Context, take func(source.Batch) error) error {
	return j.src.Fetch(ctx, j.in.From, j.in.To, func(_ context.Context, b source.Batch) error { return take(b) })
}

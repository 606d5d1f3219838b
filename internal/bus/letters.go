package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"culprit/model"
)

// PutLetter keeps a dead letter. One with the same ID is replaced.
func (b *Bus) PutLetter(ctx context.Context, l model.DeadLetter) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	data, err := json.Marshal(l)
	if err == nil {
		_, err = b.letters.Put(ctx, l.ID, data)
	}
	if err != nil {
		return fmt.Errorf("dead letter %s: %w", l.ID, err)
	}
	return nil
}

// DropLetter forgets a dead letter; one that is not there is forgotten already.
func (b *Bus) DropLetter(ctx context.Context, id string) error {
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	if err := b.letters.Purge(ctx, id); err != nil {
		return fmt.Errorf("dead letter %s: %w", id, err)
	}
	return nil
}

// Letters lists the dead letters, oldest first.
func (b *Bus) Letters(ctx context.Context) ([]model.DeadLetter, error) {
	ctx, cancel := b.under(ctx)
	defer cancel()
	ctx, stop := short(ctx)
	defer stop()
	keys, err := b.letters.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	var ids []string
	for k := range keys.Keys() {
		ids = append(ids, k)
	}
	out := []model.DeadLetter{}
	for _, id := range ids {
		e, err := b.letters.Get(ctx, id)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // taken meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("dead letter %s: %w", id, err)
		}
		var l model.DeadLetter
		if err := json.Unmarshal(e.Value(), &l); err != nil {
			b.log.Warn("a dead letter cannot be read", "key", id, "error", err)
			continue
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b model.DeadLetter) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

package notify

import (
	"context"
	"slices"
	"sync"

	"culprit/model"
)

// Letters keeps dead letters beyond the life of the process.
type Letters interface {
	// PutLetter keeps a letter; one with the same ID is replaced.
	PutLetter(ctx context.Context, l model.DeadLetter) error
	// DropLetter forgets a letter, also one that is not there.
	DropLetter(ctx context.Context, id string) error
	// Letters lists all, oldest first.
	Letters(ctx context.Context) ([]model.DeadLetter, error)
}

// maxLetters bounds the dead letters; the oldest go.
const maxLetters = 10_000

// box is the dead letters as they are kept, with a copy here for those who count them.
type box struct {
	kept Letters

	mu  sync.Mutex
	all []model.DeadLetter
}

// load reads what is kept.
func (b *box) load(ctx context.Context) error {
	all, err := b.kept.Letters(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = all
	return nil
}

// keep adds a letter, and lets go of the oldest when there are too many.
func (b *box) keep(ctx context.Context, l model.DeadLetter) error {
	if err := b.kept.PutLetter(ctx, l); err != nil {
		return err
	}
	b.mu.Lock()
	b.all = slices.DeleteFunc(b.all, func(o model.DeadLetter) bool { return o.ID == l.ID })
	b.all = append(b.all, l)
	old := slices.Clone(b.all[:max(0, len(b.all)-maxLetters)])
	b.mu.Unlock()
	for _, o := range old {
		if err := b.drop(ctx, o.ID); err != nil {
			return err
		}
	}
	return nil
}

func (b *box) drop(ctx context.Context, id string) error {
	if err := b.kept.DropLetter(ctx, id); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = slices.DeleteFunc(b.all, func(o model.DeadLetter) bool { return o.ID == id })
	return nil
}

func (b *box) list() []model.DeadLetter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]model.DeadLetter{}, b.all...)
}

// of counts the letters to a receiver.
func (b *box) of(target, host string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.all {
		if b.all[i].Target == target && b.all[i].Receiver == host {
			n++
		}
	}
	return n
}

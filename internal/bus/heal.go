package bus

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"culprit/model"
)

// Heal compares incidents, as their owner last had them acknowledged, with the log,
// appends what the log lacks, and returns how many revisions that were. A broker
// that lost acknowledged writes is whole again afterwards, as far as states go: a
// revision that is in the log need not have its predecessors there.
//
// It is cheap (one small read for each incident) and meant to be called now and then.
func (b *Bus) Heal(ctx context.Context, open []model.Incident) (healed int, err error) {
	open = slices.SortedFunc(slices.Values(open), func(a, b model.Incident) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Revision, b.Revision))
	})
	var errs []error
	for _, in := range open {
		lacked, err := b.append(ctx, in, true)
		if lacked {
			healed++
			b.log.Warn("incident log had lost a revision, appended it again", "incident", in.ID, "revision", in.Revision)
		}
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return healed, errors.Join(errs...)
}

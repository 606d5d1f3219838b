package graph

import "math/bits"

// idTable finds the items of a span ID by open addressing. It holds item indexes plus
// one; further items with the same ID are chained as twins.
type idTable struct {
	slots []int32
	shift uint
}

// reset empties the table and makes room for n IDs at a load of at most one half.
func (t *idTable) reset(n int) {
	size := 1 << bits.Len(uint(max(2*n-1, 7)))
	t.shift = uint(64 - bits.TrailingZeros(uint(size)))
	t.slots = grow(t.slots, size)
	clear(t.slots)
}

// slot returns where the first item with that ID is or would be: 0 if there is none.
func (t *idTable) slot(id uint64, items []item) *int32 {
	// Random IDs spread by themselves; Fibonacci hashing also spreads counted ones.
	for i := int(id * 0x9e3779b97f4a7c15 >> t.shift); ; i = (i + 1) & (len(t.slots) - 1) {
		if at := t.slots[i]; at == 0 || items[at-1].id == id {
			return &t.slots[i]
		}
	}
}

// find returns the first item with that ID, or none.
func (t *idTable) find(id uint64, items []item) int32 { return *t.slot(id, items) - 1 }

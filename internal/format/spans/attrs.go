package spans

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"culprit/internal/format/opname"
	"culprit/model"
)

// maxNumber is the first number with so many digits that it is an id or a
// measurement and no dimension.
const maxNumber = 1_000_000

// rankResource comes after the ranks of span attributes: see rankOf.
const rankResource = 2

// key is what the converter knows about an attribute key.
type key struct {
	name     string
	rule     keyRule
	rank     uint8
	slot     slot // of identityKeys
	resource bool // a dimension where it stands on a resource

	numbered  bool
	sym       model.Sym
	unbounded bool // too many values, or too many keys: never a dimension again
	strs      map[string]model.Sym
	ints      map[int64]model.Sym
}

// dim is an attribute of the span at hand that could be a dimension.
type dim struct {
	key   *key
	rank  uint8
	value pcommon.Value
}

// maxExpected bounds what an operation remembers of its attributes.
const maxExpected = 64

// expect is key for the i-th attribute of a span of op. Spans of one operation mostly
// have the same attributes in the same order, and comparing a name is cheaper than
// hashing it.
func (c *Converter) expect(op *operation, i int, name string) *key {
	if i < len(op.keys) && op.keys[i].name == name {
		return op.keys[i]
	}
	k := c.key(name)
	if i < maxExpected {
		op.keys = append(op.keys[:min(i, len(op.keys))], k)
	}
	return k
}

// key looks a key up in the tables, once.
func (c *Converter) key(name string) *key {
	if k, ok := c.keys[name]; ok {
		return k
	}
	name = strings.Clone(name)
	k := &key{name: name, rule: ruleOf(name), rank: rankOf(name)}
	k.slot = identitySlots[name]
	k.resource = (k.slot.part == noPart || name == "k8s.node.name") && !hasPrefix(name, resourceNoise) && len(name) <= maxKeyBytes && k.rule.use != noise
	if keep, ok := c.forced[name]; ok {
		k.resource = keep
		k.rule.use = noise
		if keep {
			k.rule.use, k.rank = dimension, 0
		}
	}
	c.keys[name] = k
	return k
}

func (k *key) isDimension(kind model.Kind) bool {
	switch k.rule.use {
	case dimension:
		return true
	case clientOnly:
		return kind == model.KindClient || kind == model.KindProducer
	}
	return false
}

// choose returns the dimensions of the span at hand, at most MaxAttrs, by key name.
// A span's own attribute hides its resource's. Which ones are chosen depends on
// their keys only, so that a span has the same ones on any machine.
func (c *Converter) choose() []dim {
	ds := c.dims
	if len(ds) > c.cfg.MaxAttrs {
		slices.SortStableFunc(ds, func(a, b dim) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.key.name, b.key.name))
		})
		ds = slices.CompactFunc(ds, func(a, b dim) bool { return a.key == b.key })
		ds = ds[:min(len(ds), c.cfg.MaxAttrs)]
	}
	for i := 1; i < len(ds); i++ { // few, and often in order
		for j := i; j > 0 && after(&ds[j-1], &ds[j]); j-- {
			ds[j-1], ds[j] = ds[j], ds[j-1]
		}
	}
	return slices.CompactFunc(ds, func(a, b dim) bool { return a.key == b.key })
}

func after(a, b *dim) bool {
	if a.key == b.key {
		return a.rank > b.rank
	}
	return a.key.name > b.key.name
}

// attr numbers an attribute. Its value is 0 if it cannot be a dimension: empty, too
// long, made for one request, a number of seven digits or more, a list, or of a key
// that has too many values.
func (c *Converter) attr(d dim) model.Attr {
	k := d.key
	if k.unbounded {
		return model.Attr{}
	}
	if !k.numbered {
		k.numbered, k.sym = true, c.symbols.Key(k.name)
		k.strs, k.ints = map[string]model.Sym{}, map[int64]model.Sym{}
		if k.sym == 0 {
			k.unbounded = true
			return model.Attr{}
		}
	}
	var y model.Sym
	switch d.value.Type() {
	case pcommon.ValueTypeStr:
		y = c.text(k, d.value.Str())
	case pcommon.ValueTypeInt:
		y = c.number(k, d.value.Int())
	case pcommon.ValueTypeBool:
		y = c.text(k, strconv.FormatBool(d.value.Bool()))
	case pcommon.ValueTypeDouble:
		if v := d.value.Double(); v == math.Trunc(v) && math.Abs(v) < maxNumber {
			y = c.number(k, int64(v))
		}
	}
	return model.Attr{Key: k.sym, Value: y}
}

func (c *Converter) text(k *key, v string) model.Sym {
	if len(v) == 0 || len(v) > c.cfg.MaxValueBytes {
		return 0
	}
	y, ok := k.strs[v]
	if ok {
		return y
	}
	if !opname.Generated(v) {
		y = c.symbols.Value(k.sym, opname.Clean(v, c.cfg.MaxValueBytes))
	}
	c.makeRoom(k)
	if !k.unbounded {
		k.strs[strings.Clone(v)] = y
	}
	return y
}

func (c *Converter) number(k *key, v int64) model.Sym {
	if v <= -maxNumber || v >= maxNumber {
		return 0
	}
	y, ok := k.ints[v]
	if ok {
		return y
	}
	y = c.symbols.Value(k.sym, strconv.FormatInt(v, 10))
	c.makeRoom(k)
	if !k.unbounded {
		k.ints[v] = y
	}
	return y
}

// makeRoom bounds the cached values of a key, and gives the key up when the symbols
// have: an attribute with that many values is no dimension, and asking on would
// cost a lock per span.
func (c *Converter) makeRoom(k *key) {
	if len(k.strs)+len(k.ints) < maxCachedValues {
		return
	}
	clear(k.strs)
	clear(k.ints)
	k.unbounded = c.symbols.Unbounded(k.sym)
}

package api

import (
	"bytes"
	"encoding/json"

	"culprit/model"
)

// newestExhibit puts together what an incident is shown with: the charts of the newest
// revision that has them, and the rest of the newest one in which the first suspect was
// measured. It is nil where no revision has any.
func newestExhibit(revs []*record) ([]byte, error) {
	var out *model.Exhibit
	for i := len(revs) - 1; i >= 0; i-- {
		r := revs[i]
		if r.exhibit == nil {
			continue
		}
		var text bytes.Buffer
		if err := r.unpack(&text, r.exhibit); err != nil {
			return nil, err
		}
		var x model.Exhibit
		if err := json.Unmarshal(text.Bytes(), &x); err != nil {
			return nil, r.unreadable(err)
		}
		measured := x.Trace != nil || x.Topology != nil || len(x.Attributes) > 0
		switch {
		case out == nil && measured:
			return text.Bytes(), nil
		case out == nil:
			out = &x
			continue
		case !measured:
			continue
		}
		if len(out.Charts) > 0 {
			x.Charts = overlaid(x.Charts, out.Charts)
		}
		return encode(&x)
	}
	if out == nil {
		return nil, nil
	}
	return encode(out)
}

// overlaid replaces charts by newer ones of the same quantity, which show more; those
// that only the older have stay.
func overlaid(old, newer []model.Chart) []model.Chart {
	type name struct{ quantity, service, operation, callee string }
	of := func(c model.Chart) name { return name{c.Quantity, c.Service, c.Operation, c.Callee} }
	byName := map[name]model.Chart{}
	for _, c := range newer {
		byName[of(c)] = c
	}
	out := make([]model.Chart, len(old))
	for i, c := range old {
		if n, ok := byName[of(c)]; ok {
			c = n
		}
		out[i] = c
	}
	return out
}

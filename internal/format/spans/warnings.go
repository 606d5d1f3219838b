package spans

import "culprit/model"

// trouble is something wrong with a span.
type trouble uint8

const (
	noID trouble = iota
	noTime
	noStart
	endsBeforeStart
	tooLong
	badLink
	manyLinks
)

var troubles = []struct{ kind, message string }{
	noID:            {"no-id", "spans without a trace or span ID, left out"},
	noTime:          {"no-time", "spans without a usable time, left out"},
	noStart:         {"no-start-time", "spans without a start time, taken as moments at their end"},
	endsBeforeStart: {"negative-duration", "spans that end before they start, taken as moments at their start"},
	tooLong:         {"overlong-span", "spans longer than 52 days, cut there"},
	badLink:         {"bad-link", "links to nowhere, left out"},
	manyLinks:       {"many-links", "links beyond the bound of a span, left out"},
}

type warningKey struct {
	what    trouble
	service model.Sym
}

// warnings counts troubles by service; as bounded as the services are.
type warnings struct{ count map[warningKey]int64 }

func (w *warnings) add(what trouble, service model.Sym) {
	if w.count == nil {
		w.count = map[warningKey]int64{}
	}
	w.count[warningKey{what, service}]++
}

func (w *warnings) drain(symbols *model.Symbols) []model.Warning {
	out := make([]model.Warning, 0, len(w.count))
	for k, n := range w.count {
		t := troubles[k.what]
		out = append(out, model.Warning{Kind: t.kind, Place: symbols.Name(k.service), Count: n, Message: t.message})
	}
	clear(w.count)
	model.SortWarnings(out)
	return out
}

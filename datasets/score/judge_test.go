package score

import (
	"strings"
	"testing"

	"culprit/datasets"
	"culprit/model"
)

// suspects reads "service operation instance key=value" separated by semicolons; "-" is left out.
func suspects(text string) []model.Suspect {
	var out []model.Suspect
	for _, line := range strings.Split(text, ";") {
		var s model.Suspect
		for i, w := range strings.Fields(line) {
			switch {
			case w == "-":
			case i == 0:
				s.Service = w
			case i == 1:
				s.Operation = w
			case i == 2:
				s.Instance = w
			default:
				key, value, _ := strings.Cut(w, "=")
				s.Attribute = &model.Attribute{Key: key, Value: value}
			}
		}
		out = append(out, s)
	}
	return out
}

func TestJudge(t *testing.T) {
	charge := datasets.Fault{RootCauses: []datasets.RootCause{{Service: "pay", Operation: "Charge", Instance: "pay-1", Attribute: &model.Attribute{Key: "tenant", Value: "acme"}}}}
	seenByCallers := datasets.Fault{RootCauses: []datasets.RootCause{{Service: "redis"}, {Service: "cart"}}}
	host := datasets.Fault{RootCauses: []datasets.RootCause{{Attribute: &model.Attribute{Key: "host.name", Value: "node-3"}}}}
	for _, c := range []struct {
		rule     string
		level    Level
		fault    datasets.Fault
		also     []datasets.Fault
		suspects string
		rank     int
		unknown  bool
	}{
		{rule: "the first right service counts", level: Service, fault: charge, suspects: "web GET; pay Refund", rank: 2},
		{rule: "a service that comes twice takes one place", level: Service, fault: charge, suspects: "web GET; web PUT; pay Refund", rank: 2},
		{rule: "an operation needs its service", level: Operation, fault: charge, suspects: "web Charge; pay Charge", rank: 2},
		{rule: "naming no operation is not naming it", level: Operation, fault: charge, suspects: "pay; web GET", rank: 0},
		{rule: "an instance may come with another operation", level: Instance, fault: charge, suspects: "pay Refund pay-1", rank: 1},
		{rule: "an attribute is a key and a value", level: Attribute, fault: charge, suspects: "pay - - tenant=umbrella; pay - - tenant=acme", rank: 2},
		{rule: "of several causes one is enough", level: Service, fault: seenByCallers, suspects: "web; cart", rank: 2},
		{rule: "a level that the label does not know does not count", level: Operation, fault: seenByCallers, suspects: "cart", unknown: true},
		{rule: "a host spans services", level: Attribute, fault: host, suspects: "cart - - host.name=node-3", rank: 1},
		{rule: "a host is no service", level: Service, fault: host, suspects: "cart", unknown: true},
		{rule: "what another fault of the time explains takes no place", level: Service, fault: charge, also: []datasets.Fault{seenByCallers}, suspects: "redis; pay", rank: 1},
		{rule: "a fault without a cause is nobody's", level: Service, fault: datasets.Fault{}, suspects: "-; web", rank: 1},
		{rule: "naming somebody for it is wrong", level: Service, fault: datasets.Fault{}, suspects: "web; cart", rank: 0},
		{rule: "nobody is no operation", level: Operation, fault: datasets.Fault{}, suspects: "-", unknown: true},
		{rule: "nobody named is never", level: Service, fault: charge, suspects: "", rank: 0},
	} {
		rank, known := Judge(c.level, Case{Fault: c.fault, Also: c.also}, suspects(c.suspects))
		if rank != c.rank || known == c.unknown {
			t.Errorf("%s: got %d, %v; want %d, %v", c.rule, rank, known, c.rank, !c.unknown)
		}
	}
}

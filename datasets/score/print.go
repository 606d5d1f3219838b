package score

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"culprit/model"
)

var nan = math.NaN()

// PrintOptions says what of a report is for the reader.
type PrintOptions struct {
	Each   bool // a line for each recording
	Faults bool // a line for each fault that the first method did not name first
	Timing bool // what depends on the machine
}

// Print writes the report as tables for a person.
func (r *Report) Print(out io.Writer, o PrintOptions) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	total := r.Total()
	fmt.Fprintf(t, "%s: %s, %d traces, %d spans, %d faults", r.Change, plural(len(r.Recordings), "recording"), total.Traces, total.Spans, total.Faults)
	if total.Invisible > 0 {
		fmt.Fprintf(t, " (%d invisible, left out)", total.Invisible)
	}
	fmt.Fprint(t, "\n\n")
	if len(r.Methods) > 0 && len(r.Methods[0].Faults) > 0 {
		r.accuracy(t, o)
		r.types(t)
	}
	if r.Detection != nil {
		r.Detection.print(t)
	}
	if o.Faults {
		r.misses(t)
	}
	if o.Each {
		r.each(t)
	}
	if o.Timing {
		fmt.Fprintf(t, "peak memory %.0f MB\n", float64(r.PeakMemoryMB))
	}
	return t.Flush()
}

func (r *Report) accuracy(t io.Writer, o PrintOptions) {
	fmt.Fprint(t, "METHOD\tLEVEL\tFAULTS\tAC@1\t95 %\tAC@3\tAC@5\tAVG@5\tMRR")
	if o.Timing {
		fmt.Fprint(t, "\tMS/VERDICT\tMAX")
	}
	fmt.Fprintln(t)
	for _, m := range r.Methods {
		for i, a := range m.Levels {
			name := m.Method
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(t, "%s\t%s\t%s", name, a.Level, a.cells())
			switch {
			case o.Timing && i == 0:
				fmt.Fprintf(t, "\t%.1f\t%.1f", float64(m.MedianMS), float64(m.MaxMS))
			case o.Timing:
				fmt.Fprint(t, "\t\t")
			}
			fmt.Fprintln(t)
		}
	}
	fmt.Fprintln(t)
}

func (a Accuracy) cells() string {
	return fmt.Sprintf("%d\t%.2f\t%s\t%.2f\t%.2f\t%.2f\t%.2f", a.Faults, float64(a.AC1.Value), a.AC1.interval(),
		float64(a.AC3.Value), float64(a.AC5.Value), float64(a.Avg5), float64(a.MRR))
}

func (s Share) interval() string { return fmt.Sprintf("%.2f-%.2f", float64(s.Low), float64(s.High)) }

// types shows AC@1, a row for each type and level and a column for each method.
func (r *Report) types(t io.Writer) {
	fmt.Fprint(t, "AC@1 BY TYPE\tLEVEL\tFAULTS")
	for _, m := range r.Methods {
		fmt.Fprintf(t, "\t%s", m.Method)
	}
	fmt.Fprintln(t)
	for _, row := range r.Methods[0].Types {
		fmt.Fprintf(t, "%s\t%s\t%d", row.Type, row.Level, row.Faults)
		for _, m := range r.Methods {
			if a, ok := m.at(row.Type, row.Level); ok {
				fmt.Fprintf(t, "\t%.2f", float64(a.AC1.Value))
			} else {
				fmt.Fprint(t, "\t-")
			}
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
}

func (d *DetectionReport) print(t io.Writer) {
	fmt.Fprintln(t, "THE LIVE ENGINE")
	fmt.Fprintf(t, "faults found\t%d of %d (%s)\n", d.Recall.Hits, d.Recall.Of, d.Recall.interval())
	fmt.Fprintf(t, "named first when opened\t%d of %d (%s)\n", d.Named.Hits, d.Named.Of, d.Named.interval())
	fmt.Fprintf(t, "median delay\t%s windows, %s s\n", figure(d.MedianDelayWindows), figure(d.MedianDelaySeconds))
	fmt.Fprintf(t, "incidents about faults\t%d\n", d.Incidents)
	f := d.FalseIncidents
	fmt.Fprintf(t, "false incidents\t%d in %.3f days: %s a day (%s-%s)\n", f.Events, float64(f.Days), figure(f.PerDay), figure(f.Low), figure(f.High))
	for _, s := range d.False {
		fmt.Fprintf(t, "\t%s\n", line(s))
	}
	fmt.Fprintln(t)
}

// misses shows what the first method said of the faults that it did not name first.
func (r *Report) misses(t io.Writer) {
	if len(r.Methods) == 0 {
		return
	}
	fmt.Fprintf(t, "NOT FIRST BY %s\tTYPE\tRANKS\tFIRST INSTEAD\n", strings.ToUpper(r.Methods[0].Method))
	for _, f := range r.Methods[0].Faults {
		var ranks []string
		miss := false
		for _, l := range Levels() {
			if rank, known := f.Ranks[l.String()]; known {
				miss = miss || rank != 1
				ranks = append(ranks, fmt.Sprintf("%s %s", l, rankWord(rank)))
			}
		}
		if miss {
			fmt.Fprintf(t, "%s %s\t%s\t%s\t%s\n", f.Recording, f.Fault, f.Type, strings.Join(ranks, ", "), line(first(f.First)))
		}
	}
	fmt.Fprintln(t)
}

func rankWord(rank int) string {
	if rank == 0 {
		return "never"
	}
	return fmt.Sprint(rank)
}

func first(s model.Suspect) string {
	words := []string{s.Service, s.Operation, s.Instance}
	if s.Attribute != nil {
		words = append(words, s.Attribute.Key+"="+s.Attribute.Value)
	}
	if s.Kind != "" {
		words = append(words, "("+s.Kind+")")
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// each shows a line for each recording: AC@1 at the level of services and what the live
// engine said.
func (r *Report) each(t io.Writer) {
	fmt.Fprint(t, "RECORDING\tTRACES\tSPANS\tFAULTS")
	for _, m := range r.Methods {
		fmt.Fprintf(t, "\t%s", m.Method)
	}
	fmt.Fprintln(t, "\tFOUND\tFALSE\tDAYS")
	for _, rec := range r.Recordings {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d", line(rec.Name), rec.Traces, rec.Spans, rec.Faults-rec.Invisible)
		for _, m := range r.Methods {
			hits, of := 0, 0
			for _, f := range m.Faults {
				if rank, known := f.Ranks[Service.String()]; known && f.Recording == rec.Name {
					of++
					if rank == 1 {
						hits++
					}
				}
			}
			fmt.Fprintf(t, "\t%d/%d", hits, of)
		}
		if d := rec.Detection; d != nil {
			fmt.Fprintf(t, "\t%d/%d\t%d\t%.3f", d.Recall.Hits, d.Recall.Of, d.FalseIncidents.Events, float64(d.FalseIncidents.Days))
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// figure writes a number with two digits that matter, "-" if there is none.
func figure(n model.Number) string {
	switch f := float64(n); {
	case math.IsNaN(f):
		return "-"
	case math.IsInf(f, 0):
		return "any"
	case f != 0 && math.Abs(f) < 0.1:
		return fmt.Sprintf("%.2g", f)
	default:
		return fmt.Sprintf("%.1f", f)
	}
}

// line makes foreign text safe for a line of a table.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

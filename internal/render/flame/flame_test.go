package flame_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"culprit/internal/render/flame"
	"culprit/model"
)

var (
	before = []model.PathStack{
		{Frames: []string{"web GET"}, MS: 10},
		{Frames: []string{"web GET", "cart list"}, MS: 20.5},
		{Frames: []string{"web GET", "cart list", "mysql SELECT; <b>"}, MS: 0.25},
	}
	now = []model.PathStack{
		{Frames: []string{"web GET"}, MS: 10},
		{Frames: []string{"web GET", "cart list"}, MS: 120.5},
		{Frames: []string{"web GET", "pay \x1b[31m\u202e"}, MS: 4},
	}
)

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFolded(t *testing.T) {
	if d := cmp.Diff(`web GET 10000
web GET;cart list 20500
web GET;cart list;mysql SELECT: <b> 250
`, written(t, flame.New(before).Folded)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(`web GET 10000 10000
web GET;cart list 20500 120500
web GET;cart list;mysql SELECT: <b> 250 0
web GET;pay  [31m  0 4000
`, written(t, flame.Compare(before, now).Folded)); d != "" {
		t.Error(d)
	}
}

// Google's own reader reads the profile, and sees the difference.
func TestProfile(t *testing.T) {
	for name, c := range map[string]struct {
		g    *flame.Graph
		want int64
	}{
		"one stretch": {flame.New(now), 134_500_000},
		"difference":  {flame.Compare(before, now), 134_500_000 - 30_750_000},
	} {
		p, err := profile.ParseData([]byte(written(t, c.g.Profile)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var sum int64
		for _, s := range p.Sample {
			sum += s.Value[0]
		}
		if sum != c.want {
			t.Errorf("%s: samples add up to %d ns, want %d", name, sum, c.want)
		}
	}
}

func TestSVG(t *testing.T) {
	for name, g := range map[string]*flame.Graph{
		"one stretch": flame.New(now), "difference": flame.Compare(before, now), "nothing": flame.New(nil),
	} {
		drawn := written(t, func(w io.Writer) error { return g.SVG(w, "a <title> & \x00 more") })
		d := xml.NewDecoder(strings.NewReader(drawn))
		var said []string
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, drawn)
			}
			if s, ok := tok.(xml.CharData); ok {
				said = append(said, string(s))
			}
		}
		all := strings.Join(said, "\n")
		if !strings.Contains(all, "a <title> &") {
			t.Errorf("%s: the title is not told: %s", name, all)
		}
		if name == "difference" && !strings.Contains(all, "cart list: 20.75 ms before, 120.5 ms now") {
			t.Errorf("the change of cart is not told:\n%s", all)
		}
	}
}

// Equal stacks give equal bytes, whatever their order.
func TestOrderOfStacks(t *testing.T) {
	turned := []model.PathStack{now[2], now[0], now[1]}
	for name, write := range map[string]func(*flame.Graph) string{
		"folded": func(g *flame.Graph) string { return written(t, g.Folded) },
		"svg":    func(g *flame.Graph) string { return written(t, func(w io.Writer) error { return g.SVG(w, "x") }) },
		"pprof":  func(g *flame.Graph) string { return written(t, g.Profile) },
	} {
		if write(flame.New(now)) != write(flame.New(turned)) {
			t.Errorf("%s depends on the order", name)
		}
	}
}

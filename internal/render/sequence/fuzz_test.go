package sequence_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"culprit/internal/render/sequence"
	"culprit/model"
)

// hostile is the workflow with a name from outside in every place.
func hostile(name string) *model.Workflow {
	w := boot()
	w.Service, w.Operation, w.Trace = name, name, name
	for i := range w.Steps {
		w.Steps[i].Service, w.Steps[i].Operation, w.Steps[i].Via, w.Steps[i].Caller = name, name, name, name
	}
	for i := range w.Participants {
		w.Participants[i].Service = name
	}
	for i := range w.Deviations {
		w.Deviations[i].Sentence = name + " is slow"
	}
	w.Variants[1].Differs = []string{name}
	w.Warnings[0].Message = name
	return w
}

func seeds(f *testing.F) {
	for _, s := range []string{
		"", "GET /users/{}", "<script>alert(1)</script>", "</svg></style><img src=x onerror=alert(1)>", "\"; rm -rf /", "end", "a\nend\nparticipant x",
		"%%{init: {}}%%", "%getenv(\"HOME\")", "!include /etc/passwd", "#59;", "#colon;", "a->b: c", "**b** //i// __u__ ~~s~~ --x--", "<U+0041>&#65;&amp;",
		"\u202eevil\u2066", "\x00\x1b[31m\xff", "@startuml", "note over p0", "a\\nb", "\\", "\"", "[[http://x]]", "$x", strings.Repeat("x", 5000), "]]>", "'", "`",
	} {
		f.Add(s)
	}
}

// sound says what holds of every notation: valid text, no control characters but the ends
// of lines, nothing that turns the direction of writing.
func sound(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Fatal("no valid UTF-8")
	}
	for _, r := range text {
		if r != '\n' && unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Fatalf("holds %U", r)
		}
	}
}

func fuzz(f *testing.F, format string, check func(t *testing.T, text string)) {
	seeds(f)
	as, ok := sequence.Named(format)
	if !ok {
		f.Fatalf("no format %s", format)
	}
	f.Fuzz(func(t *testing.T, name string) {
		text := written(t, as, hostile(name))
		sound(t, text)
		check(t, text)
	})
}

// lines checks that every line is one that the notation knows, and that blocks are closed.
func lines(known *regexp.Regexp) func(t *testing.T, text string) {
	return func(t *testing.T, text string) {
		t.Helper()
		open := 0
		for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
			if !known.MatchString(line) {
				t.Fatalf("unknown line %q", line)
			}
			switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word {
			case "loop", "opt", "par", "alt":
				open++
			case "end":
				open--
			}
		}
		if open != 0 {
			t.Fatalf("%d blocks are not closed", open)
		}
	}
}

func FuzzMermaid(f *testing.F) {
	fuzz(f, "mermaid", lines(regexp.MustCompile(`^(sequenceDiagram|  title [^;]*|  participant p\d+ as ([^#;<>]|#\d+;)+|\s*p\d+(->>|-->>|-\)|-x)p\d+: ([^#;<>]|#\d+;)*|\s*Note over p\d+: ([^#;<>]|#\d+;)*|\s*(loop|opt|par|alt|and|else) ([^#;<>]|#\d+;)*|\s*end|  title ([^#;<>]|#\d+;)*)$`)))
}

func FuzzPlantUML(f *testing.F) {
	fuzz(f, "plantuml", lines(regexp.MustCompile(`^(@startuml|@enduml|hide footbox|title ([^<>"]|<U\+[0-9A-F]{4,6}>)*|(participant|database) "([^<>"]|<U\+[0-9A-F]{4,6}>)*" as p\d+|\s*(p\d+|\[) ?(->|-->|->>|->x) p\d+ : ([^<>"]|<U\+[0-9A-F]{4,6}>)*|\s*note over p\d+( #mistyrose)? : ([^<>"]|<U\+[0-9A-F]{4,6}>)*|\s*(loop|opt|par|alt|else) ([^<>"]|<U\+[0-9A-F]{4,6}>)*|\s*end)$`)))
}

func FuzzSequenceDiagramOrg(f *testing.F) {
	fuzz(f, "sequencediagram", lines(regexp.MustCompile(`^(title ([^<>#]|\\[<>#])*|(participant|database) "[^"]*" as p\d+|(p\d+|\[)(->|-->|->>|-x)p\d+:([^<>#]|\\[<>#])*|note over p\d+:([^<>#]|\\[<>#])*|(loop|opt|par|alt|else|thread) ([^<>#]|\\[<>#])*|end)$`)))
}

func FuzzDOT(f *testing.F) {
	quoted := `"([^"\\]|\\.)*"`
	known := regexp.MustCompile(`^(digraph workflow \{|  label=` + quoted + `; .*|  node \[.*\];|  s\d+ \[label=` + quoted + `[^"]*("rounded,dashed")?\];|  s\d+ -> s\d+ \[label=` + quoted + `[^"]*\];|\})$`)
	fuzz(f, "dot", func(t *testing.T, text string) {
		for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
			if !known.MatchString(line) {
				t.Fatalf("unknown line %q", line)
			}
		}
	})
}

// elements reads XML to its end and checks that only known elements are in it.
func elements(t *testing.T, text string, html bool, known ...string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	if html {
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+e.Name.Local+" ") {
			t.Fatalf("element %s", e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "style" || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#s") {
				t.Fatalf("attribute %s=%q", a.Name.Local, a.Value)
			}
		}
	}
}

var drawing = []string{"svg", "title", "style", "rect", "line", "path", "g", "text", "tspan"}

func FuzzSVG(f *testing.F) {
	fuzz(f, "svg", func(t *testing.T, text string) { elements(t, text, false, drawing...) })
}

func FuzzHTML(f *testing.F) {
	page := append([]string{"html", "head", "meta", "body", "h1", "h2", "p", "ol", "ul", "li", "a", "div", "table", "tr", "th", "td"}, drawing...)
	fuzz(f, "html", func(t *testing.T, text string) { elements(t, text, true, page...) })
}

func FuzzText(f *testing.F) {
	fuzz(f, "text", func(t *testing.T, text string) {
		for _, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Fatalf("%d columns: %s", n, line)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	seeds(f)
	as, _ := sequence.Named("json")
	f.Fuzz(func(t *testing.T, name string) {
		var back model.Workflow
		if err := json.Unmarshal([]byte(written(t, as, hostile(name))), &back); err != nil {
			t.Fatal(err)
		}
	})
}

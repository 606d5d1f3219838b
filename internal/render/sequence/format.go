package sequence

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"culprit/model"
)

// Format is a notation of a workflow.
type Format struct {
	Name       string // as users name it
	Extensions []string
	Media      string // type of its content
	Policy     string // content security policy that it is satisfied with; empty: any
	Write      func(io.Writer, *model.Workflow) error
}

// Formats are all notations, the one for people first.
func Formats() []Format {
	const text = "text/plain; charset=utf-8"
	return []Format{
		{"text", []string{".txt"}, text, "", Text},
		{"html", []string{".html", ".htm"}, "text/html; charset=utf-8", policy(drawingStyle + pageStyle), HTML},
		{"svg", []string{".svg"}, "image/svg+xml", policy(drawingStyle), SVG},
		{"mermaid", []string{".mmd", ".mermaid"}, "text/vnd.mermaid; charset=utf-8", "", Mermaid},
		{"plantuml", []string{".puml", ".plantuml"}, text, "", PlantUML},
		{"sequencediagram", []string{".sequencediagram"}, text, "", SequenceDiagramOrg},
		{"dot", []string{".dot", ".gv"}, "text/vnd.graphviz; charset=utf-8", "", DOT},
		{"json", []string{".json"}, "application/json", "", JSON},
	}
}

// policy is a content security policy that allows one style and nothing else.
func policy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// Named is the format of that name.
func Named(name string) (Format, bool) {
	all := Formats()
	i := slices.IndexFunc(all, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return all[i], true
}

// OfFile is the format that the extension of a file name stands for.
func OfFile(name string) (Format, bool) {
	name = strings.ToLower(name)
	for _, f := range Formats() {
		for _, ext := range f.Extensions {
			if strings.HasSuffix(name, ext) {
				return f, true
			}
		}
	}
	return Format{}, false
}

// JSON writes the workflow as it is published, on one line.
func JSON(w io.Writer, f *model.Workflow) error { return json.NewEncoder(w).Encode(f) }

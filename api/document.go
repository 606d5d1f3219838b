package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// document is the OpenAPI file as far as the reader's page shows it.
type document struct {
	Info struct {
		Title, Version, Summary, Description string
	}
	Tags []struct {
		Name, Description string
	}
	Paths      map[string]pathItem
	Components struct {
		Parameters map[string]parameter
		Schemas    map[string]*schema
	}
}

type pathItem struct{ Get, Post, Delete *operation }

func (p pathItem) methods() map[string]*operation {
	out := map[string]*operation{}
	for method, op := range map[string]*operation{"GET": p.Get, "POST": p.Post, "DELETE": p.Delete} {
		if op != nil {
			out[method] = op
		}
	}
	return out
}

type operation struct {
	OperationID string `yaml:"operationId"`
	Tags        []string
	Summary     string
	Description string
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]media
	} `yaml:"requestBody"`
	Responses map[string]struct {
		Ref         string `yaml:"$ref"`
		Description string
		Content     map[string]media
	}
}

type media struct{ Schema *schema }

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name, In    string
	Required    bool
	Description string
	Schema      *schema
}

type schema struct {
	Ref         string `yaml:"$ref"`
	Type        any
	Format      string
	Description string
	Enum        []string
	Default     any
	Items       *schema
	Required    []string
	Properties  map[string]*schema
	AllOf       []*schema `yaml:"allOf"`
	OneOf       []*schema `yaml:"oneOf"`
}

// last is the name at the end of a reference.
func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// words says what a schema allows, with links to those that have names.
func (s *schema) words() template.HTML {
	if s == nil {
		return ""
	}
	esc := func(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }
	switch {
	case s.Ref != "":
		name := esc(last(s.Ref))
		return `<a href="#schema-` + name + `">` + name + `</a>`
	case s.Items != nil:
		return "list of " + s.Items.words()
	case len(s.OneOf) > 0:
		var all []string
		for _, o := range s.OneOf {
			all = append(all, string(o.words()))
		}
		return template.HTML(strings.Join(all, " or "))
	case len(s.Enum) > 0:
		return esc(strings.Join(s.Enum, " | "))
	}
	text := fmt.Sprint(s.Type)
	if list, ok := s.Type.([]any); ok {
		var all []string
		for _, t := range list {
			all = append(all, fmt.Sprint(t))
		}
		text = strings.Join(all, " or ")
	}
	if s.Format != "" {
		text += ", " + s.Format
	}
	return esc(text)
}

// row is one line of a table of the page.
type row struct {
	Name, Where string
	Required    bool
	Type        template.HTML
	Text        string
}

// rows are the fields of a schema and of those that it is made of, by name.
func (d *document) rows(s *schema) []row {
	var out []row
	if s.Ref != "" {
		if s = d.Components.Schemas[last(s.Ref)]; s == nil {
			return nil
		}
	}
	for _, part := range s.AllOf {
		out = append(out, d.rows(part)...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		text := p.Description
		if p.Default != nil {
			text = strings.TrimSpace(text + fmt.Sprintf(" Default: %v.", p.Default))
		}
		out = append(out, row{Name: name, Required: slices.Contains(s.Required, name), Type: p.words(), Text: text})
	}
	return out
}

// section is an operation or a schema of the page.
type section struct {
	ID, Method, Path, Summary, Text string
	Rows, Answers                   []row
}

// sections are the operations of a tag, by path.
func (d *document) sections(tag string) []section {
	var out []section
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		methods := d.Paths[path].methods()
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			op := methods[method]
			if !slices.Contains(op.Tags, tag) {
				continue
			}
			s := section{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: op.Description}
			for _, p := range op.Parameters {
				if p.Ref != "" {
					p = d.Components.Parameters[last(p.Ref)]
				}
				s.Rows = append(s.Rows, row{Name: p.Name, Where: p.In, Required: p.Required, Type: p.Schema.words(), Text: p.Description})
			}
			if op.RequestBody != nil {
				for _, kind := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
					s.Rows = append(s.Rows, row{Name: kind, Where: "body", Required: true, Type: op.RequestBody.Content[kind].Schema.words()})
				}
			}
			for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
				r := op.Responses[status]
				a := row{Name: status, Text: r.Description}
				if r.Ref != "" {
					a.Text = last(r.Ref)
				}
				for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
					a.Where, a.Type = kind, r.Content[kind].Schema.words()
				}
				s.Answers = append(s.Answers, a)
			}
			out = append(out, s)
		}
	}
	return out
}

//go:embed document.html
var documentHTML string

//go:embed document.css
var documentCSS string

// page is the document for people: one page without scripts or anything from elsewhere.
func (d *document) page() ([]byte, error) {
	t, err := template.New("document").Funcs(template.FuncMap{
		"sections": d.sections,
		"schemas": func() []section {
			var out []section
			for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
				s := d.Components.Schemas[name]
				text := s.Description
				if len(s.Enum) > 0 {
					text = strings.TrimSpace(text + " One of " + strings.Join(s.Enum, ", ") + ".")
				}
				out = append(out, section{ID: name, Text: text, Rows: d.rows(s)})
			}
			return out
		},
		"css": func() template.CSS { return template.CSS(documentCSS) },
	}).Parse(documentHTML)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// documentPolicy lets the page's own style in, by its hash, and nothing else.
var documentPolicy = func() string {
	sum := sha256.Sum256([]byte(documentCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'"
}()

// GetDocumentation serves the OpenAPI file as a page.
func (h handlers) GetDocumentation(c echo.Context) error {
	c.Response().Header().Set("Content-Security-Policy", documentPolicy)
	if unchanged(c, h.spec.pageTag) {
		return nil
	}
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", h.spec.page)
}

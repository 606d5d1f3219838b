//go:build ignore

// Types writes the schemas of an OpenAPI file as TypeScript, so that the page is checked
// against what is served:
//
//	go run types.go ../openapi.yaml ../web/src/api.gen.ts
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// schema is what is used of JSON Schema. Type is a string or a list of them.
type schema struct {
	Ref        string        `yaml:"$ref"`
	Type       any           `yaml:"type"`
	Enum       []string      `yaml:"enum"`
	Required   []string      `yaml:"required"`
	Properties yaml.MapSlice `yaml:"properties"`
	Items      *schema       `yaml:"items"`
	AllOf      []schema      `yaml:"allOf"`
	OneOf      []schema      `yaml:"oneOf"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("types: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: go run types.go OPENAPI OUT")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var file struct {
		Components struct {
			Schemas yaml.MapSlice `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.UseOrderedMap()); err != nil {
		log.Fatal(err)
	}
	sum := sha256.Sum256(text)
	var out bytes.Buffer
	fmt.Fprintf(&out, "// Source-SHA256: %s\n// Generated from openapi.yaml by gen/types.go; do not edit.\n", hex.EncodeToString(sum[:]))
	for _, item := range file.Components.Schemas {
		fmt.Fprintf(&out, "\nexport type %s = %s;\n", item.Key, typeOf(parse(item.Value), ""))
	}
	if err := os.WriteFile(os.Args[2], out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// parse reads a schema that was kept in order.
func parse(v any) schema {
	text, err := yaml.Marshal(v)
	if err != nil {
		log.Fatal(err)
	}
	var s schema
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.UseOrderedMap()); err != nil {
		log.Fatal(err)
	}
	return s
}

// typeOf writes a schema as a type.
func typeOf(s schema, indent string) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.AllOf) > 0:
		return list(s.AllOf, " & ", indent)
	case len(s.OneOf) > 0:
		return list(s.OneOf, " | ", indent)
	case len(s.Enum) > 0:
		var words []string
		for _, w := range s.Enum {
			words = append(words, strconv.Quote(w))
		}
		return strings.Join(words, " | ")
	}
	names, many := s.Type.([]any)
	if !many {
		names = []any{s.Type}
	}
	var out []string
	for _, n := range names {
		out = append(out, named(s, n, indent))
	}
	return strings.Join(out, " | ")
}

// named writes a schema of one JSON type.
func named(s schema, name any, indent string) string {
	switch name {
	case "array":
		if s.Items == nil {
			return "unknown[]"
		}
		if t := typeOf(*s.Items, indent); strings.ContainsAny(t, " {") {
			return "(" + t + ")[]"
		} else {
			return t + "[]"
		}
	case "object":
		if len(s.Properties) == 0 {
			return "Record<string, unknown>"
		}
		var b strings.Builder
		b.WriteString("{\n")
		for _, p := range s.Properties {
			key := p.Key.(string)
			fmt.Fprintf(&b, "%s  %s%s: %s;\n", indent, key, optional(s, key), typeOf(parse(p.Value), indent+"  "))
		}
		return b.String() + indent + "}"
	case "integer":
		return "number"
	case nil:
		return "unknown"
	}
	return name.(string)
}

func optional(s schema, key string) string {
	if slices.Contains(s.Required, key) {
		return ""
	}
	return "?"
}

func list(all []schema, sep, indent string) string {
	var out []string
	for _, s := range all {
		out = append(out, typeOf(s, indent))
	}
	return strings.Join(out, sep)
}

package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/labstack/echo/v4"
)

//go:embed openapi.yaml
var specYAML []byte

// spec is the OpenAPI file as it is served, and what the server itself takes from it.
type spec struct {
	json    []byte
	tag     string
	page    []byte // the same for people
	pageTag string
	queries map[string][]string // names of query parameters by method and route, as echo writes it
}

func loadSpec() (*spec, error) {
	spaced, err := yaml.YAMLToJSON(specYAML)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml as JSON: %w", err)
	}
	var tight bytes.Buffer
	if err := json.Compact(&tight, spaced); err != nil {
		return nil, fmt.Errorf("openapi.yaml as JSON: %w", err)
	}
	text := tight.Bytes()
	var file document
	if err := yaml.Unmarshal(specYAML, &file); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	sp := &spec{json: text, tag: bodyTag(text), queries: map[string][]string{}}
	for path, item := range file.Paths {
		for method, op := range item.methods() {
			names := []string{}
			for _, p := range op.Parameters {
				if p.In == "query" {
					names = append(names, p.Name)
				}
			}
			sp.queries[method+" "+echoRoute(path)] = names
		}
	}
	if sp.page, err = file.page(); err != nil {
		return nil, fmt.Errorf("openapi.yaml as a page: %w", err)
	}
	sp.pageTag = bodyTag(sp.page)
	return sp, nil
}

// echoRoute writes /incidents/{id} as /incidents/:id.
func echoRoute(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// GetSpecification serves the OpenAPI file as JSON.
func (h handlers) GetSpecification(c echo.Context) error {
	if unchanged(c, h.spec.tag) {
		return nil
	}
	return c.Blob(http.StatusOK, contentJSON, h.spec.json)
}

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
	queries map[string][]string // names of query parameters by route, as echo writes it
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
	var file struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Name string `yaml:"name"`
					In   string `yaml:"in"`
				} `yaml:"parameters"`
			} `yaml:"get"`
		} `yaml:"paths"`
	}
	if err := yaml.Unmarshal(specYAML, &file); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	sp := &spec{json: text, tag: bodyTag(text), queries: map[string][]string{}}
	for path, item := range file.Paths {
		names := []string{}
		for _, p := range item.Get.Parameters {
			if p.In == "query" {
				names = append(names, p.Name)
			}
		}
		sp.queries[echoRoute(path)] = names
	}
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

package jaeger

import (
	"strings"

	"culprit/internal/source"
)

// headers are what each request carries, names in lower case.
func (c *Config) headers() (map[string]string, error) {
	h := map[string]string{}
	if c.Tenant != "" {
		h[strings.ToLower(c.TenantHeader)] = c.Tenant
	}
	token, err := source.Secret("bearer token", c.TokenFile, c.TokenEnv)
	if err != nil {
		return nil, err
	}
	if token != "" {
		h["authorization"] = "Bearer " + token
	}
	return h, nil
}

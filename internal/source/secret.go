package source

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// Secret reads a secret from a file or, where no file is named, from an environment
// variable; "" if neither is named. White space around it does not belong to it. It is
// read again at each use, so that a rotated secret is picked up.
//
// A source's configuration names the two as xxx_file and xxx_env: the secret itself is
// never part of it, and so is in no log and no printed configuration.
func Secret(what, file, env string) (string, error) {
	switch {
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading the %s: %w", what, err)
		}
		if s := strings.TrimSpace(string(b)); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("reading the %s: %s is empty", what, file)
	case env != "":
		if s := strings.TrimSpace(os.Getenv(env)); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("reading the %s: the environment variable %s is not set", what, env)
	}
	return "", nil
}

// Redact hides the password of a URL, and a token that stands as its user.
func Redact(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.User == nil {
		return s
	}
	if _, has := u.User.Password(); !has {
		u.User = url.User("xxxxx")
	}
	return u.Redacted()
}

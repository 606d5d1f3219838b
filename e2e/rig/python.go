package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Python is the interpreter with the packages of e2e/requirements.txt, which `.ci/needs
// python` installs. CULPRIT_PYTHON names another one. module is the directory of the
// repository.
func Python(module string) (string, error) {
	if p := os.Getenv("CULPRIT_PYTHON"); p != "" {
		return p, nil
	}
	p, err := filepath.Abs(filepath.Join(module, ".cache", "venv", "bin", "python"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(p); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is missing: run .ci/needs python", p)
	}
	return p, nil
}

package score

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"culprit/datasets"
)

// Find lists the labelled recordings at and below some paths, sorted: every directory
// that holds labels is one. Nothing labelled at all is an error.
func Find(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		err := filepath.WalkDir(filepath.Clean(p), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != filepath.Clean(p) && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case !d.IsDir() && d.Name() == datasets.LabelsFile:
				out = append(out, filepath.Dir(path))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("recordings: %w", err)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) == 0 {
		return nil, fmt.Errorf("recordings: no %s in or below %s: nothing is labelled there", datasets.LabelsFile, strings.Join(paths, ", "))
	}
	return out, nil
}

package score

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"culprit/datasets"
)

// Found is a labelled recording.
type Found struct {
	Dir string
	// Name is what the report calls it: the path below the one that was searched, or the
	// last part of that; the whole directory where two would be called the same.
	Name string
}

// Find lists the labelled recordings at and below some paths, by directory: every
// directory that holds labels is one. Nothing labelled at all is an error.
func Find(paths []string) ([]Found, error) {
	var out []Found
	for _, root := range paths {
		root = filepath.Clean(root)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case !d.IsDir() && d.Name() == datasets.LabelsFile:
				dir := filepath.Dir(path)
				name, err := filepath.Rel(root, dir)
				if err != nil || name == "." {
					name = filepath.Base(dir)
				}
				out = append(out, Found{dir, filepath.ToSlash(name)})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("recordings: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b Found) int { return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Name, b.Name)) })
	out = slices.CompactFunc(out, func(a, b Found) bool { return a.Dir == b.Dir })
	if len(out) == 0 {
		return nil, fmt.Errorf("recordings: no %s in or below %s: nothing is labelled there", datasets.LabelsFile, strings.Join(paths, ", "))
	}
	called := map[string]int{}
	for _, f := range out {
		called[f.Name]++
	}
	for i := range out {
		if called[out[i].Name] > 1 {
			out[i].Name = filepath.ToSlash(out[i].Dir)
		}
	}
	return out, nil
}

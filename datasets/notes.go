package datasets

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"culprit/model"
)

// NotesFile is the name of what was said to the live service while it recorded, beside
// the arrivals: one [model.Note] a line. What changes incidents is in it: changes of the
// system, and feedback that an incident was expected. Without it a replay would tell
// something else than the live service did.
const NotesFile = "culprit.notes.jsonl"

// maxNote is the longest line of notes that is read: a note's texts are bounded.
const maxNote = 1 << 20

// WriteNote adds a note to a file of notes.
func WriteNote(w io.Writer, n model.Note) error {
	line, err := json.Marshal(n)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	return nil
}

// Notes are the notes beside the files of the recording, in the order in which they
// take effect. A line that is none is a warning with its place.
func (r *Recording) Notes() (notes []model.Note, warnings []model.Warning, err error) {
	var dirs []string
	for _, f := range r.files {
		dirs = append(dirs, filepath.Dir(f.path))
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		name := filepath.Join(dir, NotesFile)
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("notes: %w", err)
		}
		more, bad, err := readNotes(f, name)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, nil, fmt.Errorf("notes %s: %w", name, err)
		}
		notes, warnings = append(notes, more...), append(warnings, bad...)
	}
	if r.strict && len(warnings) > 0 {
		return nil, nil, fmt.Errorf("notes: %s", warnings[0])
	}
	slices.SortStableFunc(notes, func(a, b model.Note) int { return a.At.Compare(b.At) })
	return notes, warnings, nil
}

func readNotes(in io.Reader, name string) (notes []model.Note, bad []model.Warning, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxNote)
	for at := 1; lines.Scan(); at++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var n model.Note
		if err := json.Unmarshal(lines.Bytes(), &n); err != nil || n.ID == "" || n.Kind == "" {
			bad = append(bad, model.Warning{Kind: "bad-record", Place: fmt.Sprintf("%s:%d", name, at), Count: 1, Message: "this line is no note and was left out"})
			continue
		}
		notes = append(notes, n)
	}
	return notes, bad, lines.Err()
}

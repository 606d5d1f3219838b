package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// Paths are where the page answers; a star stands for the rest of a path.
var Paths = []string{"/", "/incidents", "/incidents/*", "/topology", "/operations", "/compare", "/health"}

// File is one file as it is sent.
type File struct {
	Type string // media type
	ETag string
	Body []byte
	Gzip []byte // the same, compressed; nil where that gains nothing
	// Fixed says that the name holds a hash of what is in it: it never changes.
	Fixed bool
}

// Site is the built page.
type Site struct {
	files map[string]*File
	built map[string]chunk // by the source that a file was built from
}

// chunk is an entry of Vite's manifest.
type chunk struct {
	File string   `json:"file"`
	CSS  []string `json:"css"`
}

// manifest is where the build says which file came from which source; nobody is sent it.
const manifest = "manifest.json"

// Load reads what was built, once for the process.
var Load = sync.OnceValues(load)

func load() (*Site, error) {
	s := &Site{files: map[string]*File{}}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Base(name) == manifest {
			return json.Unmarshal(body, &s.built)
		}
		f, err := newFile(name, body)
		if err != nil {
			return err
		}
		s.files[strings.TrimPrefix(name, "dist/")] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the built page: %w", err)
	}
	if s.Page() == nil || s.built["index.html"].File == "" {
		return nil, fmt.Errorf("the built page has no index.html, or no manifest.json that knows it: run npm ci && npm run build in api/web")
	}
	return s, nil
}

// Page is the HTML file.
func (s *Site) Page() *File { return s.files["index.html"] }

// Asset is the file of that name beside the page, nil if there is none.
func (s *Site) Asset(name string) *File { return s.files[name] }

// Own are the paths of the script and of the styles that every view needs.
func (s *Site) Own() (script string, styles []string) {
	c := s.built["index.html"]
	for _, name := range c.CSS {
		styles = append(styles, "/"+name)
	}
	return "/" + c.File, styles
}

// Library is the path of the script that a library was built into, for those that are
// not part of the page's own script: the page loads them when a view needs them. It is
// empty where there is none.
func (s *Site) Library(name string) string {
	for source, c := range s.built {
		if strings.HasPrefix(source, "node_modules/"+name+"/") {
			return "/" + c.File
		}
	}
	return ""
}

// types are the media types of what the build makes.
var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

func newFile(name string, body []byte) (*File, error) {
	kind, ok := types[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("%s: no media type is known for it: add it to types", name)
	}
	sum := sha256.Sum256(body)
	f := &File{Type: kind, ETag: `"` + hex.EncodeToString(sum[:12]) + `"`, Body: body, Fixed: strings.HasPrefix(name, "dist/assets/")}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if packed.Len() < len(body) {
		f.Gzip = packed.Bytes()
	}
	return f, nil
}

package house_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImports reads every Go file of the repository and holds it against the house.
func TestImports(t *testing.T) {
	files := 0
	fset := token.NewFileSet()
	walk(t, func(name string) {
		if path.Ext(name) != ".go" {
			return
		}
		src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatalf("parsing %s: %v", name, err)
		}
		files++
		for _, sentence := range check(fset, path.Dir(name), path.Base(name), f) {
			t.Error(sentence)
		}
	})
	if files < 20 {
		t.Errorf("read %d Go files: is %s the repository?", files, root)
	}
}

// TestTopFolders finds code outside the folders that may hold it.
func TestTopFolders(t *testing.T) {
	code := []string{".go", ".py", ".ts", ".tsx", ".js"}
	walk(t, func(name string) {
		top, _, below := strings.Cut(name, "/")
		if slices.Contains(code, path.Ext(name)) && (!below || !slices.Contains(topFolders, top)) {
			t.Errorf("%s: code stands in %s only (e2e and bench are modules of their own)", name, strings.Join(topFolders, ", "))
		}
	})
	for _, m := range ownModules {
		if _, err := os.Stat(filepath.Join(root, m)); err != nil {
			continue // not built yet, or left out of an archive
		}
		if _, err := os.Stat(filepath.Join(root, m, "go.mod")); err != nil {
			t.Errorf("%s has no go.mod: its dependencies would become ours", m)
		}
	}
}

const root = "../.."

// walk calls fn with the path of each file of the module, with slashes, from the root.
func walk(t *testing.T, fn func(name string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !d.IsDir() {
			fn(name)
			return nil
		}
		base := path.Base(name)
		hidden := name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || base == "dist")
		if hidden || slices.Contains(ownModules, name) {
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The rules themselves: each breach has its sentence, and what is allowed has none.
func TestRules(t *testing.T) {
	for _, c := range []struct{ file, src, want string }{
		{"graph/a.go", `package graph; import "culprit/model"`, ""},
		{"graph/a.go", `package graph; import "culprit/detector"`, "imports point down only, and it goes from floor 1 up to floor 2"},
		{"graph/a.go", `package graph; import "culprit/internal/format/otlp"`, "both stand on floor 1"},
		{"graph/a.go", `package graph; import "culprit/internal/tracetest"`, "it is for tests only"},
		{"graph/a_test.go", `package graph; import "culprit/internal/tracetest"; import "os"`, ""},
		{"graph/a.go", `package graph; import "culprit/util"`, "it stands in no room of the house"},
		{"util/a.go", `package util`, "stands in no room of the house: put it into one"},
		{"detector/rootcause/a.go", `package rootcause; import "culprit/detector"`, ""},
		{"internal/source/otlp/a.go", `package otlp; import "culprit/internal/source"`, ""},
		{"internal/source/otlp/a.go", `package otlp; import "culprit/internal/source/jaeger"`, "neighbours on a floor do not know each other"},
		{"internal/source/otlp/sub/a.go", `package sub; import "culprit/internal/source/otlp"`, ""},
		{"datasets/a.go", `package datasets; import "culprit/internal/source"`, ""},
		{"datasets/a.go", `package datasets; import "culprit/internal/source/jaeger"`, "both stand on floor 4"},
		{"api/a.go", `package api; import "culprit/internal/bus"`, "both stand on floor 4"},
		{"cmd/culprit/a.go", `package main; import "culprit/internal/app"; import "os"; func f() { go f() }`, ""},
		{"api/a.go", `package api; import "github.com/nats-io/nats.go"`, "a guest of internal/bus only"},
		{"internal/bus/a.go", `package bus; import "github.com/nats-io/nats.go"`, ""},
		{"model/a.go", `package model; import "gonum.org/v1/gonum/stat"`, "a guest of internal/stats and graph only"},
		{"model/a.go", `package model; import "context"`, "nothing below the dashed line takes a context"},
		{"model/a.go", `package model; import "log/slog"`, "nothing below the dashed line logs"},
		{"model/a.go", `package model; import "net/http"`, "nothing below the dashed line does I/O"},
		{"model/a.go", `package model; import "net/netip"`, ""},
		{"model/a.go", `package model; import "math/rand"`, "nothing below the dashed line draws from a global random source"},
		{"model/a.go", `package model; import "math/rand/v2"; var r = rand.New(rand.NewPCG(1, 2))`, ""},
		{"model/a.go", `package model; import "math/rand/v2"; var r = rand.IntN(2)`, "rand.IntN, but nothing below the dashed line draws from a global random source"},
		{"model/a.go", `package model; import "math/rand/v2"; var r = rand.N[int]`, "draws from a global random source"},
		{"model/a.go", `package model; import "time"; var d = time.Second`, ""},
		{"internal/engine/a.go", `package engine; import "time"; var now = time.Now`, "time.Now, but nothing below the dashed line reads the clock"},
		{"internal/engine/a.go", `package engine; import t "time"; func f() { t.Sleep(1) }`, "t.Sleep, but nothing below the dashed line sleeps"},
		{"internal/engine/a.go", `package engine; func f() { go f() }`, "a go statement, but nothing below the dashed line starts a goroutine"},
		{"internal/bus/a.go", `package bus; import "time"; var now = time.Now`, ""},
		{"model/a.go", "//go:build ignore\n\npackage main\n\nimport \"os\"", ""},
		{"model/a.go", "//go:build !windows\n\npackage model\n\nimport \"os\"", "nothing below the dashed line does I/O"},
		{"model/a.go", "//go:build linux && amd64\n\npackage model\n\nimport \"os\"", "nothing below the dashed line does I/O"},
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, c.file, c.src, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(check(fset, path.Dir(c.file), path.Base(c.file), f), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %s\n  says %q\n  want %q", c.file, c.src, got, c.want)
		}
	}
}

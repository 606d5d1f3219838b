package house_test

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// room is a directory, with all below it, on a floor.
type room struct {
	path  string
	floor int
	// apart means that the packages directly below are rooms of their own: they may
	// use what stands in the room itself, but not each other.
	apart bool
}

// rooms is the house. A new room is a decision: add it here and to ARCHITECTURE.md.
var rooms = []room{
	{path: "cmd", floor: 6},
	{path: "internal/app", floor: 5},
	{path: "internal/source/receive", floor: 4, apart: true}, // what the receivers in internal/source share
	{path: "internal/source", floor: 4, apart: true},
	{path: "datasets", floor: 4},
	{path: "internal/bus", floor: 4},
	{path: "internal/notify", floor: 4},
	{path: "api", floor: 4},
	{path: "internal/engine", floor: 3},
	{path: "detector", floor: 2},
	{path: "internal/incident", floor: 2},
	{path: "graph", floor: 1},
	{path: "internal/format", floor: 1},
	{path: "internal/render", floor: 1, apart: true},
	{path: "model", floor: 0},
	{path: "internal/stats", floor: 0},
	{path: "internal/closest", floor: 0},
}

// The dashed line: what is not above it takes no context, does no I/O, reads no clock,
// starts no goroutine and leaves nothing to chance.
const dashedLine = 3

// onlyInTests are packages that are no part of the product.
var onlyInTests = []string{"internal/tracetest", "internal/house", "internal/source/receive/receivetest"}

// topFolders are the folders of the repository that may hold code.
var topFolders = []string{"cmd", "detector", "graph", "model", "api", "datasets", "notebooks", "internal"}

// ownModules are folders whose dependencies stay out of the product.
var ownModules = []string{"e2e", "bench"}

// guests are modules that only some rooms may let in.
var guests = []struct {
	module string
	rooms  []string
}{
	{"github.com/nats-io/", []string{"internal/bus"}},
	{"github.com/labstack/echo", []string{"api"}},
	{"gonum.org/v1/gonum", []string{"internal/stats", "graph"}},
	{"github.com/redis/go-redis", []string{"internal/source"}},
	{"google.golang.org/grpc", []string{"internal/source"}},
	{"github.com/alecthomas/kong", []string{"cmd"}},
}

// outside are packages that lead out of the core, with what they would do there.
var outside = []struct{ path, does string }{
	{"context", "takes a context"},
	{"log", "logs"},
	{"os", "does I/O"},
	{"net", "does I/O"},
	{"io/ioutil", "does I/O"},
	{"syscall", "does I/O"},
	{"embed", "reads files"},
	{"math/rand", "draws from a global random source"},
	{"crypto/rand", "draws from a global random source"},
	{"hash/maphash", "draws from a global random source"},
}

// harmless are the packages below those that do nothing of the kind: values and text
// only. math/rand/v2 has a rule of its own.
var harmless = []string{"net/netip", "net/url", "math/rand/v2"}

// clock are the functions of package time that read or wait for a clock.
var clock = map[string]string{
	"Now": "reads the clock", "Since": "reads the clock", "Until": "reads the clock",
	"Sleep": "sleeps", "After": "waits for the clock", "AfterFunc": "waits for the clock", "Tick": "waits for the clock",
	"NewTimer": "waits for the clock", "NewTicker": "waits for the clock",
}

// seeded is what math/rand/v2 offers beside its global source.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Zipf", "Source"}

// roomOf returns the room that a package of the module stands in.
func roomOf(pkg string) (room, bool) {
	for _, r := range rooms {
		if within(pkg, r.path) {
			return r, true
		}
	}
	return room{}, false
}

func within(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// check returns what is wrong with a file of a package: a sentence each.
func check(fset *token.FileSet, pkg, name string, f *ast.File) []string {
	var wrong []string
	say := func(at token.Pos, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s:%d: ", path.Join(pkg, name), fset.Position(at).Line)+fmt.Sprintf(format, args...))
	}
	if !built(f) || slices.Contains(onlyInTests, pkg) || strings.HasSuffix(name, "_test.go") {
		return nil
	}
	own, known := roomOf(pkg)
	if !known {
		say(f.Package, "package %s stands in no room of the house: put it into one, or add the room to rules_test.go and ARCHITECTURE.md", pkg)
		return wrong
	}
	core := own.floor <= dashedLine
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			say(spec.Pos(), "import %s: %v", spec.Path.Value, err)
			continue
		}
		if ours, ok := strings.CutPrefix(imp, "culprit/"); ok {
			if why := mayNot(pkg, own, ours); why != "" {
				say(spec.Pos(), "%s imports %s: %s", pkg, ours, why)
			}
		}
		for _, g := range guests {
			if strings.HasPrefix(imp, g.module) && !slices.ContainsFunc(g.rooms, func(r string) bool { return within(pkg, r) }) {
				say(spec.Pos(), "%s imports %s, a guest of %s only", pkg, imp, strings.Join(g.rooms, " and "))
			}
		}
		for _, o := range outside {
			if core && within(imp, o.path) && !slices.Contains(harmless, imp) {
				say(spec.Pos(), "%s imports %s, but nothing below the dashed line %s", pkg, imp, o.does)
			}
		}
	}
	if core {
		ast.Inspect(f, func(n ast.Node) bool {
			if why := leads(f, n); why != "" {
				say(n.Pos(), "%s, but nothing below the dashed line %s", source(n), why)
			}
			return true
		})
	}
	return wrong
}

// built reports whether a file is part of any build of the product: generators and lists
// of tools are not.
func built(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() > f.Package || !constraint.IsGoBuild(c.Text) {
				continue
			}
			expr, err := constraint.Parse(c.Text)
			never := func(tag string) bool { return tag == "ignore" || tag == "tools" }
			return err != nil ||
				expr.Eval(func(tag string) bool { return !never(tag) }) || expr.Eval(func(string) bool { return false })
		}
	}
	return true
}

// mayNot says why a package in room own may not import another one of ours, "" if it may.
func mayNot(pkg string, own room, imp string) string {
	if slices.Contains(onlyInTests, imp) {
		return "it is for tests only"
	}
	other, known := roomOf(imp)
	switch {
	case !known:
		return "it stands in no room of the house"
	case other.floor > own.floor:
		return fmt.Sprintf("imports point down only, and it goes from floor %d up to floor %d", own.floor, other.floor)
	case other.path == own.path:
		if own.apart && imp != own.path && wing(pkg, own) != wing(imp, own) {
			return "neighbours on a floor do not know each other"
		}
	case other.floor == own.floor && other.apart && imp == other.path:
		// the contract of a room, beside its adapters: whoever speaks it may import it
	case other.floor == own.floor:
		return fmt.Sprintf("imports point down only, and both stand on floor %d", own.floor)
	}
	return ""
}

// wing is the part of a room that a package stands in: its first folder there.
func wing(pkg string, r room) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(pkg, r.path), "/"), "/")
	return first
}

// leads says what a piece of code does that the core may not do, "" if nothing.
func leads(f *ast.File, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "starts a goroutine"
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		if !ok {
			return ""
		}
		switch imported(f, x.Name) {
		case "time":
			return clock[n.Sel.Name]
		case "math/rand/v2":
			if !slices.Contains(seeded, n.Sel.Name) {
				return "draws from a global random source"
			}
		}
	}
	return ""
}

// imported is the path of the import that a file knows under a name.
func imported(f *ast.File, name string) string {
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		as := path.Base(p)
		if as == "v2" {
			as = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			as = spec.Name.Name
		}
		if as == name {
			return p
		}
	}
	return ""
}

func source(n ast.Node) string {
	if s, ok := n.(*ast.SelectorExpr); ok {
		return fmt.Sprintf("%s.%s", s.X, s.Sel.Name)
	}
	return "a go statement"
}

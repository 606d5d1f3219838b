// Command components builds the real components that tests can use, unless they are
// built, and prints the shell's lines that tell tests where they are.
//
//	eval "$(go run ./cmd/components)"
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"culprit/e2e/rig"
)

func main() {
	cache := flag.String("cache", "../.cache/e2e", "where they are built")
	flag.Parse()
	p, err := rig.Build(context.Background(), *cache)
	var collector string
	if err == nil {
		collector, err = rig.BuildCollector(context.Background(), *cache)
	}
	if err == nil {
		_, err = rig.BuildTempo(context.Background(), *cache) // found where it was built
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "components:", err)
		os.Exit(1)
	}
	fmt.Printf("export CULPRIT_JAEGER_BIN=%q\nexport CULPRIT_HOTROD_BIN=%q\nexport CULPRIT_COLLECTOR_BIN=%q\n", p.Jaeger, p.HotROD, collector)
}

package generate_test

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"culprit/datasets/generate"
)

func ExampleGenerate() {
	sc, err := generate.Named("fault/slow-instance", 7)
	if err != nil {
		fmt.Println(err)
		return
	}
	batches := 0
	labels, err := generate.Generate(sc, func(ptrace.Traces) error { batches++; return nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	f := labels.Faults[0]
	fmt.Println(f.Type, "for", f.To.Sub(f.From).Round(time.Minute))
	fmt.Println("batches:", batches > 600)
	fmt.Println("instance is named:", f.RootCauses[0].Instance != "")
	// Output:
	// slow-instance for 3m0s
	// batches: true
	// instance is named: true
}

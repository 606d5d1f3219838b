// Command culprit reads distributed traces and tells what broke, where it started and why.
//
// Exit status: 0 done, 1 failed, 2 wrong usage, 3 a gate failed. What went wrong is one
// line on stderr; stdout is data.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"culprit/datasets/generate"
	"culprit/internal/app"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 3
)

// commands is the command line.
type commands struct {
	Serve    serveCmd    `cmd:"" help:"Read or receive traces and publish incidents."`
	Demo     demoCmd     `cmd:"" help:"Replay a recorded outage through the live service."`
	Replay   replayCmd   `cmd:"" help:"Print the incidents of a recording."`
	Rank     rankCmd     `cmd:"" help:"Rank the causes of what happened in a stretch of a recording."`
	Score    scoreCmd    `cmd:"" help:"Compare verdicts on labelled recordings with their labels."`
	Features featuresCmd `cmd:"" help:"Write what the detector sees of a recording as a Parquet file."`
	Record   recordCmd   `cmd:"" help:"Keep live traces so that they replay to the same incidents."`

	Workflow     workflowCmd     `cmd:"" help:"Show how the runs of an operation travel, and what is not as usual."`
	CriticalPath criticalpathCmd `cmd:"" name:"criticalpath" help:"Show what requests spend their time in, and what being faster would gain."`
	Compare      compareCmd      `cmd:"" help:"Show what changed from one recording, stretch, version or system to another."`
	Correlate    correlateCmd    `cmd:"" help:"Show which attributes set slow or failing requests apart from the rest."`
	Graph        graphCmd        `cmd:"" help:"Draw who calls whom, or how that changed."`

	Generate generateCmd `cmd:"" help:"Make a labelled recording of a simulated system."`

	Incidents incidentsCmd `cmd:"" help:"List the incidents of a running culprit."`
	Show      showCmd      `cmd:"" help:"Show an incident of a running culprit, with its history."`
	Watch     watchCmd     `cmd:"" help:"Print incident events of a running culprit as they come."`
	Feedback  feedbackCmd  `cmd:"" help:"Say whether an incident was right, wrong or expected."`
	Labels    labelsCmd    `cmd:"" help:"Turn feedback into labels, to be scored."`

	Version kong.VersionFlag `help:"Print the version."`
}

// world is what a command may touch.
type world struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// usageError is the user's mistake.
type usageError struct{ error }

func misused(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// gateError says that what was measured is not what was asked for.
type gateError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("culprit"),
		kong.Description("culprit reads the traces of your services and tells what broke, where it started and why.\n\n"+
			"Flags overrule the environment (CULPRIT_*), which overrules the configuration file. "+
			"Exit status: 0 done, 1 failed, 2 wrong usage, 3 a gate failed."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"version": "culprit " + app.Version(), "formats": formats(), "workflow_formats": workflowFormats(), "dialects": strings.Join(generate.Dialects(), ", "), "methods": strings.Join(app.Methods(), ", ")},
	)
	if err != nil {
		panic("culprit: " + err.Error())
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help and --version
	}
	if err != nil {
		return complain(stderr, usageError{err})
	}
	if err := parsed.Run(&world{ctx, stdout, stderr}); err != nil {
		return complain(stderr, err)
	}
	return 0
}

// complain prints one line and returns the exit status.
func complain(stderr io.Writer, err error) int {
	text := oneLine(strings.Join(strings.Fields(err.Error()), " "))
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "culprit: %s; see culprit --help\n", text)
		return exitUsage
	}
	fmt.Fprintf(stderr, "culprit: %s\n", text)
	var gate gateError
	if errors.As(err, &gate) {
		return exitGate
	}
	return exitFailed
}

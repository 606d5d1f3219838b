package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"culprit/model"
)

// printComparisonMarkdown is a comparison for a pull request.
func printComparisonMarkdown(w io.Writer, v model.Comparison, top int) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "### %s -> %s\n\n", inMarkdown(v.Before.Name), inMarkdown(v.Now.Name))
	fmt.Fprintf(out, "%d requests before, %d now; %d quantities compared, at most %g %% of what is told is chance.\n\n", v.Before.Requests, v.Now.Requests, v.Tests, 100*float64(v.FDR))
	fmt.Fprintln(out, "| entry point | requests | mean | p50 | p99 | failed |\n| --- | --- | --- | --- | --- | --- |")
	for i, e := range v.Entries {
		if i == top {
			break
		}
		fmt.Fprintf(out, "| %s | %d -> %d | %s | %s | %s | %.1f %% -> %.1f %% |\n", inMarkdown(strings.TrimSpace(e.Service+" "+e.Operation)), e.Before, e.Now,
			arrow(e.BeforeMeanMS, e.NowMeanMS), arrow(e.BeforeP50MS, e.NowP50MS), arrow(e.BeforeP99MS, e.NowP99MS), 100*float64(e.BeforeFailed), 100*float64(e.NowFailed))
	}
	if sure := surely(v.Services); len(sure) > 0 {
		fmt.Fprintln(out, "\n| service | of requests to | time a request | change | q |\n| --- | --- | --- | --- | --- |")
		for _, s := range sure[:min(len(sure), max(top, 1))] {
			fmt.Fprintf(out, "| %s | %s | %s | %s %s | %.2g |\n", inMarkdown(s.Service), inMarkdown(strings.TrimSpace(s.Entry+" "+s.EntryOperation)),
				arrow(s.BeforeMS, s.NowMS), s.Kind, signed(s.NowMS-s.BeforeMS), float64(s.Q))
		}
		if more := len(sure) - max(top, 1); more > 0 {
			fmt.Fprintf(out, "\n%d more services are left out.\n", more)
		}
	}
	fmt.Fprintln(out)
	if len(v.Changes) == 0 {
		fmt.Fprintln(out, "**No change that matters and is not chance.**")
		return out.Flush()
	}
	fmt.Fprintln(out, "| | change | where | a request | q | what |\n| --- | --- | --- | --- | --- | --- |")
	for _, ch := range v.Changes[:min(len(v.Changes), max(top, 1))] {
		kind := ch.Kind
		if ch.Origin {
			kind = "**" + kind + "**"
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %.2g | %s |\n", rankOf(ch), kind, inMarkdown(changeName(ch)), effectOf(ch), float64(ch.Q), inMarkdown(ch.Sentence))
	}
	if more := len(v.Changes) - top; more > 0 {
		fmt.Fprintf(out, "\n%d more changes are left out.\n", more)
	}
	fmt.Fprintln(out, "\nA rank in brackets: the change may follow from those above it.")
	return out.Flush()
}

// inMarkdown makes foreign text safe in a cell of a table.
func inMarkdown(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "\\", `\\`, "@", "&#64;", "#", "&#35;", "!", "&#33;", "~", `\~`).Replace(oneLine(s))
}

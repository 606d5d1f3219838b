package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"culprit/datasets"
	"culprit/model"
)

func opened(t *testing.T, dir string) *datasets.Recording {
	t.Helper()
	rec, err := datasets.Open([]string{dir}, datasets.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// What a service keeps of its input replays to what it has published, byte for byte.
func TestRecordingOfAServiceReplaysToTheSameBytes(t *testing.T) {
	cfg, src := testConfig(t.TempDir()), newPlayer()
	cfg.Record = filepath.Join(t.TempDir(), "recording")
	cfg.Engine.TraceURL = "http://jaeger.example.org/trace/{trace_id}"
	var told []model.Incident
	_, stop := runs(t, cfg, WithSource("shop", src), OnAppend(func(in model.Incident) { told = append(told, in) }))
	<-src.done
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	rec := opened(t, cfg.Record)
	got, _ := replayed(t, rec, ReplayOptions{Engine: engineConfig(1), TraceURL: func() string { return rec.Head().TraceURL }})
	if a, b := asLines(t, told), asLines(t, got); a != b || len(told) == 0 {
		t.Errorf("the service told\n%s\nthe replay tells\n%s", a, b)
	}
}

// A service that was killed and started again with the same directory goes on with the
// recording, and the line that was cut off costs only itself.
func TestRecordingGoesOnAfterARestart(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Record = t.TempDir()
	file := filepath.Join(cfg.Record, datasets.ArrivalsFile)
	for i, n := range []int{14, 100} {
		src := newPlayer()
		src.stop = n
		_, stop := runs(t, cfg, WithSource("shop", src))
		<-src.done
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			break
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"source":"shop","tra`); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	rec, err := datasets.Open([]string{cfg.Record}, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := replayed(t, rec, ReplayOptions{Engine: engineConfig(1)})
	if a, b := asLines(t, verdicts(logOf(t, cfg))), asLines(t, verdicts(got)); a != b || len(got) == 0 {
		t.Errorf("the log holds\n%s\nthe replay tells\n%s", a, b)
	}
}

func TestRecordKeepsWhatComesForAsLongAsItIsTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outage")
	cfg := testConfig(t.TempDir())
	cfg.Record = dir
	log := slog.New(slog.DiscardHandler)
	synctest.Test(t, func(t *testing.T) {
		src := newPlayer()
		set := sourceSet{}
		if err := set.add("shop", src); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := record(t.Context(), cfg, set, 10*time.Minute, log); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got != 10*time.Minute {
			t.Errorf("recorded for %v", got)
		}
	})
	_, want := replayed(t, tape(batches(time.Time{})), ReplayOptions{Engine: engineConfig(1)})
	if _, got := replayed(t, opened(t, dir), ReplayOptions{Engine: engineConfig(2)}); !bytes.Equal(got, want) {
		t.Errorf("the recording replays to\n%s\nwant\n%s", got, want)
	}
	if err := record(t.Context(), cfg, sourceSet{}, time.Second, log); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("recorded over a recording: %v", err)
	}
	if err := Record(context.Background(), testConfig(t.TempDir()), 0, log); err == nil || !strings.Contains(err.Error(), "name a directory") {
		t.Errorf("recorded to nowhere: %v", err)
	}
}

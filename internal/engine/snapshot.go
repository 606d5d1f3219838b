package engine

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"culprit/detector"
	"culprit/internal/stats"
	"culprit/model"
)

// kept is what an engine needs to go on after a restart: everything that was learned.
// Spans that waited for their window are not in it: the source is asked for them again,
// from the watermark on.
type kept struct {
	Version             int
	Watermark, JudgedTo int64
	Baseline            []byte
	Scores, Calmly      []float64
	Suspicions          []keptSuspicion
	Tracker             []byte

	// Snapshots of before do not have these.
	Changes   []model.Change
	Versions  []version
	Judged    int64
	Following []keptFollow
	Instances []keptInstance
	Loaded    int64
	Held      []keptHeld
}

const keptVersion = 1

// Snapshot writes what the engine has learned. Equal engines give equal bytes.
func (e *Engine) Snapshot() ([]byte, error) {
	k := kept{Version: keptVersion, Watermark: e.watermark, JudgedTo: e.judgedTo, Scores: e.alarm.scores, Calmly: e.alarm.calmly, Suspicions: e.alarm.keep(),
		Changes: e.changes, Versions: e.keptVersions(), Judged: e.judged, Following: e.keepFollowing(), Instances: e.keepInstances(), Loaded: e.loaded, Held: e.keepHeld()}
	var err error
	if k.Baseline, err = e.baseline.Save(e.recent); err != nil {
		return nil, err
	}
	if k.Tracker, err = e.tracker.Snapshot(); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(k); err != nil {
		return nil, fmt.Errorf("saving the engine: %w", err)
	}
	return buf.Bytes(), nil
}

// Restore goes on where a snapshot was taken. An engine that fails to restore is
// left as it was.
func (e *Engine) Restore(data []byte) error {
	var k kept
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&k); err != nil {
		return fmt.Errorf("restoring the engine: %w", err)
	}
	if k.Version != keptVersion {
		return fmt.Errorf("restoring the engine: the snapshot has version %d, this program reads version %d", k.Version, keptVersion)
	}
	baseline := detector.NewBaseline(e.table, e.cfg.History)
	recent, err := baseline.Load(k.Baseline)
	if err != nil {
		return err
	}
	if err := e.tracker.RestoreSnapshot(k.Tracker); err != nil {
		return err
	}
	e.baseline, e.recent = baseline, recent
	e.changes, e.versions, e.judged = k.Changes, map[string]map[string]int64{}, k.Judged
	for _, v := range k.Versions {
		if e.versions[v.Service] == nil {
			e.versions[v.Service] = map[string]int64{}
		}
		e.versions[v.Service][v.Version] = v.Seen
	}
	e.watermark, e.judgedTo, e.loaded = k.Watermark, k.JudgedTo, k.Loaded
	e.alarm.scores, e.alarm.calmly = k.Scores, k.Calmly
	for _, s := range k.Suspicions {
		e.alarm.suspicions[s.Cause] = &s.State
	}
	e.restoreHeld(k.Held)
	e.restoreFollowing(k.Following)
	e.started = restoreInstances(k.Instances)
	if len(k.Scores) >= minScores {
		e.alarm.tail = stats.FitTail(k.Scores)
	}
	for _, s := range e.shards {
		s.closed = e.judgedTo
	}
	return nil
}

// RestoreLog rebuilds the life cycle from the incident log, oldest first: windows up
// to the last logged one emit nothing again.
func (e *Engine) RestoreLog(log []model.Incident) { e.tracker.Restore(log) }

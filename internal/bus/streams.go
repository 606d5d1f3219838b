package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// duplicates is how long the server remembers message IDs. The expected sequence
// guards the log for ever; this only saves a refused message a second look.
const duplicates = 2 * time.Minute

// jetStreamWait is how long a server may need to start JetStream after it has begun
// to take connections.
const jetStreamWait = 2 * time.Second

// ensure makes sure that the streams and buckets are there. A cluster that is
// electing its leader is waited for; one without JetStream is not.
func (b *Bus) ensure(ctx context.Context) error {
	begin := time.Now()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := b.ensureAll(ctx)
		switch {
		case noJetStream(err) && time.Since(begin) > jetStreamWait:
			err = backoff.Permanent(fmt.Errorf("%w: JetStream is off at %s: start the NATS server with -js, or leave out --nats to use the embedded one",
				err, b.Address()))
		case definite(err):
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(patience()), backoff.WithMaxElapsedTime(max(b.cfg.ConnectWait, callWait)),
		backoff.WithNotify(func(err error, d time.Duration) {
			b.log.Warn("JetStream is not ready, trying again", "error", err, "in", d.Round(time.Millisecond))
		}))
	return err
}

func noJetStream(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}

// noPeers is what a cluster answers that has too few servers for the replicas, which it also
// does while its servers have not all found each other (server's JSClusterNoPeersErrF).
const noPeers jetstream.ErrorCode = 10005

// definite tells a refusal from a server that could not answer now.
func definite(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code >= 400 && api.Code < 500 &&
		api.ErrorCode != jetstream.JSErrCodeStreamNotFound && api.ErrorCode != noPeers
}

func (b *Bus) ensureAll(ctx context.Context) error {
	var err error
	if b.stream, err = b.ensureLog(ctx); err != nil {
		return fmt.Errorf("incident log %s: %w", b.names.logStream, err)
	}
	if err := b.ensureNotes(ctx); err != nil {
		return err
	}
	replicas := max(b.cfg.Replicas, 1)
	b.letters, err = b.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: b.names.letters, Description: "What receivers of culprit's alerts did not take", Replicas: replicas,
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", b.names.letters, err)
	}
	b.state, err = b.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: b.names.state, Description: "Where culprit's newest snapshot is", Replicas: replicas,
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", b.names.state, err)
	}
	b.lease, err = b.bucket(ctx, jetstream.KeyValueConfig{
		Bucket: b.names.lease, Description: "Which culprit writes", Replicas: replicas, TTL: b.cfg.LeaseTTL,
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", b.names.lease, err)
	}
	b.snapshots, err = b.js.ObjectStore(ctx, b.names.snapshots)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		b.snapshots, err = b.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: b.names.snapshots, Description: "What culprit has learned", Replicas: replicas,
		})
	}
	if err != nil {
		return fmt.Errorf("object store %s: %w", b.names.snapshots, err)
	}
	return nil
}

// bucket binds a bucket, and creates it or sets its TTL and replicas where they differ.
func (b *Bus) bucket(ctx context.Context, want jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	kv, err := b.js.KeyValue(ctx, want.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return b.js.CreateOrUpdateKeyValue(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	s, err := kv.Status(ctx)
	if err != nil {
		return nil, err
	}
	have := s.Config()
	if have.TTL == want.TTL && (b.cfg.Replicas == 0 || have.Replicas == want.Replicas) {
		return kv, nil
	}
	if b.cfg.Replicas == 0 {
		want.Replicas = have.Replicas
	}
	return b.js.CreateOrUpdateKeyValue(ctx, want)
}

// ensureLog creates the log, or changes what of an existing one would break the
// contract; what else its owner has set stays.
func (b *Bus) ensureLog(ctx context.Context) (jetstream.Stream, error) {
	subjects := []string{b.names.logPrefix + ".>"}
	republish := &jetstream.RePublish{
		Source:      b.names.logPrefix + ".*.*.*",
		Destination: b.names.outPrefix + ".{{wildcard(1)}}.{{wildcard(2)}}",
	}
	s, err := b.js.Stream(ctx, b.names.logStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return b.js.CreateStream(ctx, jetstream.StreamConfig{
			Name:        b.names.logStream,
			Description: "Every revision of every incident; the truth that culprit's REST and alerts are read from",
			Subjects:    subjects,
			RePublish:   republish,
			Storage:     jetstream.FileStorage,
			Replicas:    max(b.cfg.Replicas, 1),
			Duplicates:  duplicates,
			MaxAge:      b.cfg.KeepFor,
			MaxMsgSize:  -1,
		})
	}
	if err != nil {
		return nil, err
	}
	have := s.CachedInfo().Config
	want := have
	want.Subjects, want.RePublish = subjects, republish
	if b.cfg.KeepFor > 0 {
		want.MaxAge = b.cfg.KeepFor
	}
	// A direct read may be answered by a replica that lags, and Append must not read the past.
	want.AllowDirect = false
	if b.cfg.Replicas > 0 {
		want.Replicas = b.cfg.Replicas
	}
	if slices.Equal(have.Subjects, want.Subjects) && have.RePublish != nil && *have.RePublish == *want.RePublish &&
		have.MaxAge == want.MaxAge && have.AllowDirect == want.AllowDirect && have.Replicas == want.Replicas {
		return s, nil
	}
	return b.js.UpdateStream(ctx, want)
}

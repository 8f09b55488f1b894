package nats

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/portmoor/portmoor/say"
)

// createTries is how often it is tried to make a bucket, and createWait the time between.
// A server has the codes of HTTP.
const (
	createTries = 5
	createWait  = 200 * time.Millisecond
	serverError = 500
)

// bucket opens the bucket, which it makes if there is none, and says how long an entry
// stays in it.
func (b *Backend) bucket(ctx context.Context, js jetstream.JetStream) (kv jetstream.KeyValue, ttl time.Duration, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for range createTries { // a server that makes it for another registry just now has errors of its own
		if kv, err = js.KeyValue(ctx, b.options.Bucket); errors.Is(err, jetstream.ErrBucketNotFound) {
			kv, err = b.create(ctx, js)
		}
		if failed, its := errors.AsType[jetstream.JetStreamError](err); !its || failed.APIError() == nil || failed.APIError().Code != serverError {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(createWait):
		}
	}
	if err != nil {
		return nil, 0, b.failed(err)
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, 0, b.failed(err)
	}
	if ttl = status.TTL(); ttl <= 0 || ttl > maxTTL {
		return nil, 0, say.Failf("name another with bucket under registry in .portmoor.yaml, or take this one out with nats kv del",
			"bucket %s keeps entries for longer than %v", b.options.Bucket, maxTTL)
	}
	return kv, ttl, nil
}

// create makes the bucket. Of an entry that nobody has renewed, a server tells the others
// if it can; one that can't leaves it to them to see that it is stale.
func (b *Backend) create(ctx context.Context, js jetstream.JetStream) (jetstream.KeyValue, error) {
	c := jetstream.KeyValueConfig{
		Bucket: b.options.Bucket, Description: "what portmoor's service registries tell each other", MaxValueSize: maxEntry, History: 1,
		TTL: b.options.TTL, LimitMarkerTTL: max(b.options.TTL, time.Second),
	}
	kv, err := js.CreateKeyValue(ctx, c)
	if errors.Is(err, jetstream.ErrLimitMarkerTTLNotSupported) {
		c.LimitMarkerTTL = 0
		kv, err = js.CreateKeyValue(ctx, c)
	}
	if errors.Is(err, jetstream.ErrBucketExists) { // another registry was faster
		return js.KeyValue(ctx, b.options.Bucket)
	}
	return kv, err
}

// failed is why the bucket can't be used.
func (b *Backend) failed(err error) error {
	hint := "look at the server's log"
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		hint = "start the server with -js"
	case errors.Is(err, context.DeadlineExceeded):
		hint = "allow this user JetStream, and the bucket's subjects $KV." + b.options.Bucket + ".>"
	}
	return say.Failf(hint, "bucket %s can't be used: %s", b.options.Bucket, b.cause(err))
}

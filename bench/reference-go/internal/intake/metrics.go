package intake

import (
	"sync"
	"sync/atomic"
	"time"

	"corral/reference/internal/heartbeat"
)

// metrics counts by hand, as the service beside it does.
type metrics struct {
	accepted atomic.Int64
	buckets  [16]atomic.Int64
	byAnswer sync.Map
	byReason sync.Map
}

type answerKey struct {
	status int
	code   string
}

func (m *metrics) answered(status int, code string, took time.Duration) {
	count(&m.byAnswer, answerKey{status, code})
	bucket := 0
	for limit := 500 * time.Microsecond; took > limit && bucket < len(m.buckets)-1; limit *= 2 {
		bucket++
	}
	m.buckets[bucket].Add(1)
}

func (m *metrics) rejected(refusals []*heartbeat.Refusal) {
	for _, refusal := range refusals {
		count(&m.byReason, refusal.Code)
	}
}

func count(counters *sync.Map, key any) {
	counter, ok := counters.Load(key)
	if !ok {
		counter, _ = counters.LoadOrStore(key, new(atomic.Int64))
	}
	counter.(*atomic.Int64).Add(1)
}

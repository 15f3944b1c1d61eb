package intake

import (
	"math"
	"sync"
	"time"
)

// fleetLimits is a token bucket a fleet: so many items a second, ten minutes of them at once.
type fleetLimits struct {
	perSecond, burst float64
	mu               sync.Mutex
	buckets          map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newFleetLimits(perSecond float64) *fleetLimits {
	return &fleetLimits{perSecond: perSecond, burst: perSecond * 600, buckets: map[string]*bucket{}}
}

// take says whether the items may pass, else in how many seconds.
func (l *fleetLimits) take(fleetID string, items int) (int, bool) {
	amount, now := math.Min(float64(items), l.burst), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[fleetID]
	if b == nil {
		b = &bucket{tokens: l.burst, at: now}
		l.buckets[fleetID] = b
	}
	b.tokens = math.Min(l.burst, b.tokens+math.Max(0, now.Sub(b.at).Seconds())*l.perSecond)
	b.at = now
	if b.tokens >= amount {
		b.tokens -= amount
		return 0, true
	}
	return int(math.Max(1, math.Ceil((amount-b.tokens)/l.perSecond))), false
}

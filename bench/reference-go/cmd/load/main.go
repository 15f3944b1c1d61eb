// Command load sends heartbeats of riding vehicles and measures when they were answered. With -rate 0 every connection sends again as
// soon as it is answered; with a rate requests are due at even times, and latency counts from when a request was due, not from when a
// connection was free for it, so a service that stalls is not measured less often.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type options struct {
	address, key, path     string
	connections, batch     int
	vehicles, firstVehicle int
	rate                   float64
	warmUp, duration       time.Duration
	lat, lng               float64
}

// result is printed as JSON.
type result struct {
	Requests int64 `json:"requests"`
	// Answered in all, the warm-up's too: what the processor time of the whole run is divided by.
	Answered   int64            `json:"answered"`
	Heartbeats int64            `json:"heartbeats"`
	Seconds    float64          `json:"seconds"`
	Statuses   map[string]int64 `json:"statuses"`
	Errors     int64            `json:"errors"`
	// Requests that were due and not sent when it ended.
	Unsent int64   `json:"unsent"`
	P50Ms  float64 `json:"p50Ms"`
	P99Ms  float64 `json:"p99Ms"`
	P999Ms float64 `json:"p999Ms"`
	MaxMs  float64 `json:"maxMs"`
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "127.0.0.1:8080", "host and port")
	flag.StringVar(&o.key, "key", "", "API key")
	flag.StringVar(&o.path, "path", "/v1/heartbeats", "path")
	flag.IntVar(&o.connections, "connections", 64, "kept open; each has one request in flight")
	flag.IntVar(&o.batch, "batch", 1, "heartbeats a request; 1 is a lone object")
	flag.IntVar(&o.vehicles, "vehicles", 20_000, "that ride")
	flag.IntVar(&o.firstVehicle, "first", 0, "number of the first vehicle")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second; 0: as fast as they are answered")
	flag.DurationVar(&o.warmUp, "warm-up", time.Second, "sent and not counted")
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "counted")
	flag.Float64Var(&o.lat, "lat", 52.37, "middle of the city")
	flag.Float64Var(&o.lng, "lng", 4.90, "middle of the city")
	flag.Parse()
	// The other core is the service's.
	runtime.GOMAXPROCS(2)
	measured, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(measured)
}

func run(o options) (*result, error) {
	// Due times, nanoseconds since the start; room for whatever a stall piles up.
	due := make(chan int64, 1<<20)
	fleet := newFleet(o)
	start := time.Now()
	countFrom, end := o.warmUp, o.warmUp+o.duration
	var (
		measured = make([]*tally, o.connections)
		working  sync.WaitGroup
		broken   atomic.Pointer[error]
	)
	for i := range o.connections {
		connection, err := dial(o.address)
		if err != nil {
			return nil, err
		}
		measured[i] = newTally()
		working.Go(func() {
			sender := &sender{options: o, fleet: fleet.part(i, o.connections), connection: connection, start: start, tally: measured[i]}
			if err := sender.run(due, countFrom, end); err != nil {
				broken.Store(&err)
			}
		})
	}
	unsent, overdue := int64(0), newTally()
	if o.rate > 0 {
		dispatch(due, o.rate, start, end)
		// What is overdue by now stays overdue.
		time.Sleep(200 * time.Millisecond)
	drain:
		for {
			select {
			case at := <-due:
				unsent++
				// It has waited so long already; left out, a service that stalls would look quick.
				if time.Duration(at) >= countFrom {
					overdue.observe(int64(time.Since(start)) - at)
				}
			default:
				break drain
			}
		}
		close(due)
	}
	working.Wait()
	if err := broken.Load(); err != nil {
		fmt.Fprintln(os.Stderr, "a connection:", *err)
	}
	all := overdue
	for _, each := range measured {
		all.add(each)
	}
	return &result{
		Requests: all.count, Answered: all.answered, Heartbeats: all.count * int64(o.batch), Seconds: o.duration.Seconds(),
		Statuses: all.statuses, Errors: all.errors, Unsent: unsent,
		P50Ms: all.quantile(0.5), P99Ms: all.quantile(0.99), P999Ms: all.quantile(0.999), MaxMs: float64(all.max) / 1e6,
	}, nil
}

// dispatch says when requests are due. It sleeps in the kernel: Go's own timers round up to a millisecond, which makes bursts.
func dispatch(due chan<- int64, rate float64, start time.Time, end time.Duration) {
	runtime.LockOSThread()
	for n := 0; ; n++ {
		at := time.Duration(float64(n) / rate * 1e9)
		if at >= end {
			return
		}
		if wait := at - time.Since(start); wait > 20*time.Microsecond {
			pause := syscall.NsecToTimespec(int64(wait))
			_ = syscall.Nanosleep(&pause, nil)
		}
		due <- int64(at)
	}
}

// tally is a histogram with buckets 1 % apart.
type tally struct {
	counts        [2_400]int64
	count, errors int64
	answered      int64
	max           int64
	statuses      map[string]int64
}

func newTally() *tally { return &tally{statuses: map[string]int64{}} }

var growth = math.Log(1.01)

func (t *tally) observe(nanoseconds int64) {
	t.count++
	t.max = max(t.max, nanoseconds)
	bucket := int(math.Log(float64(max(nanoseconds, 1))/1_000) / growth)
	t.counts[min(max(bucket, 0), len(t.counts)-1)]++
}

func (t *tally) add(other *tally) {
	for i, n := range other.counts {
		t.counts[i] += n
	}
	t.count += other.count
	t.errors += other.errors
	t.answered += other.answered
	t.max = max(t.max, other.max)
	for status, n := range other.statuses {
		t.statuses[status] += n
	}
}

func (t *tally) quantile(share float64) float64 {
	wanted := int64(math.Ceil(share * float64(t.count)))
	for i, n := range t.counts {
		if wanted -= n; wanted <= 0 {
			return math.Round(1_000*math.Exp(float64(i+1)*growth)/1_000) / 1_000
		}
	}
	return 0
}

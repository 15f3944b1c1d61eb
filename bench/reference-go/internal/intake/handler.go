// Package intake answers POST /v1/heartbeats: 202 only after the log said durable.
package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"corral/reference/internal/directory"
	"corral/reference/internal/heartbeat"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic         = "corral.heartbeats.v1"
	mostBodyBytes = 1 << 20
	appendWithin  = 9 * time.Second
	mostInFlight  = 20_000
)

// Options is what the handler needs.
type Options struct {
	Log                 *kgo.Client
	Directory           *directory.Directory
	MaxAge              time.Duration
	FleetItemsPerSecond float64
}

type handler struct {
	Options
	limits   *fleetLimits
	inFlight atomic.Int64
	metrics  metrics
	scratch  sync.Pool
}

// scratch is what one request needs and the next can use again.
type scratch struct {
	body    bytes.Buffer
	decoded heartbeat.Body
	good    []*heartbeat.Heartbeat
}

// NewHandler answers heartbeats.
func NewHandler(options Options) http.Handler {
	h := &handler{Options: options, limits: newFleetLimits(options.FleetItemsPerSecond)}
	h.scratch.New = func() any { return new(scratch) }
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	s := h.scratch.Get().(*scratch)
	said := h.answer(r, s)
	said.write(w, r)
	h.scratch.Put(s)
	h.metrics.answered(said.status, said.code, time.Since(started))
}

func (h *handler) answer(r *http.Request, s *scratch) *answer {
	if unfit := checkHead(r); unfit != nil {
		return unfit
	}
	sender, unfit := h.authenticate(r)
	if unfit != nil {
		return unfit
	}
	text, unfit := readBody(r, s)
	if unfit != nil {
		return unfit
	}
	items, alone, problem := s.decoded.Read(text)
	if problem != nil {
		said := refuse(problem.Status, problem.Code, problem.Detail)
		if strings.HasPrefix(problem.Code, "heartbeats_") {
			said.nothingAccepted(nil)
		}
		return said
	}
	if h.inFlight.Add(int64(len(items))) > mostInFlight {
		h.inFlight.Add(-int64(len(items)))
		return later("overloaded", "More is in flight than fits; nothing of this request was taken.")
	}
	defer h.inFlight.Add(-int64(len(items)))
	if wait, ok := h.limits.take(sender.FleetID, len(items)); !ok {
		said := refuse(http.StatusTooManyRequests, "fleet_limit_exceeded", "The fleet sends more heartbeats than it may.")
		said.header("Retry-After", strconv.Itoa(wait))
		return said
	}

	receivedAt := time.Now().UnixMilli()
	rejected := []*heartbeat.Refusal{}
	s.good = s.good[:0]
	for i := range items {
		if refusal := items[i].Check(receivedAt, h.MaxAge); refusal != nil {
			refusal.Index = i
			rejected = append(rejected, refusal)
			continue
		}
		s.good = append(s.good, &items[i])
	}
	h.metrics.rejected(rejected)
	if len(s.good) == 0 {
		return nothingOf(rejected, alone)
	}
	if err := h.append(r.Context(), sender.FleetID, heartbeat.Stamp(s.good, receivedAt), receivedAt); err != nil {
		slog.Warn("the log takes no heartbeats", "error", err)
		return later("log_unavailable", "Nothing can be kept durably just now; nothing of this request counts as taken.")
	}
	h.metrics.accepted.Add(int64(len(s.good)))
	return taken(len(s.good), rejected)
}

// append settles when all records are durable, or one may not be.
func (h *handler) append(ctx context.Context, fleetID string, reports []heartbeat.Stamped, receivedAt int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendWithin)
	defer cancel()
	records := make([]kgo.Record, len(reports))
	at := time.UnixMilli(receivedAt)
	var (
		done    sync.WaitGroup
		failure atomic.Pointer[error]
	)
	done.Add(len(reports))
	for i := range reports {
		key := make([]byte, 0, len(fleetID)+1+len(reports[i].VehicleID.Value))
		key = append(append(append(key, fleetID...), '/'), reports[i].VehicleID.Value...)
		records[i] = kgo.Record{Topic: topic, Key: key, Timestamp: at}
		records[i].Value = reports[i].AppendRecord(make([]byte, 0, 320), fleetID, receivedAt)
		h.Log.Produce(ctx, &records[i], func(_ *kgo.Record, err error) {
			if err != nil {
				failure.Store(&err)
			}
			done.Done()
		})
	}
	done.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (h *handler) authenticate(r *http.Request) (*directory.Key, *answer) {
	credential, ok := bearer(r.Header.Get("Authorization"))
	if !ok {
		return nil, unauthenticated("Send an API key or a device token as Authorization: Bearer …", "")
	}
	key := h.Directory.Identify(credential)
	if key == nil {
		return nil, unauthenticated("The key or token is unknown, expired or revoked.", `, error="invalid_token"`)
	}
	if !key.MayWrite() {
		said := refuse(http.StatusForbidden, "scope_missing", "The key lacks the scope heartbeats:write.")
		said.header("WWW-Authenticate", `Bearer realm="corral", error="insufficient_scope", scope="heartbeats:write"`)
		return nil, said
	}
	return key, nil
}

func bearer(header string) (string, bool) {
	const scheme = "bearer "
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	credential := strings.Trim(header[len(scheme):], " ")
	return credential, credential != ""
}

func checkHead(r *http.Request) *answer {
	if r.URL.Path != "/v1/heartbeats" {
		return refuse(http.StatusNotFound, "not_found", "There is nothing here.")
	}
	if r.Method != http.MethodPost {
		said := refuse(http.StatusMethodNotAllowed, "method_not_allowed", "Heartbeats are sent with POST.")
		said.header("Allow", "POST")
		return said
	}
	if r.ContentLength == 0 {
		return nil
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send application/json in UTF-8.")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" && !isGzip(encoding) {
		return refuse(http.StatusUnsupportedMediaType, "encoding_unsupported", "Send the body as it is, or with Content-Encoding: gzip.")
	}
	if r.ContentLength > mostBodyBytes {
		return tooLarge()
	}
	return nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	parts := strings.Split(strings.ToLower(contentType), ";")
	if strings.TrimSpace(parts[0]) != "application/json" {
		return false
	}
	return !slices.ContainsFunc(parts[1:], func(part string) bool {
		charset, named := strings.CutPrefix(strings.TrimSpace(part), "charset=")
		charset = strings.Trim(charset, `"`)
		return named && charset != "utf-8" && charset != "utf8"
	})
}

func isGzip(encoding string) bool {
	return strings.EqualFold(encoding, "gzip") || strings.EqualFold(encoding, "x-gzip")
}

func readBody(r *http.Request, s *scratch) ([]byte, *answer) {
	s.body.Reset()
	if r.ContentLength > 0 {
		s.body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	var source io.Reader = io.LimitReader(r.Body, mostBodyBytes+1)
	gzipped := isGzip(r.Header.Get("Content-Encoding"))
	if gzipped {
		inflated, err := gzip.NewReader(source)
		if err != nil {
			return nil, notGzip()
		}
		source = io.LimitReader(inflated, mostBodyBytes+1)
	}
	if _, err := s.body.ReadFrom(source); err != nil {
		if gzipped && (errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)) {
			return nil, notGzip()
		}
		return nil, refuse(http.StatusBadRequest, "body_incomplete", "The body ended early.")
	}
	if s.body.Len() > mostBodyBytes {
		return nil, tooLarge()
	}
	return s.body.Bytes(), nil
}

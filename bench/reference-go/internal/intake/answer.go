package intake

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"

	"corral/reference/internal/heartbeat"
)

// answer is what a request is told.
type answer struct {
	status  int
	code    string
	body    any
	headers [][2]string
}

// result is the body of a 202.
type result struct {
	Accepted int                  `json:"accepted"`
	Rejected []*heartbeat.Refusal `json:"rejected"`
}

// problem is RFC 9457's.
type problem struct {
	Type     string                `json:"type"`
	Title    string                `json:"title"`
	Status   int                   `json:"status"`
	Code     string                `json:"code"`
	Detail   string                `json:"detail"`
	Field    string                `json:"field,omitempty"`
	Value    *any                  `json:"value,omitempty"`
	Accepted *int                  `json:"accepted,omitempty"`
	Rejected *[]*heartbeat.Refusal `json:"rejected,omitempty"`
}

func taken(accepted int, rejected []*heartbeat.Refusal) *answer {
	return &answer{status: http.StatusAccepted, code: "accepted", body: &result{accepted, rejected}}
}

func refuse(status int, code, detail string) *answer {
	return &answer{status: status, code: code, body: &problem{
		Type: "about:blank", Title: titleOf(status), Status: status, Code: code, Detail: detail,
	}}
}

// titleOf is the status in words, of 413 the newer ones.
func titleOf(status int) string {
	if status == http.StatusRequestEntityTooLarge {
		return "Payload Too Large"
	}
	return http.StatusText(status)
}

func (a *answer) header(name, value string) { a.headers = append(a.headers, [2]string{name, value}) }

func (a *answer) nothingAccepted(rejected []*heartbeat.Refusal) {
	if rejected == nil {
		rejected = []*heartbeat.Refusal{}
	}
	p := a.body.(*problem)
	p.Accepted, p.Rejected = new(int), &rejected
}

// nothingOf is the 400 of a request of which nothing is acceptable; a lone heartbeat's reason is the problem's.
func nothingOf(rejected []*heartbeat.Refusal, alone bool) *answer {
	said := refuse(http.StatusBadRequest, "no_acceptable_heartbeat", "None of the heartbeats is acceptable.")
	if alone {
		only := rejected[0]
		said = refuse(http.StatusBadRequest, only.Code, only.Detail)
		if only.Field != "" {
			p := said.body.(*problem)
			p.Field, p.Value = only.Field, &only.Value
		}
	}
	said.nothingAccepted(rejected)
	return said
}

// later is a 503 with a random Retry-After of 1 to 15 s.
func later(code, detail string) *answer {
	said := refuse(http.StatusServiceUnavailable, code, detail)
	said.header("Retry-After", strconv.Itoa(1+rand.IntN(15)))
	return said
}

func tooLarge() *answer {
	return refuse(http.StatusRequestEntityTooLarge, "body_too_large", "A body is at most 1 MiB, inflated.")
}

func notGzip() *answer {
	return refuse(http.StatusBadRequest, "body_not_gzip", "The body is not gzip.")
}

func unauthenticated(detail, reason string) *answer {
	said := refuse(http.StatusUnauthorized, "unauthenticated", detail)
	said.header("WWW-Authenticate", `Bearer realm="corral"`+reason)
	return said
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if done, ok := a.body.(*result); ok && len(done.Rejected) == 0 {
		// What nearly all are told needs no reflection.
		body = append(strconv.AppendInt([]byte(`{"accepted":`), int64(done.Accepted), 10), `,"rejected":[]}`...)
	} else {
		var err error
		if body, err = json.Marshal(a.body); err != nil {
			panic(err)
		}
	}
	header := w.Header()
	for _, pair := range a.headers {
		header.Set(pair[0], pair[1])
	}
	if a.status == http.StatusAccepted {
		header.Set("Content-Type", "application/json; charset=utf-8")
	} else {
		header.Set("Content-Type", "application/problem+json; charset=utf-8")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// sender owns one connection and the vehicles that ride on it.
type sender struct {
	options
	fleet      []vehicle
	next       int
	connection net.Conn
	start      time.Time
	tally      *tally
	request    []byte
	body       []byte
	answer     [16 * 1024]byte
}

type vehicle struct {
	id       string
	lat, lng float64
	dLat     float64
	dLng     float64
}

type fleet []vehicle

func newFleet(o options) fleet {
	random := rand.New(rand.NewPCG(7, uint64(o.firstVehicle)))
	vehicles := make(fleet, o.vehicles)
	for i := range vehicles {
		vehicles[i] = vehicle{
			id:  fmt.Sprintf("bike-%06d", o.firstVehicle+i),
			lat: o.lat + (random.Float64()-0.5)*0.25, lng: o.lng + (random.Float64()-0.5)*0.4,
			// About 20 m from one heartbeat to the next.
			dLat: (random.Float64() - 0.5) * 0.0003, dLng: (random.Float64() - 0.5) * 0.0005,
		}
	}
	return vehicles
}

// part gives each connection vehicles of its own.
func (f fleet) part(i, parts int) []vehicle {
	size := max(1, len(f)/parts)
	from := (i * size) % len(f)
	return f[from:min(len(f), from+size)]
}

func dial(address string) (net.Conn, error) { return net.Dial("tcp", address) }

func (s *sender) run(due <-chan int64, countFrom, end time.Duration) error {
	defer s.connection.Close()
	for {
		at := time.Since(s.start)
		if s.rate > 0 {
			scheduled, open := <-due
			if !open {
				return nil
			}
			at = time.Duration(scheduled)
		} else if at >= end {
			return nil
		}
		status, err := s.exchange()
		took := time.Since(s.start) - at
		if err != nil {
			s.tally.errors++
			s.connection.Close()
			if s.connection, err = dial(s.address); err != nil {
				return err
			}
			continue
		}
		s.tally.answered++
		if at >= countFrom && at < end {
			s.tally.observe(int64(took))
			s.tally.statuses[status]++
		}
	}
}

// exchange sends one request and reads its answer.
func (s *sender) exchange() (string, error) {
	s.build()
	if _, err := s.connection.Write(s.request); err != nil {
		return "", err
	}
	read := 0
	for {
		n, err := s.connection.Read(s.answer[read:])
		if err != nil {
			return "", err
		}
		read += n
		if status, complete := parseAnswer(s.answer[:read]); complete {
			return status, nil
		}
		if read == len(s.answer) {
			return "", errors.New("an answer of more than 16 KB")
		}
	}
}

var (
	endOfHead     = []byte("\r\n\r\n")
	contentLength = []byte("ontent-length: ")
	goLength      = []byte("ontent-Length: ")
)

func parseAnswer(answer []byte) (string, bool) {
	head, body, found := bytes.Cut(answer, endOfHead)
	if !found || len(head) < 12 {
		return "", false
	}
	at := bytes.Index(head, contentLength)
	if at < 0 {
		at = bytes.Index(head, goLength)
	}
	if at < 0 {
		return "", false
	}
	length := 0
	for _, c := range head[at+len(contentLength):] {
		if c < '0' || c > '9' {
			break
		}
		length = length*10 + int(c-'0')
	}
	if len(body) < length {
		return "", false
	}
	return statusOf(head[9:12]), true
}

func statusOf(digits []byte) string {
	if string(digits) == "202" {
		return "202"
	}
	return string(digits)
}

func (s *sender) build() {
	s.body = s.body[:0]
	// A device says so to the millisecond.
	measuredAt := time.Now().UTC()
	if s.batch == 1 {
		s.body = s.heartbeat(s.body, measuredAt)
	} else {
		s.body = append(s.body, `{"heartbeats":[`...)
		for i := range s.batch {
			if i > 0 {
				s.body = append(s.body, ',')
			}
			s.body = s.heartbeat(s.body, measuredAt)
		}
		s.body = append(s.body, `]}`...)
	}
	s.request = append(append(append(s.request[:0], "POST "...), s.path...), " HTTP/1.1\r\nHost: "...)
	s.request = append(append(s.request, s.address...), "\r\nUser-Agent: corral-load\r\nAuthorization: Bearer "...)
	s.request = append(append(s.request, s.key...), "\r\nContent-Type: application/json\r\nContent-Length: "...)
	s.request = strconv.AppendInt(s.request, int64(len(s.body)), 10)
	s.request = append(append(s.request, "\r\n\r\n"...), s.body...)
}

// heartbeat is 195 bytes or a few less, as a device of today sends it.
func (s *sender) heartbeat(b []byte, measuredAt time.Time) []byte {
	v := &s.fleet[s.next]
	if s.next++; s.next == len(s.fleet) {
		s.next = 0
	}
	v.lat += v.dLat
	v.lng += v.dLng
	if v.lat > s.lat+0.125 || v.lat < s.lat-0.125 {
		v.dLat = -v.dLat
	}
	if v.lng > s.lng+0.2 || v.lng < s.lng-0.2 {
		v.dLng = -v.dLng
	}
	b = append(append(b, `{"vehicleId":"`...), v.id...)
	b = append(b, `","measuredAt":"`...)
	b = measuredAt.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, `","lat":`...)
	b = strconv.AppendFloat(b, v.lat, 'f', 6, 64)
	b = append(b, `,"lng":`...)
	b = strconv.AppendFloat(b, v.lng, 'f', 6, 64)
	return append(b, `,"accuracyM":8,"speedMps":4.2,"headingDeg":270,"batteryPercent":87,"state":"on_trip","tripId":"trip-1"}`...)
}

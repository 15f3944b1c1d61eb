package heartbeat

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Stamped is a checked heartbeat with the time that orders it.
type Stamped struct {
	*Heartbeat
	At      int64
	Shifted bool
}

const (
	toleratedMS = 60_000
	absurdMS    = 86_400_000
)

// Stamp says when the items of one request count, in order. A vehicle's clock that runs 60 s to 24 h ahead shifts all of its items.
func Stamp(items []*Heartbeat, receivedAt int64) []Stamped {
	stamped := make([]Stamped, len(items))
	ahead := false
	for i, item := range items {
		stamped[i] = Stamped{Heartbeat: item, At: item.MeasuredAt.MS}
		ahead = ahead || item.MeasuredAt.MS-receivedAt >= toleratedMS
	}
	if ahead {
		shift(stamped, receivedAt)
	}
	slices.SortStableFunc(stamped, func(a, b Stamped) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	return stamped
}

func shift(stamped []Stamped, receivedAt int64) {
	newest := map[string]int64{}
	for _, s := range stamped {
		if s.At-receivedAt <= absurdMS {
			newest[s.VehicleID.Value] = max(newest[s.VehicleID.Value], s.At)
		}
	}
	for i := range stamped {
		s := &stamped[i]
		excess := newest[s.VehicleID.Value] - receivedAt
		switch {
		case s.At-receivedAt > absurdMS:
			s.At, s.Shifted = receivedAt, true
		case excess >= toleratedMS:
			s.At, s.Shifted = s.At-excess, true
		}
	}
}

// AppendRecord writes the record of corral.heartbeats.v1.
func (s *Stamped) AppendRecord(b []byte, fleetID string, receivedAt int64) []byte {
	b = append(b, `{"kind":"report","fleetId":`...)
	b = appendText(b, fleetID)
	b = append(b, `,"receivedAt":`...)
	b = strconv.AppendInt(b, receivedAt, 10)
	b = append(b, `,"source":"device","vehicleId":`...)
	b = appendText(b, s.VehicleID.Value)
	b = optionalText(b, `,"deviceId":`, &s.DeviceID)
	b = append(b, `,"measuredAt":`...)
	b = strconv.AppendInt(b, s.MeasuredAt.MS, 10)
	b = optional(b, `,"lat":`, &s.Lat)
	b = optional(b, `,"lng":`, &s.Lng)
	b = optional(b, `,"accuracyM":`, &s.AccuracyM)
	b = optional(b, `,"speedMps":`, &s.SpeedMps)
	b = optional(b, `,"headingDeg":`, &s.HeadingDeg)
	b = optional(b, `,"altitudeM":`, &s.AltitudeM)
	b = optional(b, `,"batteryPercent":`, &s.BatteryPercent)
	b = optionalText(b, `,"state":`, &s.State)
	b = optionalText(b, `,"tripId":`, &s.TripID)
	b = optionalText(b, `,"bootId":`, &s.BootID)
	b = optional(b, `,"sequence":`, &s.Sequence)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, s.At, 10)
	if s.Shifted {
		return append(b, `,"flags":["clock_future"]}`...)
	}
	return append(b, `,"flags":[]}`...)
}

func optional(b []byte, name string, n *Number) []byte {
	if !n.present {
		return b
	}
	b = append(b, name...)
	if size := math.Abs(n.Value); size != 0 && (size < 1e-6 || size >= 1e21) {
		return strconv.AppendFloat(b, n.Value, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, n.Value, 'f', -1, 64)
}

func optionalText(b []byte, name string, t *Text) []byte {
	if !t.present {
		return b
	}
	return appendText(append(b, name...), t.Value)
}

func appendText(b []byte, text string) []byte {
	b, err := jsontext.AppendQuote(b, text)
	if err != nil {
		panic(fmt.Sprintf("a checked text that is no UTF-8: %q", text))
	}
	return b
}

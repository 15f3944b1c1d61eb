// Package heartbeat reads, checks and stamps heartbeats as the contract's section 2 and DESIGN 5.2 (rules 1 and 2) say.
package heartbeat

import (
	"math"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Number is a member that should be a number: absent, a number (perhaps infinite), or something else.
type Number struct {
	present, isNumber bool
	Value             float64
	raw               jsontext.Value
}

// UnmarshalJSONFrom takes whatever stands there; what it means is judged later, member by member.
func (n *Number) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*n = Number{present: true}
	if raw.Kind() == '0' {
		n.isNumber = true
		// Out of range is ±Inf, as in JSON.parse; −0 becomes 0.
		n.Value, _ = strconv.ParseFloat(string(raw), 64)
		n.Value += 0
		return nil
	}
	n.raw = slices.Clone(raw)
	return nil
}

func (n *Number) finite() bool { return n.isNumber && !math.IsInf(n.Value, 0) }

func (n *Number) shown() any {
	if !n.present {
		return nil
	}
	if n.isNumber {
		return shownNumber(n.Value)
	}
	return shown(n.raw)
}

// Text is a member that should be an id.
type Text struct {
	present, isText bool
	Value           string
	raw             jsontext.Value
}

// UnmarshalJSONFrom takes whatever stands there.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*t = Text{present: true}
	if raw.Kind() == '"' && plainID(raw[1:len(raw)-1]) {
		t.isText = true
		t.Value = string(raw[1 : len(raw)-1])
		return nil
	}
	t.raw = slices.Clone(raw)
	if raw.Kind() == '"' {
		unquoted, err := jsontext.AppendUnquote(nil, raw)
		// Half a surrogate pair is no character.
		t.isText = err == nil
		t.Value = string(unquoted)
	}
	return nil
}

// id says whether it is 1 to 128 printable characters.
func (t *Text) id() bool {
	if !t.isText || t.Value == "" {
		return false
	}
	if t.raw == nil {
		return true
	}
	if utf8.RuneCountInString(t.Value) > 128 {
		return false
	}
	for _, r := range t.Value {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || !assigned(r) {
			return false
		}
	}
	return true
}

func (t *Text) shown() any {
	if !t.present {
		return nil
	}
	if t.raw == nil {
		return shownText(t.Value)
	}
	return shown(t.raw)
}

// plainID is what nearly every id is: 1 to 128 ASCII characters without escapes.
func plainID(text []byte) bool {
	if len(text) == 0 || len(text) > 128 {
		return false
	}
	for _, c := range text {
		if c < 0x20 || c > 0x7e || c == '\\' {
			return false
		}
	}
	return true
}

// assigned tells what Unicode calls Cn apart: it is not among Go's tables.
func assigned(r rune) bool {
	return unicode.IsPrint(r) || unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
}

// Time is measuredAt: RFC 3339 or epoch milliseconds.
type Time struct {
	present bool
	ok      bool
	MS      int64
	raw     jsontext.Value
}

// UnmarshalJSONFrom takes whatever stands there.
func (t *Time) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*t = Time{present: true}
	switch raw.Kind() {
	case '"':
		t.MS, t.ok = parseTime(raw[1 : len(raw)-1])
	case '0':
		value, _ := strconv.ParseFloat(string(raw), 64)
		value = math.Floor(value)
		// Below it somebody wrote seconds; above it no calendar goes.
		if t.ok = value >= 1e11 && value <= 253_402_300_799_999; t.ok {
			t.MS = int64(value)
		}
	}
	t.raw = slices.Clone(raw)
	return nil
}

func (t *Time) shown() any {
	if !t.present {
		return nil
	}
	return shown(t.raw)
}

// Heartbeat has the members of the contract's section 2, before anybody looked at them.
type Heartbeat struct {
	VehicleID      Text   `json:"vehicleId"`
	DeviceID       Text   `json:"deviceId"`
	MeasuredAt     Time   `json:"measuredAt"`
	Lat            Number `json:"lat"`
	Lng            Number `json:"lng"`
	AccuracyM      Number `json:"accuracyM"`
	SpeedMps       Number `json:"speedMps"`
	HeadingDeg     Number `json:"headingDeg"`
	AltitudeM      Number `json:"altitudeM"`
	BatteryPercent Number `json:"batteryPercent"`
	State          Text   `json:"state"`
	TripID         Text   `json:"tripId"`
	BootID         Text   `json:"bootId"`
	Sequence       Number `json:"sequence"`

	notAnObject jsontext.Value
}

// shown is how a refused value is told: as it is if short and plain, else as a word about it.
func shown(raw jsontext.Value) any {
	switch raw.Kind() {
	case '"':
		text, _ := jsontext.AppendUnquote(nil, raw)
		return shownText(string(text))
	case '0':
		value, _ := strconv.ParseFloat(string(raw), 64)
		return shownNumber(value)
	case 't':
		return true
	case 'f':
		return false
	case '[':
		return "[list]"
	case '{':
		return "[object]"
	}
	return nil
}

func shownNumber(value float64) any {
	if math.IsInf(value, 1) {
		return "Infinity"
	}
	if math.IsInf(value, -1) {
		return "-Infinity"
	}
	return value
}

func shownText(text string) any {
	if runes := []rune(text); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return text
}

package heartbeat

import (
	"fmt"
	"math"
	"time"
)

// Refusal says why an item is not taken.
type Refusal struct {
	Index  int    `json:"index"`
	Code   string `json:"code"`
	Field  string `json:"field"`
	Value  any    `json:"value"`
	Detail string `json:"detail"`
}

const idDetail = "an id is 1 to 128 printable characters"

// Check finds the first reason why an item is no heartbeat, nil when there is none.
func (h *Heartbeat) Check(now int64, maxAge time.Duration) *Refusal {
	if h.notAnObject != nil {
		return &Refusal{Code: "heartbeat_not_an_object", Value: shown(h.notAnObject), Detail: "a heartbeat is a JSON object"}
	}
	if !h.VehicleID.present {
		return &Refusal{Code: "vehicle_id_missing", Field: "vehicleId", Detail: "say whose heartbeat it is: vehicleId (devices are not known yet)"}
	}
	if !h.VehicleID.id() {
		return &Refusal{Code: "vehicle_id_invalid", Field: "vehicleId", Value: h.VehicleID.shown(), Detail: idDetail}
	}
	switch {
	case !h.MeasuredAt.present:
		return &Refusal{Code: "measured_at_missing", Field: "measuredAt", Detail: "say when it was measured: measuredAt"}
	case !h.MeasuredAt.ok:
		return &Refusal{Code: "measured_at_invalid", Field: "measuredAt", Value: h.MeasuredAt.shown(), Detail: "measuredAt is RFC 3339 or epoch milliseconds"}
	case h.MeasuredAt.MS < now-maxAge.Milliseconds():
		detail := fmt.Sprintf("older than %v days", maxAge.Hours()/24)
		return &Refusal{Code: "measured_at_too_old", Field: "measuredAt", Value: h.MeasuredAt.shown(), Detail: detail}
	}
	if refusal := checkPlace(&h.Lat, &h.Lng); refusal != nil {
		return refusal
	}
	return h.checkRest()
}

func checkPlace(lat, lng *Number) *Refusal {
	switch {
	case !lat.present && !lng.present:
		return nil
	case !lat.present:
		return &Refusal{Code: "latitude_missing", Field: "lat", Detail: "lng came without lat"}
	case !lng.present:
		return &Refusal{Code: "longitude_missing", Field: "lng", Detail: "lat came without lng"}
	case !lat.finite():
		return &Refusal{Code: "not_a_number", Field: "lat", Value: lat.shown(), Detail: "lat is a finite number of degrees"}
	case !lng.finite():
		return &Refusal{Code: "not_a_number", Field: "lng", Value: lng.shown(), Detail: "lng is a finite number of degrees"}
	case lat.Value < -90 || lat.Value > 90:
		return &Refusal{Code: "latitude_out_of_range", Field: "lat", Value: lat.shown(), Detail: "lat is between -90 and 90"}
	case lng.Value < -180 || lng.Value > 180:
		return &Refusal{Code: "longitude_out_of_range", Field: "lng", Value: lng.shown(), Detail: "lng is between -180 and 180"}
	case lat.Value == 0 && lng.Value == 0:
		return &Refusal{Code: "null_island", Field: "lat", Value: lat.shown(), Detail: "(0, 0) is a device without a fix"}
	}
	return nil
}

func (h *Heartbeat) checkRest() *Refusal {
	if h.DeviceID.present && !h.DeviceID.id() {
		return &Refusal{Code: "device_id_invalid", Field: "deviceId", Value: h.DeviceID.shown(), Detail: idDetail}
	}
	for _, rule := range [...]struct {
		number       *Number
		field, code  string
		detail       string
		lowest, most float64
	}{
		{&h.AccuracyM, "accuracyM", "accuracy_invalid", "accuracyM is 0 or more metres", 0, math.MaxFloat64},
		{&h.SpeedMps, "speedMps", "speed_invalid", "speedMps is 0 or more metres per second", 0, math.MaxFloat64},
		{&h.HeadingDeg, "headingDeg", "heading_invalid", "headingDeg is between 0 and 360", 0, 360},
		{&h.AltitudeM, "altitudeM", "altitude_invalid", "altitudeM is a finite number of metres", -math.MaxFloat64, math.MaxFloat64},
		{&h.BatteryPercent, "batteryPercent", "battery_invalid", "batteryPercent is between 0 and 100", 0, 100},
	} {
		if n := rule.number; n.present && (!n.finite() || n.Value < rule.lowest || n.Value > rule.most) {
			return &Refusal{Code: rule.code, Field: rule.field, Value: n.shown(), Detail: rule.detail}
		}
	}
	if h.State.present && !knownState(h.State.Value) {
		return &Refusal{Code: "state_unknown", Field: "state", Value: h.State.shown(), Detail: "state is one of available, reserved, on_trip, non_operational, removed, non_contactable, missing, elsewhere"}
	}
	if h.TripID.present && !h.TripID.id() {
		return &Refusal{Code: "trip_id_invalid", Field: "tripId", Value: h.TripID.shown(), Detail: idDetail}
	}
	if h.BootID.present && !h.BootID.id() {
		return &Refusal{Code: "boot_id_invalid", Field: "bootId", Value: h.BootID.shown(), Detail: idDetail}
	}
	if n := &h.Sequence; n.present && (!n.finite() || n.Value < 0 || n.Value > 1<<53-1 || n.Value != float64(int64(n.Value))) {
		return &Refusal{Code: "sequence_invalid", Field: "sequence", Value: n.shown(), Detail: "sequence is a whole number from 0 to 2^53 − 1"}
	}
	return nil
}

func knownState(word string) bool {
	switch word {
	case "available", "reserved", "on_trip", "non_operational", "removed", "non_contactable", "missing", "elsewhere":
		return true
	}
	return false
}

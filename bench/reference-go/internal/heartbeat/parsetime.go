package heartbeat

import "time"

// parseTime reads RFC 3339 by place, as our other half does: time.Parse takes five times as long and refuses a lower-case t.
func parseTime(text []byte) (int64, bool) {
	if len(text) < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' {
		return 0, false
	}
	if text[10] != 'T' && text[10] != 't' && text[10] != ' ' {
		return 0, false
	}
	year, month, day := digits(text[0:4]), digits(text[5:7]), digits(text[8:10])
	hour, minute, second := digits(text[11:13]), digits(text[14:16]), digits(text[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	rest, millisecond := text[19:], 0
	if rest[0] == '.' {
		rest = rest[1:]
		scale, read := 100, 0
		for ; read < len(rest) && rest[read] >= '0' && rest[read] <= '9'; read++ {
			millisecond += int(rest[read]-'0') * scale
			scale /= 10
		}
		if read == 0 {
			return 0, false
		}
		rest = rest[read:]
	}
	offset, ok := offsetMinutes(rest)
	if !ok {
		return 0, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).UnixMilli()
	return at + int64(millisecond) - int64(offset)*60_000, true
}

func offsetMinutes(text []byte) (int, bool) {
	if len(text) == 1 && (text[0] == 'Z' || text[0] == 'z') {
		return 0, true
	}
	if len(text) != 6 || text[3] != ':' || (text[0] != '+' && text[0] != '-') {
		return 0, false
	}
	hours, minutes := digits(text[1:3]), digits(text[4:6])
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	if text[0] == '-' {
		return -(hours*60 + minutes), true
	}
	return hours*60 + minutes, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// digits is the number spelled, −1 when one of them is no digit.
func digits(text []byte) int {
	number := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		number = number*10 + int(c-'0')
	}
	return number
}

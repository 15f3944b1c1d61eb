package heartbeat

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Body is what a request holds: one heartbeat, or a list of them.
type Body struct {
	Heartbeat
	Heartbeats list `json:"heartbeats"`
}

// Problem is why a body holds no items.
type Problem struct {
	Status       int
	Code, Detail string
}

// MostItems is how many heartbeats a request may hold.
const MostItems = 1_000

const deepest = 16

type list struct {
	present, isList bool
	items           []Heartbeat
	tooMany         int
}

// UnmarshalJSONFrom reads the items one by one; what is no object is kept as it is.
func (l *list) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*l = list{present: true, items: l.items[:0]}
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	l.isList = true
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if len(l.items) >= MostItems {
			l.tooMany++
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		l.items = append(l.items, Heartbeat{})
		item := &l.items[len(l.items)-1]
		if dec.PeekKind() != '{' {
			raw, err := dec.ReadValue()
			if err != nil {
				return err
			}
			item.notAnObject = slices.Clone(raw)
			continue
		}
		if err := json.UnmarshalDecode(dec, item); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Read finds the heartbeats in a body; alone says that it was one, not a list.
func (b *Body) Read(text []byte) (items []Heartbeat, alone bool, problem *Problem) {
	malformed := &Problem{400, "malformed_json", "The body is not JSON in UTF-8."}
	if !utf8.Valid(text) {
		return nil, false, malformed
	}
	// Byte order marks are taken off, as browsers do.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if tooDeep(text) {
		return nil, false, &Problem{400, "nested_too_deeply", "The body is nested deeper than 16 levels."}
	}
	shape := &Problem{400, "heartbeats_malformed", "Send one heartbeat as an object, or { \"heartbeats\": [ … ] } with up to 1,000 of them."}
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		if !jsontext.Value(text).IsValid(lenient) {
			return nil, false, malformed
		}
		return nil, false, shape
	}
	kept := b.Heartbeats.items
	*b = Body{}
	b.Heartbeats.items = kept
	if err := json.Unmarshal(text, b, lenient); err != nil {
		return nil, false, malformed
	}
	switch l := &b.Heartbeats; {
	case !l.present:
		b.Heartbeats.items = append(b.Heartbeats.items[:0], b.Heartbeat)
		return b.Heartbeats.items, true, nil
	case !l.isList:
		return nil, false, shape
	case l.tooMany > 0:
		return nil, false, &Problem{413, "too_many_heartbeats", fmt.Sprintf("A request holds at most %d heartbeats, not %d.", MostItems, MostItems+l.tooMany)}
	case len(l.items) == 0:
		return nil, false, &Problem{400, "heartbeats_empty", "The list of heartbeats is empty."}
	default:
		return l.items, false, nil
	}
}

// tooDeep counts brackets only where there are enough of them to matter.
func tooDeep(text []byte) bool {
	if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= deepest {
		return false
	}
	depth, inText := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '[' || c == '{':
			if depth++; depth > deepest {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

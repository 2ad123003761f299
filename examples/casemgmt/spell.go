package casemgmt

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	spellWidth = 76        // bytes of a line, before what is in its brackets stands below it
	spellMost  = 256 << 10 // bytes that are laid out: of more, those that come first are shown as they are
)

// spell returns a document, or a list of documents, as Extended JSON for a person to read: on one line where it fits, indented elsewhere.
func spell(v any) string {
	// Only a document can be encoded by itself.
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, false, false)
	if err != nil {
		return "It cannot be shown."
	}
	return spellJSON(bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(`{"v":`)), []byte("}")))
}

// spellJSON does it with JSON, whose order it keeps.
func spellJSON(text []byte) string {
	if len(text) > spellMost {
		return strings.ToValidUTF8(string(text[:spellMost]), "") + "…"
	}
	var b strings.Builder
	parseJSON(text).write(&b, "", 0)
	return b.String()
}

// jsonValue is a value with its members, if it is an object or an array.
type jsonValue struct {
	line    string // all of it on one line
	names   []string
	members []jsonValue
}

// parseJSON reads a value. What cannot be read is shown as it is.
func parseJSON(text json.RawMessage) jsonValue {
	v := jsonValue{line: string(text)}
	d := json.NewDecoder(bytes.NewReader(text))
	open, err := d.Token()
	if delim, ok := open.(json.Delim); err != nil || !ok || delim != '{' && delim != '[' {
		return v
	}
	var lines []string
	for d.More() {
		var name string
		if open == json.Delim('{') {
			token, err := d.Token()
			text, isText := token.(string)
			if err != nil || !isText {
				return v
			}
			quoted, _ := appendText(nil, text)
			name = string(quoted) + ": "
		}
		var member json.RawMessage
		if d.Decode(&member) != nil {
			return v
		}
		v.names = append(v.names, name)
		v.members = append(v.members, parseJSON(member))
		lines = append(lines, name+v.members[len(v.members)-1].line)
	}
	v.line = string(text[:1]) + strings.Join(lines, ", ") + string(text[len(text)-1:])
	return v
}

// write writes the value behind some bytes on its line.
func (v jsonValue) write(b *strings.Builder, indent string, before int) {
	if len(v.members) == 0 || before+len(v.line) <= spellWidth {
		b.WriteString(v.line)
		return
	}
	b.WriteByte(v.line[0])
	inner := indent + "  "
	for i, member := range v.members {
		b.WriteString("\n" + inner + v.names[i])
		member.write(b, inner, len(inner)+len(v.names[i]))
		if i < len(v.members)-1 {
			b.WriteByte(',')
		}
	}
	b.WriteString("\n" + indent)
	b.WriteByte(v.line[len(v.line)-1])
}

package pipeline_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// columns is how long a line of a golden file may be.
const columns = 100

// wrapped returns a document as relaxed extended JSON. What does not fit into a line stands on
// several, one member each.
func wrapped(t testing.TB, document bson.D, indent string) string {
	js, err := bson.MarshalExtJSON(document, false, false)
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(js))
	d.UseNumber()
	return indent + wrap(t, readTree(t, d), indent)
}

// tree is a JSON value: a scalar, or the members of an object or an array.
type tree struct {
	scalar      string
	open, close string // "" of a scalar
	members     []member
}

type member struct {
	key string // with its quotes and colon; "" in an array
	tree
}

func readTree(t testing.TB, d *json.Decoder) tree {
	token, err := d.Token()
	require.NoError(t, err)
	delim, ok := token.(json.Delim)
	if !ok {
		return tree{scalar: compact(t, token)}
	}
	out := tree{open: delim.String(), close: map[json.Delim]string{'{': "}", '[': "]"}[delim]}
	for d.More() {
		var m member
		if delim == '{' {
			key, err := d.Token()
			require.NoError(t, err)
			m.key = compact(t, key) + ": "
		}
		m.tree = readTree(t, d)
		out.members = append(out.members, m)
	}
	_, err = d.Token()
	require.NoError(t, err)
	return out
}

func compact(t testing.TB, v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(v))
	return strings.TrimSuffix(b.String(), "\n")
}

func (tr tree) line() string {
	if tr.open == "" {
		return tr.scalar
	}
	parts := make([]string, len(tr.members))
	for i, m := range tr.members {
		parts[i] = m.key + m.line()
	}
	return tr.open + strings.Join(parts, ", ") + tr.close
}

// wrap writes a value after an indent that stands already.
func wrap(t testing.TB, tr tree, indent string) string {
	line := tr.line()
	if len(indent)+len(line) <= columns || len(tr.members) == 0 {
		return line
	}
	if len(tr.members) == 1 { // {"$match": { … }}
		m := tr.members[0]
		return tr.open + m.key + wrap(t, m.tree, indent) + tr.close
	}
	var b strings.Builder
	b.WriteString(tr.open)
	for i, m := range tr.members {
		b.WriteString("\n" + indent + "  " + m.key + wrap(t, m.tree, indent+"  "))
		if i < len(tr.members)-1 {
			b.WriteString(",")
		}
	}
	return b.String() + "\n" + indent + tr.close
}

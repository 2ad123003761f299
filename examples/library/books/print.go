package books

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// width is how many columns the output takes at most.
const width = 100

func printHeading(w io.Writer, text string) {
	fmt.Fprintf(w, "\n%s\n%s\n", text, strings.Repeat("=", len(text)))
}

// printText prints lines of text below a title.
func printText(w io.Writer, title, text string) {
	fmt.Fprintf(w, "\n%s\n  %s\n", title, strings.ReplaceAll(text, "\n", "\n  "))
}

// printBooks prints a line for each book below a title.
func printBooks(w io.Writer, title string, books []Book) {
	fmt.Fprintf(w, "\n%s\n", title)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, b := range books {
		from := b.PublisherID
		if b.Public {
			from = strings.TrimSpace(from + " (public)")
		}
		fmt.Fprintf(table, "  %d\t%s\t%s\t%s\n", b.ID, b.Title, strings.Join(b.Author, ", "), from)
	}
	_ = table.Flush() // as for the other lines, what if nobody can read them?
}

// printStages prints stages as extended JSON below a title.
func printStages(w io.Writer, title string, stages []bson.D) error {
	fmt.Fprintf(w, "\n%s\n", title)
	for _, stage := range stages {
		encoded, err := bson.Marshal(stage)
		if err != nil {
			return err
		}
		var decoded bson.D // in which every document is a bson.D and every array a bson.A
		if err := bson.Unmarshal(encoded, &decoded); err != nil {
			return err
		}
		fmt.Fprintln(w, "  "+layout(decoded, 2, 2))
	}
	return nil
}

// layout returns a value on one line if there is room behind the columns taken, else with a line for each of its elements.
func layout(v any, indent, taken int) string {
	names, values, brackets := elements(v)
	line := oneLine(v)
	switch {
	case len(values) == 0, taken+len(line) < width: // less, for the comma that may follow
		return line
	case len(values) == 1:
		return brackets[:1] + names[0] + layout(values[0], indent, taken+1+len(names[0])) + brackets[1:]
	}
	lines := make([]string, len(values))
	for i := range values {
		lines[i] = strings.Repeat(" ", indent+2) + names[i] + layout(values[i], indent+2, indent+2+len(names[i]))
	}
	return brackets[:1] + "\n" + strings.Join(lines, ",\n") + "\n" + strings.Repeat(" ", indent) + brackets[1:]
}

func oneLine(v any) string {
	names, values, brackets := elements(v)
	if brackets == "" {
		return scalar(v)
	}
	parts := make([]string, len(values))
	for i := range values {
		parts[i] = names[i] + oneLine(values[i])
	}
	return brackets[:1] + strings.Join(parts, ", ") + brackets[1:]
}

// elements returns the values in a document or an array, and what stands before each; no brackets for anything else.
func elements(v any) (names []string, values []any, brackets string) {
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			names, values = append(names, fmt.Sprintf("%q: ", e.Key)), append(values, e.Value)
		}
		return names, values, "{}"
	case bson.A:
		return make([]string, len(v)), v, "[]"
	default:
		return nil, nil, ""
	}
}

func scalar(v any) string {
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, false, false)
	if err != nil {
		return fmt.Sprintf("(%T)", v)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `{"v":`), "}")
}

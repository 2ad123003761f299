package main

import (
	"fmt"
	"io"
	"strings"
)

// bar returns what shows, on one line, how far something is.
func bar(w io.Writer) func(done, total int) {
	const width = 40
	shown := -1
	return func(done, total int) {
		percent := 100
		if total > 0 {
			percent = 100 * done / total
		}
		if percent == shown {
			return
		}
		shown = percent
		filled := width * percent / 100
		fmt.Fprintf(w, "\r[%s%s] %3d %% %d of %d", strings.Repeat("#", filled), strings.Repeat(".", width-filled), percent, done, total)
		if done == total {
			fmt.Fprintln(w)
		}
	}
}

package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
)

// The plot has a panel for each operation and user, all with the same logarithmic axes.
const (
	panelWidth, panelHeight = 220, 170
	marginLeft, marginTop   = 60, 60
	gap                     = 14
)

// colours are told apart by most who see few of them; the automatic choice is black.
var colours = map[string]string{
	"automatic": "#000000", "single": "#666666", "textbook": "#d55e00", "finds": "#56b4e9", "keys": "#0072b2", "chunks": "#6a3d9a",
	"nested": "#cc79a7", "outward": "#e69f00", "walk": "#b8a800", "sample": "#009e73",
}

func (r *report) svg() string {
	lowX, highX := float64(r.sizes[0]), float64(r.sizes[len(r.sizes)-1])
	if lowX == highX {
		lowX, highX = lowX/2, highX*2
	}
	lowY, highY := math.Inf(1), 0.0
	for _, f := range r.figures {
		if len(f.times) > 0 {
			lowY, highY = min(lowY, median(f.times)), max(highY, median(f.times))
		}
	}
	lowY, highY = math.Pow(10, math.Floor(math.Log10(lowY))), math.Pow(10, math.Ceil(math.Log10(highY)))
	if lowY == highY {
		highY *= 10
	}
	place := func(v, low, high float64) float64 { return math.Log(v/low) / math.Log(high/low) }

	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	width := marginLeft + len(casemgmt.Users)*(panelWidth+gap)
	height := marginTop + len(operations)*(panelHeight+gap) + 30
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, width, height)
	p(`<title>Latency of authorized lists against the size of the collection</title>`)
	p(`<rect width="100%%" height="100%%" fill="white"/>`)
	x := marginLeft
	for _, st := range r.strategies {
		p(`<line x1="%d" y1="16" x2="%d" y2="16" stroke="%s" stroke-width="%v"/><text x="%d" y="20">%s</text>`, x, x+18, colours[st.Name()], stroke(st.Name()), x+23, st.Name())
		x += 86
	}
	for row, op := range operations {
		for column, user := range casemgmt.Users {
			left, top := float64(marginLeft+column*(panelWidth+gap)), float64(marginTop+row*(panelHeight+gap))
			atX := func(v float64) float64 { return left + 10 + place(v, lowX, highX)*(panelWidth-20) }
			atY := func(v float64) float64 { return top + panelHeight - place(v, lowY, highY)*panelHeight }
			p(`<rect x="%.0f" y="%.0f" width="%d" height="%d" fill="none" stroke="#999"/>`, left, top, panelWidth, panelHeight)
			for v := lowY; v <= highY*1.01; v *= 10 {
				p(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`, left, atY(v), left+panelWidth, atY(v))
				if column == 0 {
					p(`<text x="%.1f" y="%.1f" text-anchor="end">%v ms</text>`, left-4, atY(v)+4, v)
				}
			}
			if row == len(operations)-1 {
				for _, size := range r.sizes {
					p(`<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, atX(float64(size)), top+panelHeight+15, short(size))
				}
			}
			p(`<text x="%.1f" y="%.1f" font-weight="bold">%s, %s</text>`, left+6, top+14, op, user)
			for i := range r.strategies { // the automatic choice, the first, on top
				r.line(p, r.strategies[len(r.strategies)-1-i].Name(), user, op, atX, atY)
			}
		}
	}
	p(`<text x="%d" y="%d">logs in the collection; medians, both axes logarithmic</text>`, marginLeft, height-4)
	p(`</svg>`)
	return b.String()
}

func (r *report) line(p func(string, ...any), strategy, user string, op operation, atX, atY func(float64) float64) {
	var points []string
	for _, size := range r.sizes {
		if f := r.figures[place{size, user, op, strategy}]; f != nil && len(f.times) > 0 {
			x, y := atX(float64(size)), atY(median(f.times))
			points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
			p(`<circle cx="%.1f" cy="%.1f" r="2" fill="%s"/>`, x, y, colours[strategy])
		}
	}
	p(`<polyline points="%s" fill="none" stroke="%s" stroke-width="%v"/>`, strings.Join(points, " "), colours[strategy], stroke(strategy))
}

func stroke(strategy string) float64 {
	if strategy == "automatic" {
		return 2.5
	}
	return 1.2
}

func short(n int) string {
	if n%1000 == 0 {
		return fmt.Sprint(n/1000, "k")
	}
	return fmt.Sprint(n)
}

package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The drawing's size, and where the axes are in it.
const (
	width, height            = 900, 480
	left, right, top, bottom = 70, 620, 40, 420
)

// plot draws what was measured beside what was published: logs for each document against milliseconds, the latter on a logarithmic scale.
func plot(rows []row) string {
	most := 0.0
	for _, r := range rows {
		most = max(most, float64(r.logs))
	}
	for _, p := range published {
		for _, point := range p.points {
			most = max(most, point[0])
		}
	}
	x := func(logs float64) float64 { return left + (right-left)*logs/most }
	y := func(ms float64) float64 { // from 1 ms to 200 s
		return bottom - (bottom-top)*math.Log10(max(ms, 1))/math.Log10(200_000)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="14">The activity logs of one document, for who sees them by a role in a caseload</text>`+"\n", left)
	for _, ms := range []float64{1, 10, 100, 1000, 10_000, 100_000} {
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, y(ms), right, y(ms), left-6, y(ms)+4, duration(ms))
	}
	for logs := 0.0; logs <= most; logs += 2500 {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f</text>`+"\n", x(logs), bottom+18, logs)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">logs for each document</text>`+"\n", (left+right)/2, bottom+38)
	label := 0
	line := func(name, colour, dash string, points [][2]float64) {
		var path []string
		for _, p := range points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", x(p[0]), y(p[1])))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(p[0]), y(p[1]), colour)
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", strings.Join(path, " "), colour, dash)
		at := top + 20 + 22*label
		label++
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s</text>`+"\n", right+20, at, right+50, at, colour, dash, right+58, at+4, name)
	}
	for i, p := range published {
		line(p.label, []string{"#e6a07c", "#d9683f", "#a63603"}[i], ` stroke-dasharray="6 4"`, p.points)
	}
	of := func(value func(row) time.Duration) (points [][2]float64) {
		for _, r := range rows {
			points = append(points, [2]float64{float64(r.logs), float64(value(r)) / float64(time.Millisecond)})
		}
		return points
	}
	line("request", "#08519c", "", of(func(r row) time.Duration { return r.request }))
	line("count", "#4292c6", "", of(func(r row) time.Duration { return r.count }))
	line("first page", "#74c476", "", of(func(r row) time.Duration { return r.page }))
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#666">dashed: as published, the whole request</text>`+"\n", right+20, top+30+22*label)
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#666">on other hardware: compare the shape</text>`+"\n", right+20, top+48+22*label)
	b.WriteString("</svg>\n")
	return b.String()
}

func duration(ms float64) string {
	if ms >= 1000 {
		return fmt.Sprintf("%.0f s", ms/1000)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

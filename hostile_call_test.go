package layers_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience is how long one call may take. It stops what loops, or grows with the square of a
	// hostile argument. All calls take far less, under the race detector too.
	patience = 20 * time.Second

	// mixed is how often a function is called with arguments that are drawn at random.
	mixed = 10
)

// caller calls functions with hostile arguments.
type caller struct {
	maker
	slowest     time.Duration
	slowestCall string
}

// all calls a function with each hostile value for each parameter, beside good values for the
// others, then with zero values alone, and with values drawn at random.
func (c *caller) all(t *testing.T, name string, f reflect.Value) {
	t.Helper()
	before := runtime.NumGoroutine()
	typ := f.Type()
	choices := make([][]reflect.Value, typ.NumIn())
	in := make([]reflect.Value, typ.NumIn())
	for i := range choices {
		choices[i] = c.values(t, typ.In(i))
		if in[i] = reflect.Zero(typ.In(i)); c.never[typ.In(i)] {
			in[i] = choices[i][0]
		}
	}
	c.call(t, name+" with zero values", f, in)
	for i := range choices {
		in[i] = choices[i][0]
	}
	c.call(t, name+" with good values", f, in)
	for i := range choices {
		for k, v := range choices[i] {
			in[i] = v
			c.call(t, fmt.Sprintf("%s with value %d of type %s for parameter %d", name, k, typ.In(i), i), f, in)
			if t.Failed() {
				return
			}
		}
		in[i] = choices[i][0]
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range mixed {
		drawn := make([]int, len(choices))
		for i := range choices {
			drawn[i] = random.IntN(len(choices[i]))
			in[i] = choices[i][drawn[i]]
		}
		c.call(t, fmt.Sprintf("%s with the values %d", name, drawn), f, in)
	}
	requireGoroutinesEnd(t, before)
}

// call calls a function once, and then what it returns.
func (c *caller) call(t *testing.T, name string, f reflect.Value, in []reflect.Value) {
	t.Helper()
	start := time.Now()
	problem := make(chan string, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				problem <- fmt.Sprintf("panics: %.200v\n%s", p, debug.Stack())
				return
			}
			problem <- ""
		}()
		var out []reflect.Value
		if f.Type().IsVariadic() {
			out = f.CallSlice(in)
		} else {
			out = f.Call(in)
		}
		for _, result := range out {
			look(result)
		}
	}()
	select {
	case p := <-problem:
		if p != "" {
			t.Errorf("%s %s", name, p)
		}
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		require.FailNow(t, "a call that does not end", "%s\n%s", name, stacks[:runtime.Stack(stacks, true)])
	}
	if took := time.Since(start); took > c.slowest {
		c.slowest, c.slowestCall = took, name
	}
}

// look reads a result: a handler serves a request, an iterator yields, and a value of this module
// answers each method that needs no argument.
func look(v reflect.Value) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	if handler, ok := v.Interface().(http.Handler); ok {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		return
	}
	if err, ok := v.Interface().(error); ok {
		_ = err.Error()
	}
	typ := v.Type()
	switch {
	case typ.Kind() == reflect.Func && typ.CanSeq() && !v.IsNil():
		for range v.Seq() {
			break
		}
	case typ.Kind() == reflect.Func && typ.CanSeq2() && !v.IsNil():
		for range v.Seq2() {
			break
		}
	case strings.HasPrefix(ours(typ), module):
		for i := range v.NumMethod() {
			if v.Type().Method(i).Type.NumIn() == 1 {
				v.Method(i).Call(nil)
			}
		}
	}
}

// ours returns the package of a type, or of what it points to.
func ours(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

// requireGoroutinesEnd waits until no more goroutines run than before.
func requireGoroutinesEnd(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	require.FailNow(t, "goroutines are left", "%d, and %d before\n%s",
		runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

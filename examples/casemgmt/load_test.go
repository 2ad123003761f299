package casemgmt_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
)

var loadFor = flag.Duration("load", 2*time.Second, "how long the load run takes: make casemgmt-full takes 60s")

const loadClients = 50

// Fifty clients at once list, look and write over loopback. Each writes one document of its own, which the others list and look at as well, but nothing
// by which anybody's rights or lists change: so the oracle knows every answer.
func TestUnderLoadEveryAnswerIsTheOracles(t *testing.T) {
	w := demoWorld(t)
	users := []string{"admin", "billy-med", "ralph-unemp", "alan-wkcmp", "tom-auditor", "director"}
	places := [][2]int{{1, 1}, {2, 1}, {2, 3}, {4, 4}, {3, 5}, {5, 6}, {6, 1}, {8, 5}} // client and template
	for k := range loadClients {
		place := places[k%len(places)]
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: 1000 + k}, {Key: "name", Value: "new"}, {Key: "client", Value: place[0]}, {Key: "template", Value: place[1]}})
		require.NoError(t, err)
		w.data["documents"] = append(w.data["documents"], raw)
	}
	s := newSite(t, newWorld(t, "load", w.data))
	server := httptest.NewServer(s.handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loadClients}}
	known := map[string]answers{}
	for _, user := range users {
		known[user] = s.answers(t, user)
	}

	ctx, cancel := context.WithTimeout(t.Context(), *loadFor)
	defer cancel()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		took  []time.Duration
		wrong []error
	)
	for k := range loadClients {
		user := users[k%len(users)]
		l := &loader{client: client, address: server.URL, user: user, known: known[user], own: 1000 + k, random: rand.New(rand.NewPCG(uint64(k), 3))}
		wg.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				err := l.ask(t.Context()) // to its end, also when the time is over
				mu.Lock()
				took = append(took, time.Since(start))
				if err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", user, err))
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	require.Empty(t, wrong)
	require.GreaterOrEqual(t, len(took), loadClients)
	slices.Sort(took)
	t.Logf("%d clients, %v: %d requests, p50 %v, p99 %v, no wrong answer, no error", loadClients, *loadFor, len(took),
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond))
}

// answers are what the oracle knows of what one user gets.
type answers struct {
	lists  map[string][]string // ids by path, of lists that fit on a page or more
	view   map[string]int      // the status of a look, by path
	change map[int]int         // the status of a change, by document
}

func (s *site) answers(t *testing.T, user string) answers {
	t.Helper()
	id, err := casemgmt.ParseID(user)
	require.NoError(t, err)
	a := answers{map[string][]string{}, map[string]int{}, map[int]int{}}
	for _, typ := range casemgmt.Types() {
		docs := s.data[typ.Collection]
		visible, changeable := s.allowed(t, id, "view", typ), s.allowed(t, id, "change", typ)
		a.lists["/"+typ.Collection] = idTexts(t, docs, visible)
		for i, doc := range docs {
			status := map[bool]int{true: 200, false: 404}[visible[i]]
			a.view[path(typ, doc.Lookup("_id"))] = status
			if typ.Name == "document" {
				change := 204
				switch {
				case !visible[i]:
					change = 404
				case !changeable[i]:
					change = 403
				}
				a.change[int(doc.Lookup("_id").AsInt64())] = change
			}
		}
	}
	return a
}

// A loader is one client.
type loader struct {
	client        *http.Client
	address, user string
	known         answers
	own           int // the document that it writes, and nobody else
	name          string
	random        *rand.Rand
}

// ask sends one request, and returns an error for an answer that is not the oracle's.
func (l *loader) ask(ctx context.Context) error {
	switch n := l.random.IntN(10); {
	case n < 4:
		return l.list(ctx)
	case n < 7:
		return l.look(ctx)
	default:
		return l.write(ctx)
	}
}

func (l *loader) list(ctx context.Context) error {
	path := anyKey(l.random, l.known.lists)
	want := slices.Clone(l.known.lists[path])
	var got []string
	for next := path; next != ""; {
		status, a, err := l.send(ctx, "GET", next, nil)
		if err != nil {
			return err
		}
		if total := fmt.Sprint(a.body["total"]); status != 200 || total != fmt.Sprint(len(want)) {
			return fmt.Errorf("%s: status %d, total %s instead of %d", next, status, total, len(want))
		}
		got = append(got, a.items()...)
		next, _ = a.body["next"].(string)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("%s: %v instead of %v", path, got, want)
	}
	return nil
}

func (l *loader) look(ctx context.Context) error {
	path := anyKey(l.random, l.known.view)
	status, a, err := l.send(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	if status != l.known.view[path] || status == 200 && a.body["_id"] == nil {
		return fmt.Errorf("%s: status %d instead of %d", path, status, l.known.view[path])
	}
	return nil
}

// write changes the client's own document, and reads it back; or adds to the name of what the client may not change.
func (l *loader) write(ctx context.Context) error {
	id := l.own
	if l.random.IntN(3) == 0 {
		if other := anyKey(l.random, l.known.change); l.known.change[other] != 204 {
			id = other
		}
	}
	path := fmt.Sprintf("/documents/%d", id)
	name := fmt.Sprintf("%d", l.random.Uint64())
	status, _, err := l.send(ctx, "PATCH", path, object{"name": name})
	if err != nil {
		return err
	}
	if status != l.known.change[id] {
		return fmt.Errorf("PATCH %s: status %d instead of %d", path, status, l.known.change[id])
	}
	if status != 204 {
		return nil
	}
	l.name = name
	_, a, err := l.send(ctx, "GET", path, nil)
	if err == nil && a.body["name"] != l.name {
		err = fmt.Errorf("%s: not what was written", path)
	}
	return err
}

func (l *loader) send(ctx context.Context, method, path string, body any) (int, answer, error) {
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return 0, answer{}, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, l.address+path, &text)
	if err != nil {
		return 0, answer{}, err
	}
	r.SetBasicAuth(l.user, password)
	r.Header.Set("Content-Type", "application/json")
	response, err := l.client.Do(r)
	if err != nil {
		return 0, answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	var a answer
	if response.StatusCode != http.StatusNoContent {
		decoder := json.NewDecoder(response.Body)
		decoder.UseNumber()
		if err := decoder.Decode(&a.body); err != nil {
			return 0, answer{}, err
		}
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, a, err
}

// anyKey returns one of the keys, the same for the same random numbers.
func anyKey[K cmp.Ordered, V any](random *rand.Rand, m map[K]V) K {
	keys := slices.Sorted(maps.Keys(m))
	return keys[random.IntN(len(keys))]
}

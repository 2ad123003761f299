package casemgmt_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

var update = flag.Bool("update", false, "rewrite the screenshots in docs")

// browser returns the program, which browser.sh installs in CI. Without one the test is skipped, by name.
func browser(t *testing.T) string {
	t.Helper()
	if name := os.Getenv("CASEMGMT_BROWSER"); name != "" {
		path, err := exec.LookPath(name)
		require.NoError(t, err, "CASEMGMT_BROWSER")
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	harness.Skip(t, "a browser (install chromium, or name one in CASEMGMT_BROWSER)")
	return ""
}

// A tab is a page of the browser with somebody's credentials.
type tab struct {
	t       *testing.T
	ctx     context.Context
	address string
	width   int64

	mu        sync.Mutex
	elsewhere []string // what was asked of another server
	refused   []string // what the browser complained of
}

// tabs starts the browser, and returns what opens a tab in it.
func tabs(t *testing.T, program, address string) func(t *testing.T, user string, width, height int64, opts ...chromedp.EmulateViewportOption) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	if os.Getuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	limited, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	allocator, cancel := chromedp.NewExecAllocator(limited, opts...)
	t.Cleanup(cancel)
	first, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(first), "start the browser")
	return func(t *testing.T, user string, width, height int64, opts ...chromedp.EmulateViewportOption) *tab {
		t.Helper()
		ctx, cancel := chromedp.NewContext(first)
		t.Cleanup(cancel)
		b := &tab{t: t, ctx: ctx, address: address, width: width}
		require.NoError(t, chromedp.Listen(ctx, b.notice))
		_, err := chromedp.Call(ctx, browserlog.Enable, struct{}{})
		require.NoError(t, err)
		credentials := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		_, err = chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Authorization": "Basic " + credentials}})
		require.NoError(t, err)
		require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height, opts...)))
		return b
	}
}

func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(event.Request.URL, b.address+"/") {
			b.elsewhere = append(b.elsewhere, event.Request.URL)
		}
	case *browserlog.EventEntryAdded:
		if event.Entry.URL == b.address+"/favicon.ico" {
			return // browsers look for one now and then, and need none
		}
		b.refused = append(b.refused, event.Entry.URL+": "+event.Entry.Text)
	}
}

// open opens a path, or does what leads to another page, and checks what has to be so on every page.
func (b *tab) open(what string, lead chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, lead)
	require.NoError(b.t, err, what)
	require.EqualValues(b.t, http.StatusOK, response.Status, what)
	// A phone's browser widens its window to what does not fit, and gives a page that says nothing of phones, such as the list, a wider one to begin with.
	fits, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(
		`document.documentElement.scrollWidth <= (document.querySelector("meta[name=viewport]") ? %d : innerWidth)`, b.width)))
	require.NoError(b.t, err)
	require.True(b.t, fits, "%s does not scroll sideways", what)
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.elsewhere, "%s loads nothing from elsewhere", what)
	require.Empty(b.t, b.refused, "%s is shown without complaints", what)
}

// text returns what is shown of an element.
func (b *tab) text(selector chromedp.CSS) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(selector))
	require.NoError(b.t, err, "%s", selector)
	return strings.Join(strings.Fields(text), " ")
}

// texts returns the texts of all elements that a selector matches.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	quoted, err := json.Marshal(selector)
	require.NoError(b.t, err)
	texts, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](fmt.Sprintf(`[...document.querySelectorAll(%s)].map(e => e.textContent)`, quoted)))
	require.NoError(b.t, err)
	return texts
}

func TestTheReviewPageAndAListInABrowser(t *testing.T) {
	t.Parallel()
	program := browser(t)
	server := httptest.NewServer(reviewed(t, demoWorld(t), nil).handler)
	t.Cleanup(server.Close)
	newTab := tabs(t, program, server.URL)
	for _, screen := range []struct {
		name          string
		width, height int64
		opts          []chromedp.EmulateViewportOption
		picture, last string // what the picture shows: from the top to this element
		id            string // of what
	}{
		{"desktop", 1024, 768, nil, "docs/review.png", "#plan", ""},
		{"phone", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch}, "docs/review-phone.png", "#why", "1"},
		{"small phone", 320, 568, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch}, "", "", ""},
	} {
		t.Run(screen.name, func(t *testing.T) {
			b := newTab(t, "admin", screen.width, screen.height, screen.opts...)
			b.open("the empty page", chromedp.Navigate(server.URL+"/review"))
			require.Empty(t, b.texts("section"))
			require.NoError(t, chromedp.Do(b.ctx, chromedp.SendKeys(chromedp.CSS("input[name=find]"), "WICK")))
			b.open("the users found", chromedp.Click(chromedp.CSS(".find button")))
			require.Equal(t, []string{"alan-wkcmp"}, b.texts("#users li b"))
			b.open("a sample", chromedp.Click(chromedp.CSS("#users li a")))
			require.Contains(t, b.text("#list h2"), "alan-wkcmp may view")
			b.open("the empty page", chromedp.Navigate(server.URL+"/review"))

			// Ask as a person does, by the form.
			require.NoError(t, chromedp.Do(b.ctx,
				chromedp.SendKeys(chromedp.CSS("input[name=user]"), "alan-wkcmp"),
				chromedp.SetValue(chromedp.CSS("select[name=type]"), "document"),
			))
			b.open("the answer", chromedp.Click(chromedp.CSS("button")))
			require.Equal(t, "alan-wkcmp may view 3 documents", b.text("#list h2"))
			rows := b.texts(`#list td[data-label="_id"]`)
			require.Equal(t, []string{"6", "7", "12"}, rows)
			require.Equal(t, []string{"role in a caseload"}, b.texts("#clauses .label"))
			require.Equal(t, []string{"role in a caseload", "keys"}, b.texts("#plan td"))
			require.Equal(t, []string{"role in a caseload", "role in a caseload", "role in a caseload"}, b.texts(`#list td[data-label="granted by"]`))
			require.False(t, visible(t, b, "#pipeline pre"), "the pipeline is collapsed")
			require.NoError(t, chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS("#pipeline summary"))))
			require.Contains(t, b.text("#pipeline pre"), `"from": "caseload_roles"`)
			require.Equal(t, screen.width > 640, visible(t, b, "#list thead"), "the rows are cards on a phone")
			if screen.picture != "" && screen.id == "" {
				b.picture(screen.picture, screen.last)
			}

			b.open("why", chromedp.Click(chromedp.CSS("#list td a")))
			require.Equal(t, "alan-wkcmp may view document 6", b.text("#why h2"))
			require.Contains(t, b.text("#why"), "caseload_role grant, by caseload.grants")

			require.NoError(t, chromedp.Do(b.ctx, chromedp.SetValue(chromedp.CSS("input[name=id]"), "1")))
			b.open("why not", chromedp.Click(chromedp.CSS("button")))
			require.Equal(t, "alan-wkcmp may not view document 1", b.text("#why h2"))
			require.Equal(t, "“role in a caseload” does not hold, since grant.user has no such element and grant.group has none of the values.", b.text("#why h2 + p"))
			if screen.id == "1" {
				b.picture(screen.picture, screen.last)
			}

			// The list itself, as the browser shows it to whom it is for.
			own := newTab(t, "alan-wkcmp", screen.width, screen.height, screen.opts...)
			own.open("the list", chromedp.Navigate(server.URL+"/documents"))
			var list struct {
				Total int
				Items []struct {
					ID json.Number `json:"_id"`
				}
			}
			require.NoError(t, json.Unmarshal([]byte(own.text("pre")), &list))
			require.Len(t, rows, list.Total)
			for i, item := range list.Items {
				require.Equal(t, rows[i], item.ID.String())
			}
		})
	}
}

func visible(t *testing.T, b *tab, selector string) bool {
	t.Helper()
	quoted, err := json.Marshal(selector)
	require.NoError(t, err)
	shown, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector(%s).checkVisibility()`, quoted)))
	require.NoError(t, err)
	return shown
}

// picture writes a screenshot of the page, down to the end of an element, with -update.
func (b *tab) picture(path, last string) {
	b.t.Helper()
	if !*update {
		return
	}
	height, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().bottom + scrollY + 16`, last)))
	require.NoError(b.t, err)
	beyond := true
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: float64(b.width), Height: height, Scale: 1.5}, CaptureBeyondViewport: &beyond,
	})
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(path, shot.Data, 0o644))
}

func TestTheGuideShowsTheScreenshots(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("README.md")
	require.NoError(t, err)
	pictures, err := filepath.Glob("docs/*.png")
	require.NoError(t, err)
	slices.Sort(pictures)
	require.Equal(t, []string{"docs/review-phone.png", "docs/review.png"}, pictures)
	for _, path := range pictures {
		require.Contains(t, string(guide), path)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Less(t, len(data), 200<<10, path)
		shot, err := png.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err, path)
		require.Greater(t, shot.Height, 500, path)
	}
}

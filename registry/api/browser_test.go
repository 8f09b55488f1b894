package api_test

import (
	"bytes"
	"context"
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

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
)

var update = flag.Bool("update", false, "write the docs' picture of the page")

// patient is how long a browser may take for one thing: the machine may have other work.
const patient = 2 * time.Minute

// TestBrowser has the page in a real browser, one tab for each test.
func TestBrowser(t *testing.T) {
	browser := start(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"follows": testFollows, "stays": testStays, "reconnects": testReconnects, "hostile": testHostile, "looks": testLooks,
		"accessible": testAccessible, "without scripts": testWithoutScripts,
	} {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
}

// start starts Chromium, which ends with the test.
func start(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatal("Chromium is not installed")
		}
		t.Skip("Chromium is not installed")
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// tab is a tab with the page of a registry in it.
type tab struct {
	t     *testing.T
	ctx   context.Context //nolint:containedctx // chromedp keeps its tab there
	url   string
	mu    sync.Mutex
	wrong []string // what the console complains of
}

// serve is a registry that is served until the test ends.
func serve(t *testing.T, r *registry.Registry) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(api.New(r, api.Options{}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server
}

func open(t *testing.T, browser context.Context, url string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	b := &tab{t: t, url: url}
	var stop func()
	b.ctx, stop = chromedp.NewContext(browser, chromedp.WithListener(b.listen))
	t.Cleanup(stop)
	b.do(chromedp.EmulateViewport(1280, 800))
	b.do(append(before, chromedp.Navigate(url+"/"))...)
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.wrong = append(b.wrong, fmt.Sprint(event.Type))
	case *log.EventEntryAdded:
		b.wrong = append(b.wrong, event.Entry.Text+" "+event.Entry.URL)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range actions {
		result(b, a)
	}
}

// result is what an action gives.
func result[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	if err := chromedp.Do(b.ctx); err != nil { // the tab is there, and ends with the test only
		b.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(b.ctx, patient)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// value is what an expression is on the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	return result(b, chromedp.Evaluate[T](expression))
}

// until waits for something to be true on the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	for began := time.Now(); !value[bool](b, "!!("+expression+")"); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patient {
			b.t.Fatalf("it never came true that %s; the page is\n%s", expression, value[string](b, `document.body.innerText.slice(0, 2000)`))
		}
	}
}

// silent fails when the console has complained.
func (b *tab) silent() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.wrong) > 0 {
		b.t.Errorf("the console says %q", b.wrong)
	}
}

// keep keeps a picture with the run, where PORTMOOR_ARTEFACTS says.
func (b *tab) keep(name string) {
	b.t.Helper()
	dir := os.Getenv("PORTMOOR_ARTEFACTS")
	if dir == "" {
		dir = b.t.TempDir()
	}
	shot := result(b, chromedp.CaptureScreenshot())
	if _, err := png.Decode(bytes.NewReader(shot)); err != nil {
		b.t.Error(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) post(service map[string]any) {
	b.t.Helper()
	text, err := json.Marshal(service)
	if err != nil {
		b.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/api/services", bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.t.Fatal(response.Status)
	}
}

// coloured is a page in a colour.
func coloured(colour string) chromedp.Action[chromedp.Void] {
	return command(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colour}}})
		return err
	})
}

func command(call func(ctx context.Context) error) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { return call(ctx) })
}

func many(n int, state registry.State) (all []registry.Service) {
	for i := range n {
		all = append(all, registry.Service{Name: fmt.Sprintf("service-%04d", i), Port: 20000 + i, State: state, Metadata: map[string]any{"container_port": 80, "assigned": 20000 + i}})
	}
	return all
}

const visibleRows = `document.querySelectorAll("tbody tr:not([hidden])").length`

// What is posted appears, changes and goes without a reload; the filter filters; the link
// opens the service.
func testFollows(t *testing.T, browser context.Context) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<link rel="icon" href="data:,"><title>the service</title>`)
	}))
	defer service.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(service.URL, "http://"), ":")
	r := registry.New(registry.Options{Host: "127.0.0.1"})
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "db", Port: 15432, State: registry.Up, Capabilities: []string{"sql"}}})
	b := open(t, browser, serve(t, r).URL)
	value[int](b, `window.mark = 1`)
	b.post(map[string]any{"name": "web", "host": "127.0.0.1", "port": port, "metadata": map[string]any{"project": "shop"}})
	b.until(`document.querySelector("tbody tr:nth-child(2) a")?.textContent === "web" && window.mark === 1`)
	b.until(`document.getElementById("news").textContent === "web is new, and up" && document.getElementById("count").textContent === "2 services"`)
	for filter, want := range map[string]int{"SQL": 1, "shop web": 1, "shop": 2, "nothing": 0} {
		value[chromedp.Void](b, `filter.select()`)
		b.do(chromedp.SendKeys(chromedp.CSS("#filter"), filter))
		if got := value[int](b, visibleRows); got != want {
			t.Errorf("%s: %d rows, want %d", filter, got, want)
		}
		if got, want := value[string](b, `document.getElementById("count").textContent`), fmt.Sprintf("%d of 2 services", want); got != want {
			t.Errorf("%s: says %s, want %s", filter, got, want)
		}
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#filter"), "\x1b")) // Escape
	b.until(visibleRows + ` === 2`)
	r.Set(registry.Engine, "shop", []registry.Service{{Name: "db", Port: 15432, State: registry.Down}})
	b.until(`document.querySelector("tbody tr").innerText.includes("down") && document.getElementById("news").textContent.includes("db is down")`)
	r.Set(registry.Engine, "shop", nil)
	b.until(visibleRows + ` === 1`)
	b.silent()
	b.do(chromedp.Click(chromedp.CSS("tbody a")))
	b.until(`document.title === "the service"`)
}

// An update of 1,000 services keeps focus and scroll, and touches the row that has changed.
func testStays(t *testing.T, browser context.Context) {
	r := registry.New(registry.Options{Host: "127.0.0.1"})
	r.Set(registry.Engine, "many", many(1000, registry.Up))
	b := open(t, browser, serve(t, r).URL)
	b.until(`written.size === 1000`)
	top := `Math.round(document.activeElement.getBoundingClientRect().top)`
	value[chromedp.Void](b, `{ const a = document.querySelectorAll("tbody a")[500]; a.scrollIntoView({block: "center"}); a.focus();
		window.touched = new Set();
		new MutationObserver(all => all.forEach(m => touched.add(m.target.nodeType === 1 && m.target.closest("tr") || m.target))).observe(body, {subtree: true, childList: true, attributes: true, characterData: true}); }`)
	before := value[int](b, top)
	services := many(1000, registry.Up)
	services[500].State = registry.Down
	services[500].Capabilities = []string{"new"}
	r.Set(registry.Engine, "many", services)
	b.until(`document.activeElement.closest("tr")?.innerText.includes("down")`)
	if got := value[int](b, `touched.size`); got != 1 {
		t.Errorf("%d rows were touched", got)
	}
	var above []registry.Service // rows before all others
	for i := range 20 {
		above = append(above, registry.Service{Name: fmt.Sprintf("above-%d", i), Port: 30000 + i, State: registry.Up})
	}
	r.Set(registry.Engine, "above", above)
	b.until(`rows.size === 1020`)
	if got := value[string](b, `document.activeElement.textContent`); got != "service-0500" {
		t.Errorf("the focus is on %q", got)
	}
	if after := value[int](b, top); after < before-2 || after > before+2 {
		t.Errorf("the row was at %d and is at %d", before, after)
	}
	r.Set(registry.Engine, "many", append(services[:500:500], services[501:]...))
	b.until(`rows.size === 1019 && document.activeElement.id === "filter"`)
	b.silent()
}

// A registry that is away is said, and what has changed meanwhile is there when it is back.
func testReconnects(t *testing.T, browser context.Context) {
	r := registry.New(registry.Options{Host: "127.0.0.1"})
	r.Set(registry.Engine, "many", many(3, registry.Up))
	var away sync.Mutex
	handler := api.New(r, api.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/api/events" {
			away.Lock()
			away.Unlock() //nolint:staticcheck // the gate is all that is wanted
		}
		handler.ServeHTTP(w, q)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	b := open(t, browser, server.URL)
	b.until(`written.size === 3`)
	away.Lock()
	server.CloseClientConnections()
	b.until(`connection.textContent.includes("does not answer")`)
	r.Set(registry.Engine, "many", many(2, registry.Down))
	away.Unlock()
	b.until(`connection.textContent === "" && ` + visibleRows + ` === 2 && document.querySelectorAll("[data-state=down]").length === 2`)
}

// What others say does nothing on the page, neither at first nor later.
func testHostile(t *testing.T, browser context.Context) {
	r := registry.New(registry.Options{Host: "127.0.0.1"})
	r.Set(registry.Engine, "odd", hostile())
	b := open(t, browser, serve(t, r).URL)
	later := hostile()
	for i := range later {
		later[i].Name = "later " + later[i].Name
	}
	r.Set(registry.Engine, "<b>later</b>", later)
	b.until(fmt.Sprintf(`rows.size === %d && written.size === rows.size`, 2*len(later)))
	if got := value[string](b, `document.title`); got != "Services" {
		t.Errorf("the title is %s", got)
	}
	if got := value[int](b, `document.querySelectorAll("body script, img, b").length`); got != 1 {
		t.Errorf("%d elements that are none of the page's", got-1)
	}
	if got := value[int](b, `Array.from(document.links).filter(a => !/^https?:$/.test(a.protocol)).length`); got != 0 {
		t.Errorf("%d links lead elsewhere than to the web", got)
	}
	if got := value[string](b, `Array.from(document.querySelectorAll("tbody th"), e => e.innerText).join("\n")`); !strings.Contains(got, scriptName) {
		t.Errorf("the name is not shown: %s", got)
	}
	b.silent()
}

// contrast is the least contrast of a text on the page with its ground.
const contrast = `(() => {
	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	let least = 21;
	for (const e of document.querySelectorAll("main *")) {
		if (!Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim())) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
		least = Math.min(least, (a + .05) / (b + .05));
	}
	return least;
})()`

// At every width and in both colours the page has no scroll to the side, and text that can
// be read.
func testLooks(t *testing.T, browser context.Context) {
	r := shownServices()
	r.Set(registry.Engine, "odd", []registry.Service{{Name: strings.Repeat("long", 60), Host: strings.Repeat("h", 253), Port: 65535, State: registry.Up, Capabilities: []string{strings.Repeat("c", 255)}}})
	b := open(t, browser, serve(t, r).URL)
	for _, colour := range []string{"light", "dark"} {
		grounds := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
		for _, width := range []int64{360, 800, 1280} {
			b.do(chromedp.EmulateViewport(width, 800), coloured(colour))
			name := fmt.Sprintf("page-%s-%d", colour, width)
			if got := value[int64](b, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s: %d wide", name, got)
			}
			if got := value[string](b, `getComputedStyle(document.body).backgroundColor`); got != grounds[colour] {
				t.Errorf("%s: the ground is %s", name, got)
			}
			if got := value[float64](b, contrast); got < 4.5 {
				t.Errorf("%s: a contrast of %.2f", name, got)
			}
			value[chromedp.Void](b, `document.querySelector("tbody a").focus()`)
			if cards := value[bool](b, `getComputedStyle(document.querySelector("tbody tr")).display === "block"`); cards != (width < 960) {
				t.Errorf("%s: cards: %v", name, cards)
			}
			b.keep(name)
		}
	}
	b.silent()
}

// rules are what is wrong with the page's markup for who can't see it, as axe has its rules.
const rules = `(() => {
	const wrong = [], all = selector => Array.from(document.querySelectorAll(selector));
	const want = (ok, what) => { if (!ok) wrong.push(what); };
	want(document.documentElement.lang === "en", "html-has-lang");
	want(document.title.trim(), "document-title");
	want(all("h1").length === 1, "one h1");
	want(all("main").length === 1, "one main");
	want(Array.from(document.body.children).every(e => ["MAIN", "SCRIPT"].includes(e.tagName)), "region: all is in a landmark");
	want(all("th").length && all("thead th").every(e => e.scope === "col") && all("tbody th").every(e => e.scope === "row"), "scope of headers");
	want(all("tbody tr").every(e => e.children.length === all("thead th").length), "a cell for each header");
	want(all("table").every(e => e.caption && e.caption.textContent.trim()), "table has a caption");
	want(all("input, select, textarea").every(e => e.labels.length && e.labels[0].textContent.trim()), "label");
	want(all("a, button").every(e => e.textContent.trim()), "link-name, button-name");
	want(all("a").every(e => e.hasAttribute("href")), "links lead somewhere");
	want(all("img").every(e => e.hasAttribute("alt")), "image-alt");
	want(all("[tabindex]").every(e => e.tabIndex <= 0), "tabindex");
	want(new Set(all("[id]").map(e => e.id)).size === all("[id]").length, "duplicate-id");
	for (const name of ["aria-controls", "aria-describedby", "aria-labelledby", "for"])
		want(all("[" + name + "]").every(e => e.getAttribute(name).split(" ").every(id => document.getElementById(id))), name + " leads to an element");
	want(all("[aria-hidden=true] :is(a, button, input)").length === 0, "aria-hidden-focus");
	want(!/user-scalable\s*=\s*no|maximum-scale/.test(document.querySelector("meta[name=viewport]").content), "meta-viewport");
	want(all("[autofocus], marquee, blink, meta[http-equiv=refresh]").length === 0, "nothing moves by itself");
	return wrong;
})()`

// All that people use has a role and a name, also where rows are cards, and is reached by
// the keyboard, which can be seen.
func testAccessible(t *testing.T, browser context.Context) {
	b := open(t, browser, serve(t, shownServices()).URL)
	b.until(`written.size === 6`)
	if wrong := value[[]string](b, rules); len(wrong) > 0 {
		t.Errorf("against the rules: %q", wrong)
	}
	for _, width := range []int64{360, 1280} {
		b.do(chromedp.EmulateViewport(width, 800))
		roles := b.roles()
		for _, role := range []string{"link", "searchbox", "textbox", "button", "heading", "table", "rowheader", "columnheader", "RootWebArea", "checkbox", "combobox"} {
			if slices.Contains(roles[role], "") {
				t.Errorf("%d: a %s without a name", width, role)
			}
		}
		for role, least := range map[string]int{"main": 1, "heading": 1, "search": 1, "searchbox": 1, "table": 1, "row": 7, "rowheader": 6, "cell": map[int64]int{360: 45, 1280: 48}[width], "link": 6, "status": 2} {
			if len(roles[role]) < least {
				t.Errorf("%d: %d of the role %s, want %d", width, len(roles[role]), role, least)
			}
		}
		if len(roles["columnheader"]) != 9 {
			t.Errorf("%d: %d headers of columns", width, len(roles["columnheader"]))
		}
		if !slices.Contains(roles["searchbox"], "Filter") || !slices.Contains(roles["link"], "web") {
			t.Errorf("%d: the names are %q and %q", width, roles["searchbox"], roles["link"])
		}
	}
	value[chromedp.Void](b, `document.activeElement.blur()`)
	for _, want := range []string{"INPUT", "A", "A"} {
		b.do(chromedp.KeyEvent("\t"))
		if got := value[string](b, `document.activeElement.tagName`); got != want {
			t.Errorf("the focus is on %s, want %s", got, want)
		}
		if got := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`); got != "solid" {
			t.Errorf("the focus looks %s", got)
		}
	}
	b.silent()
}

// roles are the names of what a screen reader finds on the page, by role.
func (b *tab) roles() map[string][]string {
	b.t.Helper()
	tree := result(b, func(ctx context.Context, _ *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		return chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	})
	roles := map[string][]string{}
	for _, n := range tree.Nodes {
		if !n.Ignored {
			roles[text(n.Role)] = append(roles[text(n.Role)], text(n.Name))
		}
	}
	return roles
}

func text(v *accessibility.Value) (text string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &text) // "" for what is no text
	}
	return text
}

// Without scripts it is a table with links, and says nothing of a filter.
func testWithoutScripts(t *testing.T, browser context.Context) {
	off := command(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	b := open(t, browser, serve(t, shownServices()).URL, off)
	roles := b.roles()
	if len(roles["searchbox"]) != 0 || len(roles["table"]) != 1 || len(roles["row"]) != 7 || len(roles["columnheader"]) != 9 || len(roles["link"]) != 6 {
		t.Errorf("it has %d filters, %d tables, %d rows, %d headers and the links %q",
			len(roles["searchbox"]), len(roles["table"]), len(roles["row"]), len(roles["columnheader"]), roles["link"])
	}
	b.keep("page-without-scripts")
	b.silent()
}

// shownServices are those of the docs' picture.
func shownServices() *registry.Registry {
	r := registry.New(registry.Options{Host: "127.0.0.1", Now: func() time.Time { return time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC) }})
	up := func(name string, port, container, byDefault int, health registry.Health) registry.Service {
		return registry.Service{Name: name, Port: port, State: registry.Up, Health: health, Metadata: map[string]any{"container_port": container, "assigned": port, "default": byDefault}}
	}
	r.Set(registry.Engine, "shop", []registry.Service{up("web", 18080, 80, 8080, registry.Healthy), up("db", 15432, 5432, 5432, registry.Healthy)})
	r.Set(registry.Engine, "media", []registry.Service{up("player", 18096, 8096, 8096, ""), up("search", 19200, 9200, 9200, registry.Unhealthy)})
	r.Set(registry.Remembered, "notes", []registry.Service{{Name: "wiki", Port: 13000, State: registry.Down, Metadata: map[string]any{"container_port": 3000, "assigned": 13000, "default": 3000}}})
	r.Set(registry.Remote, "models", []registry.Service{{Name: "whisper", Host: "gpu-box", Port: 9000, State: registry.Up, Health: registry.Healthy, Capabilities: []string{"gpu", "speech"}, Metadata: map[string]any{"container_port": 9000}}})
	return r
}

// The docs' pictures are made from the real page: go test ./registry/api -run TestPicture -update
func TestPicture(t *testing.T) {
	const most = 150_000
	for colour, path := range map[string]string{"light": "../../docs/registry.png", "dark": "../../docs/registry-dark.png"} {
		if *update {
			b := open(t, start(t), serve(t, shownServices()).URL)
			b.do(chromedp.EmulateViewport(1280, 520), coloured(colour))
			if err := os.WriteFile(path, result(b, chromedp.CaptureScreenshot()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(src)); err != nil || len(src) > most {
			t.Errorf("%s: %d bytes, %v", path, len(src), err)
		}
	}
}

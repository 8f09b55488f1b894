package api

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	prometheus "github.com/VictoriaMetrics/metrics"

	"github.com/portmoor/portmoor/registry"
)

// metrics are what Prometheus is told.
type metrics struct {
	all     *prometheus.Set
	streams *prometheus.Gauge               // that are open
	lag     *prometheus.PrometheusHistogram // from an event of the engine until the registry has it
	engine  *prometheus.Counter             // times that the engine was lost and came back
	nats    *prometheus.Gauge               // 1 while the server is connected
}

func newMetrics(r *registry.Registry) *metrics {
	prometheus.ExposeMetadata(true)
	all := prometheus.NewSet()
	all.RegisterMetricsWriter(func(w io.Writer) { countServices(w, r) })
	return &metrics{
		all:     all,
		streams: all.NewGauge("portmoor_event_streams", nil),
		lag:     all.NewPrometheusHistogramExt("portmoor_engine_event_lag_seconds", prometheus.ExponentialBuckets(0.01, 2, 12)),
		engine:  all.NewCounter("portmoor_engine_reconnects_total"),
		nats:    all.NewGauge("portmoor_nats_connected", nil),
	}
}

func (m *metrics) answer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.all.WritePrometheus(w)
}

// counted is a handler whose answers are counted, by route and not by path.
func (m *metrics) counted(route string, handle http.HandlerFunc) http.HandlerFunc {
	seconds := m.all.GetOrCreatePrometheusHistogram("portmoor_request_seconds" + labels("route", route))
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() //nolint:forbidigo // metrics are about time
		c := &codeOf{ResponseWriter: w, code: http.StatusOK}
		handle(c, r)
		m.all.GetOrCreateCounter("portmoor_requests_total" + labels("code", strconv.Itoa(c.code), "route", route)).Inc()
		seconds.UpdateDuration(began)
	}
}

// labels are pairs of a name and a value, as Prometheus reads them.
func labels(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, pairs[i]+`="`+escaped.Replace(pairs[i+1])+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// codeOf notes the status of an answer.
type codeOf struct {
	http.ResponseWriter

	code int
}

func (c *codeOf) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (c *codeOf) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// countServices tells how many services there are now. Hosts are what guests say they
// are, so that no counter is kept for each.
func countServices(w io.Writer, r *registry.Registry) {
	count := r.Count()
	groups := slices.SortedFunc(maps.Keys(count), func(a, b registry.Group) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.State, b.State))
	})
	prometheus.WriteMetadataIfNeeded(w, "portmoor_services", "gauge")
	for _, g := range groups {
		fmt.Fprintf(w, "portmoor_services%s %d\n", labels("host", g.Host, "state", string(g.State)), count[g])
	}
}

// EngineEvent notes that an event of the engine has got here after a time.
func (s *Server) EngineEvent(lag time.Duration) { s.metrics.lag.Update(lag.Seconds()) }

// EngineBack notes that the engine was lost and is back.
func (s *Server) EngineBack() { s.metrics.engine.Inc() }

// Connected notes whether the NATS server is connected.
func (s *Server) Connected(is bool) {
	s.metrics.nats.Set(map[bool]float64{true: 1}[is])
}

package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/portmoor/portmoor/registry"
)

// metrics are what Prometheus is told.
type metrics struct {
	all      *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	streams  prometheus.Gauge
	lag      prometheus.Histogram
	engine   prometheus.Counter
	nats     prometheus.Gauge
}

func newMetrics(r *registry.Registry) *metrics {
	m := &metrics{
		all:      prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portmoor_requests_total", Help: "Requests that were answered."}, []string{"route", "code"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portmoor_request_seconds", Help: "How long answers took."}, []string{"route"}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "portmoor_event_streams", Help: "Event streams that are open."}),
		lag:      prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portmoor_engine_event_lag_seconds", Help: "Time from an event of the engine until the registry has it.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 12)}),
		engine:   prometheus.NewCounter(prometheus.CounterOpts{Name: "portmoor_engine_reconnects_total", Help: "Times that the engine was lost and came back."}),
		nats:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "portmoor_nats_connected", Help: "1 while the NATS server is connected."}),
	}
	m.all.MustRegister(m.requests, m.seconds, m.streams, m.lag, m.engine, m.nats, services{r})
	return m
}

func (m *metrics) handler() http.Handler { return promhttp.HandlerFor(m.all, promhttp.HandlerOpts{}) }

// counted is a handler whose answers are counted, by route and not by path.
func (m *metrics) counted(route string, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() //nolint:forbidigo // metrics are about time
		c := &codeOf{ResponseWriter: w, code: http.StatusOK}
		handle(c, r)
		m.requests.WithLabelValues(route, strconv.Itoa(c.code)).Inc()
		m.seconds.WithLabelValues(route).Observe(time.Since(began).Seconds())
	}
}

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

// services tells how many services there are when it is asked.
type services struct{ registry *registry.Registry }

var servicesDesc = prometheus.NewDesc("portmoor_services", "Services that are listed.", []string{"host", "state"}, nil)

// Describe says what is collected.
func (s services) Describe(to chan<- *prometheus.Desc) { to <- servicesDesc }

// Collect counts.
func (s services) Collect(to chan<- prometheus.Metric) {
	for at, n := range s.registry.Count() {
		to <- prometheus.MustNewConstMetric(servicesDesc, prometheus.GaugeValue, float64(n), at.Host, string(at.State))
	}
}

// EngineEvent notes that an event of the engine has got here after a time.
func (s *Server) EngineEvent(lag time.Duration) { s.metrics.lag.Observe(lag.Seconds()) }

// EngineBack notes that the engine was lost and is back.
func (s *Server) EngineBack() { s.metrics.engine.Inc() }

// Connected notes whether the NATS server is connected.
func (s *Server) Connected(is bool) {
	s.metrics.nats.Set(map[bool]float64{true: 1}[is])
}

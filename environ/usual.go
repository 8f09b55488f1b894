package environ

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/live"
)

// client is what the clients of some images read, by themselves, to find their server.
type client struct {
	images []string // the last part of their names, without the tag
	port   int      // of the container, tcp
	// Variables are in pairs of a name and a value, in which HOST, PORT and ADDRESS stand for
	// where the port is.
	variables []string
}

// clients are those whose documentation names the variables.
var clients = []client{
	// https://www.postgresql.org/docs/current/libpq-envars.html
	{[]string{"pgvector", "postgis", "postgres", "postgresql", "timescaledb", "timescaledb-ha"}, 5432, []string{"PGHOST", "HOST", "PGPORT", "PORT"}},
	// https://dev.mysql.com/doc/refman/8.4/en/environment-variables.html
	{[]string{"mariadb", "mysql", "mysql-server", "percona", "percona-server"}, 3306, []string{"MYSQL_HOST", "HOST", "MYSQL_TCP_PORT", "PORT"}},
	// https://github.com/redis/redis-rb, as Sidekiq, RQ and others
	{[]string{"dragonfly", "keydb", "redis", "redis-stack", "redis-stack-server", "valkey"}, 6379, []string{"REDIS_URL", "redis://ADDRESS"}},
	// https://docs.nats.io/using-nats/nats-tools/nats_cli
	{[]string{"nats"}, 4222, []string{"NATS_URL", "nats://ADDRESS"}},
	// https://etcd.io/docs/latest/dev-guide/interacting_v3/
	{[]string{"etcd"}, 2379, []string{"ETCDCTL_ENDPOINTS", "http://ADDRESS"}},
	// https://developer.hashicorp.com/consul/commands#environment-variables
	{[]string{"consul"}, 8500, []string{"CONSUL_HTTP_ADDR", "http://ADDRESS"}},
	// https://developer.hashicorp.com/vault/docs/commands#environment-variables
	{[]string{"vault"}, 8200, []string{"VAULT_ADDR", "http://ADDRESS"}},
	// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
	{[]string{"localstack", "localstack-pro"}, 4566, []string{"AWS_ENDPOINT_URL", "http://ADDRESS"}},
	{[]string{"minio"}, 9000, []string{"AWS_ENDPOINT_URL_S3", "http://ADDRESS"}},
	{[]string{"dynamodb-local"}, 8000, []string{"AWS_ENDPOINT_URL_DYNAMODB", "http://ADDRESS"}},
	// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
	{[]string{"opentelemetry-collector", "opentelemetry-collector-contrib"}, 4318, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://ADDRESS"}},
	// https://docs.ollama.com/faq
	{[]string{"ollama"}, 11434, []string{"OLLAMA_HOST", "ADDRESS"}},
	// https://docs.temporal.io/cli/cmd-options
	{[]string{"auto-setup", "temporal"}, 7233, []string{"TEMPORAL_ADDRESS", "ADDRESS"}},
}

// Usual are what the clients of well-known images read, sorted by name: PGHOST and PGPORT
// for a service whose image is postgres. Where two services have such an image there are
// none, since nobody knows which is meant. A user or a password is never among them.
func Usual(p *compose.Project, shown []live.Port) (variables []dotenv.Variable) {
	for _, c := range clients {
		var services []string
		for _, svc := range p.Services {
			if slices.Contains(c.images, imageName(svc.Image)) {
				services = append(services, svc.Name)
			}
		}
		if len(services) != 1 {
			continue
		}
		for _, port := range live.Bound(shown) { // of several replicas the first
			if port.Service != services[0] || port.ContainerPort != c.port || port.Protocol != "tcp" || port.Address() == "" {
				continue
			}
			as := strings.NewReplacer("ADDRESS", port.Address(), "HOST", port.Host, "PORT", strconv.Itoa(port.HostPort))
			for pair := range slices.Chunk(c.variables, 2) {
				variables = append(variables, dotenv.Variable{Name: pair[0], Value: as.Replace(pair[1])})
			}
			break
		}
	}
	slices.SortFunc(variables, func(a, b dotenv.Variable) int { return strings.Compare(a.Name, b.Name) })
	return variables
}

// imageName is the last part of an image's name: postgres of
// registry.example:5000/library/postgres:17@sha256:….
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

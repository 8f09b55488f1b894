.PHONY: test lint e2e

test:
	go test ./...

lint:
	.ci/run lint

# Against a real engine and a real docker compose, which it brings along.
e2e:
	e2e/run

package main

import "os"

type config struct {
	Listen   string
	S3       string // from inside the network
	S3Public string // what presigned URLs carry
	Origins  []string
}

func env(key, fallback string) string {
	if v := os.Getenv(key); v != "" {
		return v
	}
	return fallback
}

func load() config {
	return config{
		Listen:   env("LISTEN", ":9000"),
		S3:       env("S3_ENDPOINT", "http://storage:9000"),
		S3Public: env("S3_PUBLIC_ENDPOINT", "http://localhost:9000"),
		Origins: []string{
			"http://localhost:8080",
			"https://kilnhouse.example",
		},
	}
}

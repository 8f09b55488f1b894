package main

import "testing"

func TestDefaults(t *testing.T) {
	c := load()
	if c.Listen != ":9000" {
		t.Fatalf("listen: %s", c.Listen)
	}
	if c.S3 != "http://storage:9000" {
		t.Fatalf("s3: %s", c.S3)
	}
	if c.S3Public != "http://localhost:9000" {
		t.Fatalf("s3 public: %s", c.S3Public)
	}
}

func TestPrice(t *testing.T) {
	for _, tc := range []struct{ grams, cents int }{
		{100, 300},
		{1000, 3000},
		{3000, 9000},
	} {
		if got := price(tc.grams); got != tc.cents {
			t.Errorf("price(%d) = %d", tc.grams, got)
		}
	}
}

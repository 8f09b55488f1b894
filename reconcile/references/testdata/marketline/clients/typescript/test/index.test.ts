import { expect, test } from "vitest";
import { GeoClient, local } from "../src";
import { parseHostPort } from "../src/url";

test("local endpoints", () => {
  expect(local.geo).toBe("http://localhost:8120");
  expect(local.notifier).toBe("http://localhost:7600");
  expect(new URL(local.search).port).toBe("8120");
  expect(new URL(local.billing).port).toBe("7600");
});

test("parses host and port", () => {
  expect(parseHostPort("example.org:8120")).toEqual(["example.org", 8120]);
  expect(parseHostPort("[::1]:7600")).toEqual(["::1", 7600]);
});

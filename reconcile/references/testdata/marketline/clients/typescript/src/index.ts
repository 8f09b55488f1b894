export interface Endpoints {
  catalog: string;
  search: string;
  geo: string;
  billing: string;
  notifier: string;
}

export const local: Endpoints = {
  catalog: "http://localhost:8120",
  search: "http://localhost:8120",
  geo: "http://localhost:8120",
  billing: "http://localhost:7600",
  notifier: "http://localhost:7600",
};

/** Milliseconds before a call is given up. */
export const TIMEOUT = 7600;

export class GeoClient {
  /** @param base defaults to http://localhost:8120 */
  constructor(private readonly base: string = local.geo) {}

  async region(zip: string): Promise<string> {
    const answer = await fetch(`${this.base}/v1/region?zip=${zip}`, { signal: AbortSignal.timeout(TIMEOUT) });
    return answer.text();
  }
}

import http from "k6/http";
import { check, sleep } from "k6";

export const options = {
  thresholds: { http_req_duration: ["p(99)<7600"] },
};

const CATALOG = __ENV.CATALOG || "http://localhost:8120";
const SEARCH = __ENV.SEARCH || "http://localhost:8120";

export default function () {
  const id = Math.floor(Math.random() * 8120);
  check(http.get(`${CATALOG}/products/${id}`), { "product found": (r) => r.status === 200 });
  check(http.get(`${SEARCH}/q?text=mug`), { "search ok": (r) => r.status === 200 });
  http.get("http://localhost:8120/v1/region?zip=1010");
  sleep(1);
}

import http from 'k6/http';
import { check, sleep } from 'k6';

const API = __ENV.API || 'http://localhost:9000';
const S3 = __ENV.S3 || 'http://localhost:9000';
const SHOP = __ENV.SHOP || 'http://localhost:8080';

export const options = {
  scenarios: {
    book: { executor: 'constant-arrival-rate', rate: 50, duration: '3m', preAllocatedVUs: 80 },
  },
  thresholds: {
    http_req_duration: ['p(95)<3000'],
    iterations: ['count>9000'],
  },
};

export default function () {
  check(http.get(`${SHOP}/classes`), { 'shop 200': (r) => r.status === 200 });
  const res = http.post(`${API}/v1/bookings`, JSON.stringify({ class: 'wheel-1', seats: 1 }));
  check(res, { booked: (r) => r.status === 201 });
  http.get(`${S3}/media/pot-1.jpg`);
  sleep(1);
}
// k6 in Docker: docker run --network kilnhouse_default -e API=http://api:9000 -e S3=http://storage:9000 -e SHOP=http://web:8080 grafana/k6

// Load on a deployment, with thresholds that decide: `URL=https://… KEY=… k6 run deploy/load/turns.js`. Every virtual user has conversations
// of its own; the nodes' limits must let it through (a key of scope admin passes them).
import http from 'k6/http';
import { check } from 'k6';

const game = __ENV.GAME || 'clinic';
const said = ['I have pain in my knee', '7 out of 10', 'since 2 days ago', 'I took ibuprofen'];

export const options = {
  scenarios: {
    turns: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 50),
      timeUnit: '1s',
      duration: __ENV.DURATION || '60s',
      preAllocatedVUs: 100,
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.001'],
    http_req_duration: ['p(95)<500', 'p(99)<1500'],
    checks: ['rate>0.999'],
  },
};

export default function turn() {
  const person = `load-${__VU}`;
  const body = JSON.stringify({
    user_id: person,
    conversation_id: `${person}-${Math.floor(__ITER / said.length)}`,
    input: said[__ITER % said.length],
  });
  const headers = { 'content-type': 'application/json' };
  if (__ENV.KEY) {
    headers.authorization = `Bearer ${__ENV.KEY}`;
  }
  const answer = http.post(`${__ENV.URL}/games/${game}/move`, body, { headers });
  check(answer, { 'kept for good': (response) => response.status === 200 && response.json('durable') === true });
}

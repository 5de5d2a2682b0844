// Overload, as k6 runs it: see overload.sh. PHASE is `capacity` (customers who wait for each answer), `overload` (RATE orders a
// second, whether they are answered or not) or `after` (the capacity's half, to see that the shop is as before).
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'

const phase = __ENV.PHASE
const seconds = Number(__ENV.SECONDS)
const rate = Math.ceil(Number(__ENV.RATE || 1))
const url = __ENV.URL

const sold = new Counter('sold')
const soldTook = new Trend('sold_took', true)
const refused = new Counter('refused')
const refusedTook = new Trend('refused_took', true)
const withoutRetryAfter = new Counter('without_retry_after')
const wrong = new Counter('wrong')

const scenarios = {
  capacity: { executor: 'constant-vus', vus: Number(__ENV.VUS || 256), duration: `${seconds}s`, gracefulStop: '10s' },
  overload: {
    executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: `${seconds}s`,
    preAllocatedVUs: Number(__ENV.VUS || 3000), maxVUs: Number(__ENV.VUS || 3000), gracefulStop: '30s',
  },
}
scenarios.after = scenarios.overload

export const options = {
  scenarios: { [phase]: scenarios[phase] },
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
}

const body = JSON.stringify({
  currency: 'USD', lines: [{ sku: __ENV.SKU, quantity: 1 }], payment: { gateway: 'sandbox', method: 'pm_card_visa' },
})

export default function order() {
  const began = Date.now()
  const answer = http.post(`${url}/v1/orders`, body, {
    headers: {
      Authorization: `Bearer ${__ENV.TOKEN}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': `k6-${phase}-${__VU}-${__ITER}-${began}`,
      Prefer: 'wait=10',
    },
    timeout: '60s',
  })
  // From the first byte that is sent: what the load itself waits for is not the server's.
  const took = answer.timings.sending + answer.timings.waiting
  if (answer.status === 201) {
    sold.add(1)
    soldTook.add(took)
  } else if (answer.status === 429 || answer.status === 503) {
    refused.add(1)
    refusedTook.add(took)
    if (!answer.headers['Retry-After']) withoutRetryAfter.add(1)
  } else {
    wrong.add(1)
    if (wrong) console.error(`${answer.status} ${answer.error}`)
  }
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0)
  const trend = (name) => (data.metrics[name] ? data.metrics[name].values : {})
  const found = {
    phase, seconds, rate,
    sold: count('sold'), refused: count('refused'), wrong: count('wrong'),
    without_retry_after: count('without_retry_after'), dropped: count('dropped_iterations'),
    sold_ms: trend('sold_took'), refused_ms: trend('refused_took'),
  }
  return { [__ENV.OUT]: JSON.stringify(found) }
}

import { expect, test } from "vitest"
import { DEFAULTS, questionOf, stretches, verdictOf } from "@/features/requests/data.ts"

test("only a whole status is asked for, and the id without what was pasted around it", () => {
  expect(questionOf({ ...DEFAULTS, status: "42", id: " req_1 " })).not.toHaveProperty("status")
  expect(questionOf({ ...DEFAULTS, status: "429", id: " req_1 " })).toMatchObject({ status: 429, request_id: "req_1" })
})

test("the stretches of a request come to its whole time", () => {
  const found = stretches({ overhead_us: 2000, upstream_ms: 300, first_chunk_ms: 302, duration_ms: 1002 })
  expect(found).toEqual([{ name: "gateway", ms: 2 }, { name: "provider", ms: 300 }, { name: "stream", ms: 700 }])
  expect(stretches({ overhead_us: 500, upstream_ms: 0, first_chunk_ms: 0, duration_ms: 0 })).toEqual([{ name: "gateway", ms: 0.5 }])
})

test("a verdict is a guardrail and what it said", () => {
  expect(verdictOf("pii@1f0c:block")).toEqual({ guardrail: "pii@1f0c", says: "block", side: "" })
  expect(verdictOf("pii@1f0c:pass:output")).toEqual({ guardrail: "pii@1f0c", says: "pass", side: "output" })
  expect(verdictOf("plain")).toEqual({ guardrail: "plain", says: "", side: "" })
})

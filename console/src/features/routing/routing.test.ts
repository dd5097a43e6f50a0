import { expect, test } from "vitest"
import { conditionsOf, inTrouble } from "@/features/routing/data.ts"

const row = { provider: "p", model: "m", models: ["a"], breaker: "closed", probes_at: null, cooling_until: null, probe: null, in_flight: 2, latency_ms: 40 }

test("what the gateway says of its deployments is read, and nonsense is nothing", () => {
  expect(conditionsOf({ data: [row] })[0]).toMatchObject({ provider: "p", breaker: "closed", inFlight: 2, latencyMs: 40, coolingUntil: "" })
  expect([conditionsOf(null), conditionsOf({ data: "x" })]).toEqual([[], []])
})

test("an open breaker, a cooldown and a failed probe are trouble", () => {
  const troubled = conditionsOf({ data: [row, { ...row, breaker: "open" }, { ...row, cooling_until: "2026-01-01T00:00:00Z" }, { ...row, probe: "down" }] }).map(inTrouble)
  expect(troubled).toEqual([false, true, true, true])
})

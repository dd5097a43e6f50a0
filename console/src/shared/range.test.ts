import { expect, test } from "vitest"
import { instantOf, localOf, spanBefore, spanOf } from "@/shared/range.ts"

const NOW = Date.parse("2026-11-21T12:34:56Z")

test("a span until now starts at a whole minute", () => {
  expect(spanOf({ range: "24h", since: "", until: "" }, NOW)).toEqual({ since: "2026-11-20T12:34:00.000Z" })
  expect(spanOf({ range: "nonsense", since: "", until: "" }, NOW).since).toBe("2026-11-14T12:34:00.000Z")
})

test("two moments are of the tenant's clocks, also on the day that these are changed", () => {
  expect(instantOf("2026-11-01T09:30", "Asia/Kolkata")).toBe("2026-11-01T04:00:00.000Z")
  expect(instantOf("2026-11-01T12:00", "America/New_York")).toBe("2026-11-01T17:00:00.000Z")
  expect(localOf("2026-11-01T04:00:00Z", "Asia/Kolkata")).toBe("2026-11-01T09:30")
  expect([instantOf("", "UTC"), instantOf("soon", "UTC")]).toEqual([undefined, undefined])
})

test("the time before is as long, and ends where the span begins", () => {
  expect(spanBefore({ since: "2026-11-20T00:00:00.000Z", until: "2026-11-21T00:00:00.000Z" })).toEqual({ since: "2026-11-19T00:00:00.000Z", until: "2026-11-20T00:00:00.000Z" })
})

import { expect, test } from "vitest"
import { type At, changeOf, grainOf, healthOf, whole } from "@/features/overview/data.ts"

const at = (moment: string, requests: number) => ({ at: moment, requests }) as At

test("hours in which nothing came are there, each once", () => {
  const found = whole([at("2026-11-01T02:00:00Z", 3), at("2026-11-01T04:00:00Z", 1)], "2026-11-01T00:30:00Z", "2026-11-01T05:10:00Z", "hour")
  expect(found.map((one) => [one.at.slice(11, 13), one.of?.requests ?? 0])).toEqual([["01", 0], ["02", 3], ["03", 0], ["04", 1], ["05", 0]])
})

test("a day that is an hour longer loses nothing", () => {
  const days = [at("2026-10-31T04:00:00Z", 1), at("2026-11-01T04:00:00Z", 2), at("2026-11-02T05:00:00Z", 4)]
  expect(whole(days, "2026-10-31T04:00:00Z", "2026-11-02T12:00:00Z", "day").map((one) => one.of?.requests)).toEqual([1, 2, 4])
})

test("three days are told by the hour, more by the day", () => {
  expect(grainOf({ since: "2026-11-01T00:00:00Z", until: "2026-11-04T00:00:00Z" })).toBe("hour")
  expect(grainOf({ since: "2026-11-01T00:00:00Z", until: "2026-11-05T00:00:00Z" })).toBe("day")
})

test("a change is told only where there was something before", () => {
  expect([changeOf(3, 2), changeOf(1, 0)]).toEqual([0.5, null])
})

test("dependencies are read in either form", () => {
  expect(healthOf({ status: "ok", dependencies: { database: "ok", valkey: { status: "away" } } }).dependencies.map((one) => one.state)).toEqual(["ok", "away"])
  expect(healthOf(null)).toEqual({ isReady: false, dependencies: [] })
})

import { expect, test } from "vitest"
import { stepOf, timeScale, valueScale } from "@/shared/charts/scale.ts"

test("values go up to a round number, at round steps", () => {
  const scale = valueScale(83, [100, 0])
  expect(scale.ticks(4)).toEqual([0, 20, 40, 60, 80, 100])
  expect([scale(0), scale(100), scale.invert(50)]).toEqual([100, 0, 50])
  expect(valueScale(0.3, [0, 1]).ticks(4)).toEqual([0, 0.1, 0.2, 0.3])
  expect([stepOf(1, 4), stepOf(7, 4), stepOf(3000, 4)]).toEqual([0.2, 2, 1000])
})

test("times have ticks at whole hours and days, no more than asked for", () => {
  const day = 86_400_000
  const from = Date.UTC(2026, 10, 1, 5)
  expect(timeScale(from, from + 6 * day, [0, 600]).ticks(6).map((at) => new Date(at).toISOString().slice(8, 16))).toEqual(["02T00:00", "03T00:00", "04T00:00", "05T00:00", "06T00:00", "07T00:00"])
  expect(timeScale(from, from + day / 2, [0, 600]).ticks(5)).toHaveLength(4)
  expect(timeScale(from, from, [0, 600])(from)).toBe(0)
})

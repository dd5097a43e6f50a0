import { expect, test } from "vitest"
import { type Forecast, dayAfter, daysOf, monthsBefore } from "@/features/billing/data.ts"
import { askOfPlan, formOfPlan } from "@/features/billing/plan-form.ts"
import { askOfRerate } from "@/features/billing/rerate-form.tsx"
import { grown } from "@/features/billing/grown.ts"

test("a month is its first day and the first of the next", () => {
  expect([daysOf("2026-12"), daysOf(""), daysOf("nonsense")]).toEqual([{ since: "2026-12-01", until: "2027-01-01" }, {}, {}])
  expect(dayAfter("2024-02-28")).toBe("2024-02-29")
  expect(monthsBefore(new Date("2026-01-15T00:00:00Z"), 3)).toEqual(["2026-01", "2025-12", "2025-11"])
})

const day = (number: number, actual: string | null, expected: string | null) => ({ day: `2026-11-0${number}`, actual, expected })
const forecast: Forecast = {
  period: {}, currency: "USD", as_of: "2026-11-02T12:00:00Z", method: "", covers: 0.8, basis_days: 2, spent: "3.00",
  usage: { expected: "9.00", low: "7.00", high: "12.00" }, bill: { expected: "9.00", low: null, high: null },
  days: [day(1, "2.00", null), day(2, "1.00", "1.00"), day(3, null, "2.00"), day(4, null, "1.00")],
}

test("a forecast begins at what was spent and ends at what is expected, with its interval", () => {
  const points = grown(forecast)
  expect(points.map((point) => point.values)).toEqual([[2, null], [3, 3], [null, 7], [null, 9]])
  expect(points[1]).toMatchObject({ low: 3, high: 3 })
  expect(points[3]).toMatchObject({ low: 7, high: 12 })
})

test("without an interval there is a line and no band", () => {
  expect(grown({ ...forecast, usage: { expected: "9.00", low: null, high: null } }).every((point) => point.low === undefined)).toBe(true)
})

test("a plan is written in percent and kept in basis points", () => {
  const form = formOfPlan({ version: 2, currency: "INR", margin_bp: 1250, taxes: [{ name: "CGST", rate_bp: 900 }], rates: [] })
  expect(form).toMatchObject({ margin: 12.5, taxes: [{ name: "CGST", rate: 9 }] })
  expect(form).not.toHaveProperty("version")
  expect(askOfPlan({ ...form, margin: 0.07 }, 2)).toMatchObject({ version: 2, margin_bp: 7, currency: "INR", taxes: [{ name: "CGST", rate_bp: 900 }] })
})

test("a re-rating goes until the day after its last, by given prices only when asked for", () => {
  const typed = { since: "2026-11-01", last: "2026-11-07", model: " m ", provider: "", reason: "wrong", input: "1", output: "2", cache_read: "", cache_write: "", request: "" }
  expect(askOfRerate(typed, false)).toEqual({ since: "2026-11-01", until: "2026-11-08", reason: "wrong", model: "m" })
  expect(askOfRerate(typed, true).prices).toEqual({ input: "1", output: "2" })
})

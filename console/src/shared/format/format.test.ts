import { afterEach, expect, test } from "vitest"
import { csv } from "@/shared/format/csv.ts"
import { bytes, duration, money, number, percent } from "@/shared/format/numbers.ts"
import { setPlace } from "@/shared/format/place.ts"
import { calendarDay, dateTime, relative } from "@/shared/format/times.ts"

const ENGLISH = { locale: "en-GB", zone: "UTC", currency: "USD" }
setPlace(ENGLISH)
afterEach(() => setPlace(ENGLISH))

test("money keeps every digit of a decimal text, and shows the price of a token", () => {
  expect(money("9007199254740993.01", "USD")).toBe("US$9,007,199,254,740,993.01")
  expect(money("0.000015", "USD")).toBe("US$0.000015")
  expect(money("12.5", "EUR")).toBe("€12.50")
  expect([money("0.00636", "USD"), money("0.00636", "USD", 6, true), money("0.5", "USD", 6, true)]).toEqual(["US$0.00636", "US$0.006360", "US$0.50"])
  expect(money(null)).toBe("–")
  expect(money("")).toBe("–")
})

test("numbers and times are the tenant's", () => {
  setPlace({ locale: "de-DE", zone: "Asia/Kolkata", currency: "EUR" })
  expect(number(1234567.5)).toBe("1.234.567,5")
  expect(money("1234.5")).toBe("1.234,50\u00a0€")
  expect(dateTime("2026-01-01T20:00:00Z")).toContain("02.01.2026")
})

test("a day of a calendar is the same day in every zone", () => {
  setPlace({ locale: "en-GB", zone: "America/Los_Angeles" })
  expect([calendarDay("2026-11-01"), calendarDay(null)]).toEqual(["1 Nov 2026", "–"])
})

test("a locale or zone that nobody knows changes nothing", () => {
  setPlace({ locale: "en-GB", zone: "Mars/Olympus" })
  expect(dateTime("2026-01-01T20:00:00Z")).toContain("20:00")
})

test("what is not there is a dash, never NaN or undefined", () => {
  expect([number(undefined), percent(Number.NaN), duration(null), dateTime(undefined), relative("nonsense")]).toEqual(["–", "–", "–", "–", "–"])
})

test("sizes and spans read as people say them", () => {
  expect([duration(4.256), duration(820.4), duration(1240), duration(185_000)]).toEqual(["4.26 ms", "820 ms", "1.24 s", "3 min 5 s"])
  expect([bytes(12), bytes(3_400_000)]).toEqual(["12 B", "3.4 MB"])
  expect(relative("2026-01-01T00:00:00Z", Date.parse("2026-01-01T03:00:00Z"))).toBe("3 hours ago")
})

test("a CSV quotes what it must and hands no formula to a spreadsheet", () => {
  const rows = [{ name: 'a "b", c', sum: -4 }, { name: "=1+1", sum: 2 }, { name: "-12.5", sum: 3 }]
  expect(csv(rows, [{ head: "Name", value: (row) => row.name }, { head: "Sum", value: (row) => row.sum }])).toBe('Name,Sum\r\n"a ""b"", c",-4\r\n\'=1+1,2\r\n-12.5,3\r\n')
})

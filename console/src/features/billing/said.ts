import { strings } from "@/features/billing/strings.ts"
import { currentPlace } from "@/shared/format/place.ts"
import { calendarDay } from "@/shared/format/times.ts"

/** `November 2026`. */
export function monthText(month: string): string {
  return new Intl.DateTimeFormat(currentPlace().locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`))
}

/** From the first day to the last. */
export function periodText(period: Readonly<Record<string, string>>): string {
  return strings.invoice.range(calendarDay(period.first_day), calendarDay(period.last_day))
}

/** Basis points as percent of the tenant's locale, with the sign. */
export function offBy(points: number | null): string {
  if (points === null) return "–"
  return new Intl.NumberFormat(currentPlace().locale, { style: "percent", maximumFractionDigits: 2, signDisplay: "exceptZero" }).format(points / 10_000)
}

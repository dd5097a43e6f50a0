import { dateForm, spanForm } from "@/shared/format/forms.ts"
import { currentPlace } from "@/shared/format/place.ts"

const NOTHING = "–"
const STEPS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1],
]

function form(at: string | number | Date | null | undefined, options: Intl.DateTimeFormatOptions): string {
  if (at === null || at === undefined || at === "") return NOTHING
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NOTHING
  const { locale, zone } = currentPlace()
  return dateForm(locale, { ...options, ...(zone ? { timeZone: zone } : {}) }).format(date)
}

export function dateTime(at: string | number | Date | null | undefined): string {
  return form(at, { dateStyle: "medium", timeStyle: "short" })
}

/** To the second, where many things happen within a minute. */
export function moment(at: string | number | Date | null | undefined): string {
  return form(at, { dateStyle: "medium", timeStyle: "medium" })
}

export function dateOnly(at: string | number | Date | null | undefined): string {
  return form(at, { dateStyle: "medium" })
}

/** A day of a calendar, such as `2026-11-01`: the same in every zone. */
export function calendarDay(day: string | null | undefined): string {
  const date = new Date(`${(day ?? "").slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(date.getTime()) ? NOTHING : dateForm(currentPlace().locale, { dateStyle: "medium", timeZone: "UTC" }).format(date)
}

export function timeOnly(at: string | number | Date | null | undefined): string {
  return form(at, { timeStyle: "medium" })
}

/** `3 hours ago`, `in 2 days`. */
export function relative(at: string | number | Date | null | undefined, now: number = Date.now()): string {
  if (at === null || at === undefined || at === "") return NOTHING
  const seconds = (new Date(at).getTime() - now) / 1000
  if (Number.isNaN(seconds)) return NOTHING
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["second", 1]
  return spanForm(currentPlace().locale).format(Math.round(seconds / size), unit)
}

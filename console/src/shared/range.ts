import { currentPlace } from "@/shared/format/place.ts"

/** A time as the URL holds it: how long until now, or from when to when in the tenant's zone. */
export type RangeFilters = { range: string; since: string; until: string }
export const SPANS = ["1h", "24h", "7d", "30d", "90d"] as const
export const RANGE_DEFAULTS: RangeFilters = { range: "7d", since: "", until: "" }

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 }
const MINUTE_MS = 60_000

export type Span = { since: string; until?: string }

/** How long a word such as `24h` is. */
export function spanMs(range: string): number {
  const [, count, unit] = /^(\d+)([hd])$/.exec(range) ?? []
  return Number(count ?? 7) * (UNIT_MS[unit ?? "d"] ?? 86_400_000)
}

/** What to ask the gateway for. A span until now starts at a whole minute, so that the same question is the same twice. */
export function spanOf(filters: RangeFilters, now: number = Date.now()): Span {
  if (filters.range === "custom") {
    const since = instantOf(filters.since)
    const until = instantOf(filters.until)
    if (since) return { since, ...(until ? { until } : {}) }
  }
  const begun = Math.floor((now - spanMs(filters.range)) / MINUTE_MS) * MINUTE_MS
  return { since: new Date(begun).toISOString() }
}

/** The time of the same length just before. */
export function spanBefore(span: Span, now: number = Date.now()): Required<Span> {
  const begun = new Date(span.since).getTime()
  const length = (span.until ? new Date(span.until).getTime() : now) - begun
  return { since: new Date(begun - length).toISOString(), until: span.since }
}

/** The moment of `2026-11-01T09:30` (or a date) on the tenant's clocks; nothing for what is none. */
export function instantOf(local: string, zone: string | undefined = currentPlace().zone): string | undefined {
  const wall = Date.parse(local.length === 10 ? `${local}T00:00Z` : `${local}Z`)
  if (!local || Number.isNaN(wall)) return undefined
  // Twice, since the offset may be another one at the moment that the first guess gives.
  const first = wall - offsetMs(wall, zone)
  return new Date(wall - offsetMs(first, zone)).toISOString()
}

/** The same the other way: what clocks there show, for an input of type datetime-local. */
export function localOf(at: string | number, zone: string | undefined = currentPlace().zone): string {
  const moment = new Date(at).getTime()
  return Number.isNaN(moment) ? "" : new Date(moment + offsetMs(moment, zone)).toISOString().slice(0, 16)
}

function offsetMs(at: number, zone: string | undefined): number {
  const form = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" })
  const part = Object.fromEntries(form.formatToParts(at).map((one) => [one.type, Number(one.value)]))
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second) - Math.floor(at / 1000) * 1000
}

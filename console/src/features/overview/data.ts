import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { isRecord } from "@/client/errors.ts"
import { type Answer, call, request } from "@/client/request.ts"
import { type RangeFilters, type Span, spanBefore, spanOf } from "@/shared/range.ts"

export type Dashboard = Answer<"GET /api/v1/admin/usage/dashboard">
export type Series = Answer<"GET /api/v1/admin/usage/timeseries">
export type At = Series["items"][number]
export type Health = { isReady: boolean; dependencies: ReadonlyArray<{ name: string; state: string }> }

const OFTEN_MS = 15_000
const SOMETIMES_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MOST_HOURS = 72

export function useHealth() {
  return useQuery({ queryKey: ["health"], queryFn: async ({ signal }) => healthOf(await call("GET", "/health/ready", { signal })), refetchInterval: OFTEN_MS })
}

/** What `/health/ready` says; it is of the data plane and not in the OpenAPI file. */
export function healthOf(answer: unknown): Health {
  const body = isRecord(answer) ? answer : {}
  const dependencies = isRecord(body.dependencies) ? body.dependencies : {}
  const stateOf = (value: unknown) => (isRecord(value) ? String(value.status ?? value.state ?? "") : String(value))
  return { isReady: body.status === "ok", dependencies: Object.entries(dependencies).map(([name, value]) => ({ name, state: stateOf(value) })) }
}

const keyOf = (what: string, filters: RangeFilters) => ["usage", what, filters.range, filters.since, filters.until]
const KEPT = { placeholderData: keepPreviousData, refetchInterval: SOMETIMES_MS }

/** The figures of a time, and of the one before it. */
export function useFigures(filters: RangeFilters) {
  return useQuery({
    queryKey: keyOf("dashboard", filters),
    queryFn: async ({ signal }) => {
      const span = spanOf(filters)
      const [now, before] = await Promise.all([
        request("GET /api/v1/admin/usage/dashboard", { query: span, signal }),
        request("GET /api/v1/admin/usage/dashboard", { query: spanBefore(span), signal }),
      ])
      return { now, before }
    },
    ...KEPT,
  })
}

export function useSeries(filters: RangeFilters) {
  return useQuery({
    queryKey: keyOf("series", filters),
    queryFn: async ({ signal }) => {
      const span = spanOf(filters)
      const grain = grainOf(span)
      const found = await request("GET /api/v1/admin/usage/timeseries", { query: { ...span, grain }, signal })
      return whole(found.items, found.since, found.until, grain)
    },
    ...KEPT,
  })
}

export function useHours(filters: RangeFilters) {
  return useQuery({
    queryKey: keyOf("hours", filters),
    queryFn: ({ signal }) => request("GET /api/v1/admin/usage/hourly", { query: spanOf(filters), signal }),
    ...KEPT,
  })
}

export function grainOf(span: Span, now: number = Date.now()): "hour" | "day" {
  const until = span.until ? new Date(span.until).getTime() : now
  return until - new Date(span.since).getTime() <= MOST_HOURS * HOUR_MS ? "hour" : "day"
}

/** The series with the hours or days in which nothing came, which the gateway leaves out. Days keep their beginning when clocks change. */
export function whole(items: readonly At[], since: string, until: string, grain: "hour" | "day"): Array<{ at: string; of: At | null }> {
  const step = grain === "hour" ? HOUR_MS : DAY_MS
  const times = items.map((one) => new Date(one.at).getTime())
  const [from, to] = [new Date(since).getTime(), new Date(until).getTime()]
  const first = times[0] ?? from
  const found: Array<{ at: string; of: At | null }> = []
  let next = first - Math.max(0, Math.floor((first - from) / step)) * step
  let place = 0
  for (; next <= to; next += step) {
    const time = times[place]
    const one = items[place]
    if (one && time !== undefined && Math.abs(time - next) < step / 2) {
      next = time
      found.push({ at: one.at, of: one })
      place += 1
    } else found.push({ at: new Date(next).toISOString(), of: null })
  }
  return found
}

/** By how much one figure differs from the one before, as a share; nothing to tell where there was none. */
export function changeOf(now: number, before: number): number | null {
  return before > 0 ? now / before - 1 : null
}

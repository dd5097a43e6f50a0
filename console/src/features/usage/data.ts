import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { type Answer, send, request } from "@/client/request.ts"
import { download } from "@/shared/format/csv.ts"
import { RANGE_DEFAULTS, type RangeFilters, spanOf } from "@/shared/range.ts"

export const DIMENSIONS = ["model", "team", "department", "user", "key", "provider"] as const
export const ORDERS = ["cost", "requests", "tokens", "errors", "latency"] as const
export type Dimension = (typeof DIMENSIONS)[number]
export type Order = (typeof ORDERS)[number]
export type Split = Answer<"GET /api/v1/admin/usage/by/{dimension}">
export type Line = Split["items"][number]
export const DEFAULTS = { ...RANGE_DEFAULTS, range: "30d", by: "model", order: "cost", sort: "" }
export type Filters = typeof DEFAULTS
export const MOST = 500

/** One of those there are; the first for any other word of an address. */
export function oneOf<T extends string>(known: readonly [T, ...T[]], word: string): T {
  return known.find((one) => one === word) ?? known[0]
}

export function useSplit(filters: Filters) {
  const { range, since, until } = filters as RangeFilters
  const [by, order] = [oneOf(DIMENSIONS, filters.by), oneOf(ORDERS, filters.order)]
  return useQuery({
    queryKey: ["usage", "by", by, order, range, since, until],
    queryFn: ({ signal }) => request("GET /api/v1/admin/usage/by/{dimension}", { path: { dimension: by }, query: { ...spanOf(filters), order, limit: MOST }, signal }),
    placeholderData: keepPreviousData,
  })
}

/** Hands the browser the gateway's own table. */
export async function saveSplit(filters: Filters): Promise<void> {
  const by = oneOf(DIMENSIONS, filters.by)
  const answer = await send("GET", `/api/v1/admin/usage/by/${by}`, { query: { ...spanOf(filters), order: oneOf(ORDERS, filters.order), limit: 1000, format: "csv" } })
  download(`usage-by-${by}.csv`, await answer.text())
}

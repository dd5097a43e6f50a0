import { useQuery } from "@tanstack/react-query"
import { type Answer, request, send } from "@/client/request.ts"
import { download } from "@/shared/format/csv.ts"
import { RANGE_DEFAULTS, spanOf } from "@/shared/range.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Entry = Answer<"GET /api/v1/admin/usage/requests">["items"][number]
export type Detail = Answer<"GET /api/v1/admin/usage/requests/{request_id}">["items"][number]

export const ENDINGS = ["completed", "refused", "upstream_error", "upstream_broken", "client_gone_early", "client_gone", "deadline", "revoked", "cut", "shutdown", "internal", "unknown"] as const
export const CACHE = ["hit", "semantic-hit", "miss", "bypass"] as const

export const DEFAULTS = { ...RANGE_DEFAULTS, range: "24h", ending: "", cache: "", model: "", provider: "", department: "", team: "", user: "", key: "", status: "", error: "", id: "", request: "", show: "" }
export type Filters = typeof DEFAULTS
export const BEHIND = ["model", "provider", "department", "team", "user", "key", "status", "error"] as const

/** The question of these filters, without a time: that is taken when it is asked. */
export function questionOf(filters: Filters) {
  const { ending, cache, model, provider, department, team, user, key, status, error, id } = filters
  return { ending, cache: cache as "" | (typeof CACHE)[number], model, provider, department, team, user, key, error_code: error, request_id: id.trim(), ...(/^\d{3}$/.test(status) ? { status: Number(status) } : {}) }
}

/** Fifty on the screen at a time; each page goes on from the one before. */
export function useLog(filters: Filters) {
  const question = questionOf(filters)
  return usePages<Entry>(["requests", question, filters.range, filters.since, filters.until], (cursor, signal) =>
    request("GET /api/v1/admin/usage/requests", { query: { ...question, ...spanOf(filters), ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

/** The gateway's own CSV of every row, up to a million. */
export async function saveAll(filters: Filters): Promise<void> {
  const answer = await send("GET", "/api/v1/admin/usage/requests", { query: { ...questionOf(filters), ...spanOf(filters), format: "csv" }, headers: { accept: "text/csv" } })
  download("requests.csv", await answer.blob())
}

export function useDetail(id: string) {
  return useQuery({
    queryKey: ["request", id],
    queryFn: ({ signal }) => request("GET /api/v1/admin/usage/requests/{request_id}", { path: { request_id: id }, signal }),
    enabled: id !== "",
  })
}

/** One part of the whole time of a request, in milliseconds. */
export type Stretch = { name: "gateway" | "provider" | "stream"; ms: number }

/** Where the time went: our own work, the wait for the provider's first chunk, the rest of the answer. */
export function stretches(found: Pick<Detail, "overhead_us" | "upstream_ms" | "first_chunk_ms" | "duration_ms">): Stretch[] {
  const gateway = found.overhead_us / 1000
  const provider = Math.max(0, found.upstream_ms)
  const stream = found.duration_ms - provider - gateway
  const all: Stretch[] = [{ name: "gateway", ms: gateway }, { name: "provider", ms: provider }, { name: "stream", ms: Math.max(0, stream) }]
  return all.filter((one) => one.ms > 0)
}

/** A verdict's guardrail, word and side: `pii@1f0c33ab:pass:output` → `pii@1f0c33ab`, `pass`, `output`; of the input none is named. */
export function verdictOf(text: string): { guardrail: string; says: string; side: string } {
  const [guardrail = "", says = "", side = ""] = text.split(":")
  return { guardrail, says, side }
}

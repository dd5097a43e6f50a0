import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request, send } from "@/client/request.ts"
import { download } from "@/shared/format/csv.ts"
import { RANGE_DEFAULTS, spanOf } from "@/shared/range.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Entry = Answer<"GET /api/v1/admin/audit/logs">["items"][number]
export type Summary = Answer<"GET /api/v1/admin/audit/summary">
export type Chain = Answer<"GET /api/v1/admin/audit/verify">["chains"][number]
export type Hold = Answer<"GET /api/v1/admin/audit/legal-holds">["items"][number]
export type Format = NonNullable<Body<"POST /api/v1/admin/audit/export">["format"]>

export const KINDS = ["admin", "sign_in", "key", "policy", "config", "guardrail", "export", "security", "billing"] as const
export const OUTCOMES = ["ok", "denied", "failed"] as const
export const DEFAULTS = { ...RANGE_DEFAULTS, range: "30d", tab: "", kind: "", outcome: "", action: "", actor: "", target: "", entry: "" }
export type Filters = typeof DEFAULTS
const PAGE = 100

export function useTrail(filters: Filters, onlySecurity: boolean) {
  const { kind, outcome, action, actor, target } = filters
  const asked = onlySecurity ? {} : { kind, outcome, action: action.trim(), actor, target: target.trim() }
  return usePages<Entry>(["audit", onlySecurity, asked, filters.range, filters.since, filters.until], (cursor, signal) => {
    const query = { ...asked, ...spanOf(filters), limit: PAGE, ...(cursor ? { cursor } : {}) }
    const given = signal ? { query, signal } : { query }
    return onlySecurity ? request("GET /api/v1/admin/audit/security-events", given) : request("GET /api/v1/admin/audit/logs", given)
  })
}

export function useSummary(filters: Filters) {
  return useQuery({ queryKey: ["audit", "summary", filters.range, filters.since, filters.until], queryFn: ({ signal }) => request("GET /api/v1/admin/audit/summary", { query: spanOf(filters), signal }) })
}

/** Reads every link of the chains, so it is asked for by hand only. */
export function useVerify() {
  return useMutation({ mutationFn: () => request("GET /api/v1/admin/audit/verify", {}) })
}

export function useHolds() {
  return useQuery({ queryKey: ["audit", "holds"], queryFn: ({ signal }) => request("GET /api/v1/admin/audit/legal-holds", { signal }) })
}

export function useAuditActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["audit"] })
  return {
    begin: useMutation({ mutationFn: (reason: string) => request("POST /api/v1/admin/audit/legal-holds", { body: { reason } }), onSuccess }),
    end: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/audit/legal-holds/{hold_id}", { path: { hold_id: id } }), onSuccess }),
    erase: useMutation({ mutationFn: (body: Body<"POST /api/v1/admin/audit/erasures">) => request("POST /api/v1/admin/audit/erasures", { body }), onSuccess: () => void queries.invalidateQueries() }),
    take: useMutation({ mutationFn: (asked: { format: Format; filters: Filters }) => take(asked.format, asked.filters), onSuccess }),
  }
}

/** Hands the browser the trail of the filters' time and kind; a chain is always whole. */
async function take(format: Format, filters: Filters): Promise<void> {
  const some = { ...spanOf(filters), ...(filters.kind ? { kinds: [filters.kind] } : {}) }
  const answer = await send("POST", "/api/v1/admin/audit/export", { body: { format, ...(format === "chain" ? {} : some) } satisfies Body<"POST /api/v1/admin/audit/export"> })
  const named = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")
  download(named?.[1] ?? "audit.jsonl", await answer.blob())
}

/** `user:usr_1` → `user`, `usr_1`; what has no such form is a name of its own. */
export function partsOf(label: string): { kind: string; id: string } {
  const at = label.indexOf(":")
  return at < 0 ? { kind: "", id: label } : { kind: label.slice(0, at), id: label.slice(at + 1) }
}

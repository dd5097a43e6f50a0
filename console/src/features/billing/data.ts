import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, call, request } from "@/client/request.ts"
import { download } from "@/shared/format/csv.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Summary = Answer<"GET /api/v1/admin/billing/summary">
export type Line = Summary["lines"][number]
export type Person = Summary["users"][number]
export type Invoice = Answer<"GET /api/v1/admin/billing/invoices">["items"][number]
export type InvoiceInFull = Answer<"GET /api/v1/admin/billing/invoices/{invoice_id}">
export type Forecast = Answer<"GET /api/v1/admin/billing/forecast">
export type Comparison = Answer<"GET /api/v1/admin/billing/reconciliations/{reconciliation_id}">
export type Earlier = Answer<"GET /api/v1/admin/billing/reconciliations">["items"][number]
export type CompareAsk = Body<"POST /api/v1/admin/billing/reconcile">
export type Plan = Answer<"GET /api/v1/admin/billing/plan">
export type PlanAsk = Body<"PUT /api/v1/admin/billing/plan">
export type RerateAsk = Body<"POST /api/v1/admin/billing/rerate">
export type Rerated = Answer<"POST /api/v1/admin/billing/rerate">
export type Rerate = Answer<"GET /api/v1/admin/billing/rerates">["items"][number]
export type Adjustment = Rerated["adjustments"][number]
export const DEFAULTS = { tab: "summary", month: "", sort: "", open: "", person: "", comparison: "", rerate: "" }
export type Filters = typeof DEFAULTS
const B = "/api/v1/admin/billing"
const PAGE = 100

/** The days of `2026-11`; of nothing: the gateway's own month. */
export function daysOf(month: string): { since?: string; until?: string } {
  const [, year, number] = /^(\d{4})-(\d{2})$/.exec(month) ?? []
  if (!year || !number) return {}
  const next = new Date(Date.UTC(Number(year), Number(number), 1)).toISOString().slice(0, 10)
  return { since: `${month}-01`, until: next }
}

/** The day after `2026-11-30`. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

export function useSummary(month: string) {
  return useQuery({ queryKey: ["billing", "summary", month], queryFn: ({ signal }) => request(`GET ${B}/summary`, { query: daysOf(month), signal }) })
}

export function useUserBill(user: string, month: string) {
  return useQuery({ queryKey: ["billing", "user", user, month], enabled: user !== "", queryFn: ({ signal }) => request(`GET ${B}/user/{user_id}`, { path: { user_id: user }, query: daysOf(month), signal }) })
}

export function useInvoices() {
  return usePages<Invoice>(["billing", "invoices"], (cursor, signal) => request(`GET ${B}/invoices`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useInvoice(id: string) {
  return useQuery({ queryKey: ["billing", "invoice", id], enabled: id !== "", queryFn: ({ signal }) => request(`GET ${B}/invoices/{invoice_id}`, { path: { invoice_id: id }, signal }) })
}

export function useForecast() {
  return useQuery({ queryKey: ["billing", "forecast"], queryFn: ({ signal }) => request(`GET ${B}/forecast`, { signal }) })
}

export function useEarlier() {
  return usePages<Earlier>(["billing", "comparisons"], (cursor, signal) => request(`GET ${B}/reconciliations`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useComparison(id: string) {
  return useQuery({ queryKey: ["billing", "comparison", id], enabled: id !== "", queryFn: ({ signal }) => request(`GET ${B}/reconciliations/{reconciliation_id}`, { path: { reconciliation_id: id }, signal }) })
}

export function useBillingActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["billing"] })
  return {
    draft: useMutation({ mutationFn: (days: { since?: string; until?: string }) => request(`POST ${B}/invoice`, { body: { ...days, issue: false } }), onSuccess }),
    issue: useMutation({ mutationFn: (id: string) => request(`POST ${B}/invoices/{invoice_id}/issue`, { path: { invoice_id: id } }), onSuccess }),
    remove: useMutation({
      mutationFn: (id: string) => request(`DELETE ${B}/invoices/{invoice_id}`, { path: { invoice_id: id } }),
      // All but the draft itself: it is not there to be asked for again.
      onSuccess: (_, id) => void queries.invalidateQueries({ queryKey: ["billing"], predicate: (query) => query.queryKey[2] !== id }),
    }),
    credit: useMutation({ mutationFn: ({ id, reason, net }: { id: string; reason: string; net: string }) => request(`POST ${B}/invoices/{invoice_id}/credit`, { path: { invoice_id: id }, body: { reason, ...(net ? { net } : {}) } }), onSuccess }),
    compare: useMutation({ mutationFn: (body: CompareAsk) => request(`POST ${B}/reconcile`, { body }), onSuccess }),
  }
}

export function usePlan() {
  return useQuery({ queryKey: ["billing", "plan"], queryFn: ({ signal }) => request(`GET ${B}/plan`, { signal }) })
}

/** Everything that is computed by the plan is asked for again. */
export function usePlanAction() {
  const queries = useQueryClient()
  return useMutation({ mutationFn: (body: PlanAsk) => request(`PUT ${B}/plan`, { body }), onSuccess: () => void queries.invalidateQueries({ queryKey: ["billing"] }) })
}

export function useRerates() {
  return usePages<Rerate>(["billing", "rerates"], (cursor, signal) => request(`GET ${B}/rerates`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useAdjustments(rerate: string) {
  return usePages<Adjustment>(["billing", "adjustments", rerate], (cursor, signal) => request(`GET ${B}/adjustments`, { query: { rerate_id: rerate, limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

/** Rates again; a dry run, or one that is kept, after which bills are computed anew. */
export function useRerate() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: RerateAsk) => request(`POST ${B}/rerate`, { body }),
    onSuccess: (_, body) => void (body.dry_run === false && queries.invalidateQueries({ queryKey: ["billing"] })),
  })
}

/** Hands the browser an invoice as PDF. */
export async function savePdf(id: string, number: string): Promise<void> {
  const found = await request(`GET ${B}/invoices/{invoice_id}.pdf`, { path: { invoice_id: id } })
  download(`${(number || `draft-${id}`).replaceAll("/", "-")}.pdf`, found)
}

/** Hands the browser every row of a month as the gateway writes them. */
export async function saveRows(month: string): Promise<void> {
  const found = await call("GET", `${B}/export/csv`, { query: daysOf(month) })
  download(`billing-${month || "this-month"}.csv`, found instanceof Blob ? found : String(found))
}

/** The months one may look at: this one and those before, newest first, as `2026-11`. */
export function monthsBefore(now: Date, count: number): string[] {
  return Array.from({ length: count }, (_, back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7))
}

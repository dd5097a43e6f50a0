import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { isRecord } from "@/client/errors.ts"
import { type Stored, useObjects } from "@/client/objects.ts"
import { type Answer, type Body, call, request } from "@/client/request.ts"
import { strings } from "@/features/routing/strings.ts"

export const DEFAULTS = { tab: "health", q: "", sort: "", open: "", show: "", model: "" }
export type Filters = typeof DEFAULTS
export type Condition = { provider: string; model: string; models: string[]; breaker: string; probesAt: string; coolingUntil: string; probe: string; inFlight: number; latencyMs: number | null }
export type Plan = Answer<"POST /api/v1/admin/routing/explain">
export type PlanAsk = Body<"POST /api/v1/admin/routing/explain">

const OFTEN_MS = 5000

export const useProviders = () => useObjects("providers")

/** How every deployment is just now; of the data plane, and not in the OpenAPI file. */
export function useConditions() {
  return useQuery({ queryKey: ["providers", "health"], queryFn: async ({ signal }) => conditionsOf(await call("GET", "/v1/providers/status", { signal })), refetchInterval: OFTEN_MS })
}

/** What `/v1/providers/status` says. */
export function conditionsOf(answer: unknown): Condition[] {
  const rows = isRecord(answer) && Array.isArray(answer.data) ? answer.data.filter(isRecord) : []
  return rows.map((row) => ({
    provider: text(row.provider),
    model: text(row.model),
    models: Array.isArray(row.models) ? row.models.map(String) : [],
    breaker: text(row.breaker),
    probesAt: text(row.probes_at),
    coolingUntil: text(row.cooling_until),
    probe: text(row.probe),
    inFlight: typeof row.in_flight === "number" ? row.in_flight : 0,
    latencyMs: typeof row.latency_ms === "number" ? row.latency_ms : null,
  }))
}

/** Whether a deployment is not simply working. */
export function inTrouble(one: Condition): boolean {
  return (one.breaker !== "closed" && one.breaker !== "") || one.coolingUntil !== "" || one.probe === "down"
}

/** A field that should be a text. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : ""
}

/** How many credentials a provider holds. */
export function credentialsOf(row: Stored): number {
  return Array.isArray(row.document?.credentials) ? row.document.credentials.length : 0
}

/** The time limits of a provider, in seconds, by what they are of. */
export function limitsOf(value: unknown): Array<[string, number]> {
  const said = { connect: strings.form.connect, first_token: strings.form.firstToken, idle: strings.form.idle, total: strings.form.total }
  return Object.entries(said).flatMap(([name, label]) => (isRecord(value) && typeof value[name] === "number" ? [[label, value[name]] as [string, number]] : []))
}

export function useTrial(name: string) {
  return useMutation({ mutationFn: (model: string) => request("POST /api/v1/admin/providers/{name}/test", { path: { name }, body: model ? { model } : {} }) })
}

export function useExplain() {
  return useMutation({ mutationFn: (body: PlanAsk) => request("POST /api/v1/admin/routing/explain", { body }) })
}

export function useRules() {
  return useQuery({ queryKey: ["routing", "rules"], queryFn: ({ signal }) => request("GET /api/v1/admin/routing", { signal }) })
}

/** The versions of the rules that were written here, newest first. */
export async function rulesVersions(signal?: AbortSignal) {
  return (await request("GET /api/v1/admin/routing/versions", { query: { limit: 50 }, ...(signal ? { signal } : {}) })).items
}

export function useSaveRules() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ document, version }: { document: Record<string, unknown>; version: number }) => request("PUT /api/v1/admin/routing", { body: { document, ...(version > 0 ? { version } : {}) } }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["routing"] }),
  })
}

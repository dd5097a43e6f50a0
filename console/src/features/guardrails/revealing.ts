import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { usePages } from "@/shared/table/pages.ts"

const R = "/api/v1/admin/guardrails"
export type Look = Body<"POST /api/v1/admin/guardrails/reveal">
export type Told = Answer<"POST /api/v1/admin/guardrails/reveal">
export type Past = Answer<"GET /api/v1/admin/guardrails/reveals">["items"][number]
const PAGE = 50

export function useReveal() {
  const queries = useQueryClient()
  return useMutation({ mutationFn: (body: Look) => request(`POST ${R}/reveal`, { body }), onSuccess: () => void queries.invalidateQueries({ queryKey: ["guardrails", "reveals"] }) })
}

export function useLooks() {
  return usePages<Past>(["guardrails", "reveals"], (cursor, signal) => request(`GET ${R}/reveals`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

/** The approval that a look-up waits for: a second pair of eyes was demanded. */
export function approvalOf(said: object): string | undefined {
  return "asked_at" in said && "id" in said && typeof said.id === "string" ? said.id : undefined
}

export const SCOPES = ["conversation", "user", "key"] as const
export type Filled = { tokens: string; scope: (typeof SCOPES)[number]; where: string; reason: string; approval: string }

/** The approval that a look-up is made by: it says what was asked for. */
export function useAskedFor(approval: string) {
  return useQuery({ queryKey: ["approvals", "one", approval], enabled: approval !== "", queryFn: ({ signal }) => request("GET /api/v1/admin/approvals/{approval_id}", { path: { approval_id: approval }, signal }) })
}

/** The form as whoever asked had filled it in; empty without an approval. */
export function filledBy(approval: string, change: Readonly<Record<string, unknown>> = {}): Filled {
  const said = (name: string) => (typeof change[name] === "string" ? change[name] : "")
  const scope = SCOPES.find((one) => said(one) !== "") ?? "conversation"
  const tokens = Array.isArray(change.tokens) ? change.tokens.map(String).join("\n") : ""
  return { tokens, scope, where: said(scope), reason: said("reason"), approval }
}

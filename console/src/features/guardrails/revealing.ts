import { useMutation, useQueryClient } from "@tanstack/react-query"
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

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"

export type Policy = Answer<"GET /api/v1/admin/policies">["items"][number]
export type Doc = Body<"PUT /api/v1/admin/policies/{name}">["document"]
export type DryRun = Answer<"POST /api/v1/admin/policies/dry-run">
export type Effective = Answer<"GET /api/v1/admin/policies/effective">

export const DEFAULTS = { tab: "", q: "", sort: "", policy: "", view: "", department: "", team: "", user: "", key: "" }
export type Filters = typeof DEFAULTS
export type Given = { filters: Filters; setFilters: (change: Partial<Filters>) => void }

export function usePolicies() {
  return useQuery({ queryKey: ["policies"], queryFn: ({ signal }) => request("GET /api/v1/admin/policies", { signal }) })
}

export function useVersions(name: string, version: number) {
  return useQuery({ queryKey: ["policies", "versions", name, version], queryFn: ({ signal }) => request("GET /api/v1/admin/policies/{name}/versions", { path: { name }, signal }) })
}

export function useEffective(who: { department: string; team: string; user: string; key: string }) {
  return useQuery({ queryKey: ["policies", "effective", who], queryFn: ({ signal }) => request("GET /api/v1/admin/policies/effective", { query: who, signal }) })
}

/** What the terms of a policy can name: for the templates of its fields. */
export function useGuardrailNames() {
  const found = useQuery({ queryKey: ["guardrails", "kinds"], queryFn: ({ signal }) => request("GET /api/v1/admin/guardrails", { signal }) })
  return (found.data?.items ?? []).flatMap((one) => one.ids)
}

type Write = { name: string; document: Doc; version?: number | undefined }

export function usePolicyActions() {
  const queries = useQueryClient()
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: ["policies"] })
    void queries.invalidateQueries({ queryKey: ["approvals"] })
  }
  return {
    write: useMutation({ mutationFn: async ({ name, document, version }: Write) => outcome(await request("PUT /api/v1/admin/policies/{name}", { path: { name }, body: { document, ...(version === undefined ? {} : { version }) } })), onSuccess }),
    withdraw: useMutation({ mutationFn: async ({ name, version }: { name: string; version: number }) => outcome(await request("DELETE /api/v1/admin/policies/{name}", { path: { name }, query: { version } })), onSuccess }),
  }
}

export function useDryRun() {
  return useMutation({ mutationFn: (body: Body<"POST /api/v1/admin/policies/dry-run">) => request("POST /api/v1/admin/policies/dry-run", { body }) })
}

/** `waits`: somebody else must approve it first. */
function outcome(answer: object): "done" | "waits" {
  return "asked_at" in answer ? "waits" : "done"
}

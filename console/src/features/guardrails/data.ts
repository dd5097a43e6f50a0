import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, call, request } from "@/client/request.ts"
import { findingOf } from "@/features/guardrails/marks.ts"
import { RANGE_DEFAULTS, spanOf } from "@/shared/range.ts"

export type Kind = Answer<"GET /api/v1/admin/guardrails">["items"][number]
export type Rule = Answer<"GET /api/v1/admin/objects/{kind}/{name}">
export type Tried = Answer<"POST /api/v1/admin/guardrails/test">
export type Scanned = Answer<"POST /api/v1/admin/guardrails/test-file">
type Doc = Body<"PUT /api/v1/admin/objects/{kind}/{name}">["document"]

export const DEFAULTS = { ...RANGE_DEFAULTS, tab: "", q: "", kind: "", rule: "", pack: "", policy: "", side: "", guardrail: "", found: "", mode: "", approval: "" }
export type Filters = typeof DEFAULTS
export type Given = { filters: Filters; setFilters: (change: Partial<Filters>) => void }

const SECTION = "guardrails"
const PAGE = 500
export const MOST_FINDINGS = 5000

export function useKinds() {
  return useQuery({ queryKey: ["guardrails", "kinds"], queryFn: ({ signal }) => request("GET /api/v1/admin/guardrails", { signal }) })
}

export function usePacks() {
  return useQuery({ queryKey: ["guardrails", "packs"], queryFn: ({ signal }) => request("GET /api/v1/admin/guardrails/policies", { signal }) })
}

/** The guardrails that are set up; only for whoever may see how requests are routed. */
export function useRules() {
  return useQuery({ queryKey: ["guardrails", "rules"], queryFn: ({ signal }) => request("GET /api/v1/admin/objects/{kind}", { path: { kind: SECTION }, query: { limit: PAGE }, signal }) })
}

export function usePolicyNames() {
  const found = useQuery({ queryKey: ["policies"], queryFn: ({ signal }) => request("GET /api/v1/admin/policies", { signal }) })
  return (found.data?.items ?? []).map((one) => one.name)
}

export function useTryText() {
  return useMutation({ mutationFn: (body: Body<"POST /api/v1/admin/guardrails/test">) => request("POST /api/v1/admin/guardrails/test", { body }) })
}

export type FileAsk = { file: File; policy: string; mode: string; copy: boolean }

export function useTryFile() {
  return useMutation({
    mutationFn: async ({ file, policy, mode, copy }: FileAsk) => {
      const form = new FormData()
      form.set("file", file)
      for (const [name, value] of Object.entries({ policy, mode })) if (value) form.set(name, value)
      if (copy) form.set("copy", "true")
      return (await call("POST", "/api/v1/admin/guardrails/test-file", { body: form })) as Scanned
    },
  })
}

/** The findings of a time, the newest first, as far as MOST_FINDINGS go. */
export function useFindings(filters: Filters) {
  const { guardrail, found: kind, range, since, until } = filters
  return useQuery({
    queryKey: ["guardrails", "findings", guardrail, kind, range, since, until],
    queryFn: async ({ signal }) => {
      const span = spanOf(filters)
      const [from, to] = [Date.parse(span.since), span.until ? Date.parse(span.until) : Number.POSITIVE_INFINITY]
      const rows = []
      let cursor: string | undefined
      let isWhole = false
      while (rows.length < MOST_FINDINGS && !isWhole) {
        const page = await request("GET /api/v1/admin/guardrails/findings", { query: { limit: PAGE, guardrail, kind, ...(cursor ? { cursor } : {}) }, signal })
        const found = page.items.map(findingOf)
        rows.push(...found.filter((one) => one.at >= from && one.at <= to))
        cursor = page.next_cursor ?? undefined
        isWhole = cursor === undefined || (found.at(-1)?.at ?? 0) < from
      }
      return { rows, isWhole }
    },
  })
}

/** What can be done with a guardrail that is set up. All throw ApiError. */
export function useRuleCalls() {
  const queries = useQueryClient()
  const at = (name: string, own: boolean) => ({ path: { kind: SECTION, name }, query: { own } })
  const told = () => {
    void queries.invalidateQueries({ queryKey: ["guardrails"] })
    return "done" as const
  }
  return {
    create: async (name: string, document: Doc) => { await request("PUT /api/v1/admin/objects/{kind}/{name}", { ...at(name, false), body: { document, version: 0 } }); return told() },
    save: async (row: Rule, document: Doc, version: number | undefined) => { await request("PUT /api/v1/admin/objects/{kind}/{name}", { ...at(row.name, row.tenant !== ""), body: { document, ...(version === undefined ? {} : { version }) } }); return told() },
    withdraw: async (row: Rule) => { await request("DELETE /api/v1/admin/objects/{kind}/{name}", at(row.name, row.tenant !== "")); return told() },
    restore: async (row: Rule, version: number) => { await request("POST /api/v1/admin/objects/{kind}/{name}/restore", { ...at(row.name, row.tenant !== ""), body: { version } }); return told() },
    versions: async (row: Rule, signal: AbortSignal) => (await request("GET /api/v1/admin/objects/{kind}/{name}/versions", { path: { kind: SECTION, name: row.name }, query: { limit: 50 }, signal })).items,
  }
}

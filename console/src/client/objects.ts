// Rows of the configuration that are written here or stand in the file: models, providers, limits, budgets.
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "./request.ts"

export type ObjectKind = "models" | "providers" | "budgets" | "limits"
export type Stored = Answer<"GET /api/v1/admin/models/{name}">
export type Document = Body<"PUT /api/v1/admin/models/{name}">["document"]
/** `waits`: somebody else must approve it first. */
export type Outcome = "done" | "waits"

const PAGE = 500
const MOST_PAGES = 20

// The four have the same routes and answers at paths of their own; those of models stand for all.
const at = (kind: ObjectKind) => `/api/v1/admin/${kind}` as "/api/v1/admin/models"

/** Every row of a section that the reader may see, by name. */
export function useObjects(kind: ObjectKind, enabled = true) {
  return useQuery({
    queryKey: [kind, "all"],
    enabled,
    queryFn: async ({ signal }) => {
      const rows: Stored[] = []
      let cursor: string | undefined
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const found = await request(`GET ${at(kind)}`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, signal })
        rows.push(...found.items)
        cursor = found.next_cursor ?? undefined
        if (cursor === undefined) break
      }
      return rows
    },
  })
}

/** What can be done with rows of a section. `own`: operators mean their own tenant, not everybody. All throw ApiError. */
export function useObjectCalls(kind: ObjectKind) {
  const queries = useQueryClient()
  const told = (answer: object) => outcome(queries, kind, answer)
  return {
    create: async (name: string, document: Document, own: boolean) => told(await request(`POST ${at(kind)}`, { query: { own }, body: { name, document } })),
    save: async (row: Stored, document: Document, version: number | undefined) =>
      told(await request(`PUT ${at(kind)}/{name}`, { path: { name: row.name }, query: { own: row.tenant !== "" }, body: { document, ...(version === undefined ? {} : { version }) } })),
    withdraw: async (row: Stored) => told(await request(`DELETE ${at(kind)}/{name}`, { path: { name: row.name }, query: { own: row.tenant !== "" } })),
    restore: async (row: Stored, version: number) => told(await request(`POST ${at(kind)}/{name}/restore`, { path: { name: row.name }, query: { own: row.tenant !== "" }, body: { version } })),
    versions: async (row: Stored, signal: AbortSignal) => (await request(`GET ${at(kind)}/{name}/versions`, { path: { name: row.name }, query: { limit: 50 }, signal })).items,
  }
}
export type ObjectCalls = ReturnType<typeof useObjectCalls>

// A version stays what it is, and those of a row that is gone are not everybody's to see any more.
const refresh = (queries: QueryClient, section: string) => void queries.invalidateQueries({ queryKey: [section], predicate: ({ queryKey }) => queryKey[1] !== "versions" })

function outcome(queries: QueryClient, kind: ObjectKind, answer: object): Outcome {
  refresh(queries, kind)
  return "asked_at" in answer ? "waits" : "done"
}

/** Sections of the configuration that are kept at one address. Those of one value or one row have it under their own name. */
export type Section = "price_overrides" | "currency_rates" | "cache" | "alerts" | "default_model" | "provider_priority" | "unknown_price"
const AT = "/api/v1/admin/objects/{kind}"

/** Every row of a section that the reader may see. */
export function useSection(section: Section, enabled = true) {
  return useQuery({
    queryKey: [section, "all"],
    enabled,
    queryFn: async ({ signal }): Promise<Stored[]> => (await request(`GET ${AT}`, { path: { kind: section }, query: { limit: PAGE }, signal })).items,
  })
}

/** What can be done with rows of such a section. All throw ApiError. */
export function useSectionCalls(section: Section) {
  const queries = useQueryClient()
  const at = (name: string, own: boolean) => ({ path: { kind: section, name }, query: { own } })
  const told = (answer: object): Outcome => {
    // Prices are shown with models, and overrides change them.
    for (const key of [section, "models"]) refresh(queries, key)
    return "asked_at" in answer ? "waits" : "done"
  }
  return {
    create: async (name: string, document: Document, own: boolean) => told(await request(`PUT ${AT}/{name}`, { ...at(name, own), body: { document, version: 0 } })),
    save: async (row: Stored, document: Document, version: number | undefined) => told(await request(`PUT ${AT}/{name}`, { ...at(row.name, row.tenant !== ""), body: { document, ...(version === undefined ? {} : { version }) } })),
    withdraw: async (row: Stored) => told(await request(`DELETE ${AT}/{name}`, at(row.name, row.tenant !== ""))),
    restore: async (row: Stored, version: number) => told(await request(`POST ${AT}/{name}/restore`, { ...at(row.name, row.tenant !== ""), body: { version } })),
    versions: async (row: Stored, signal: AbortSignal) => (await request(`GET ${AT}/{name}/versions`, { path: { kind: section, name: row.name }, query: { limit: 50 }, signal })).items,
  }
}

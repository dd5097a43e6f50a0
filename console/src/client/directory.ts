// The names behind the ids in records: people, teams, departments, keys. Whoever may not read them sees the ids.
import { useQuery } from "@tanstack/react-query"
import { useCallback } from "react"
import { request } from "./request.ts"
import { currentUser } from "./session.ts"

export type Kind = "users" | "teams" | "departments" | "keys"
export type Known = { id: string; name: string; department: string; team: string; kind: string }
type Found = { items: Known[]; next_cursor?: string | null }

const PAGE = 500
const MOST_PAGES = 4
const FRESH_MS = 60_000

const READS: Record<Kind, { permission: string; load: (cursor: string | undefined, signal: AbortSignal) => Promise<Found> }> = {
  users: { permission: "users.read", load: async (cursor, signal) => {
    const found = await request("GET /api/v1/admin/users", { query: asked(cursor), signal })
    return { ...found, items: found.items.map((one) => ({ ...one, name: one.name || one.email })) }
  } },
  teams: { permission: "teams.read", load: async (cursor, signal) => {
    const found = await request("GET /api/v1/admin/teams", { query: asked(cursor), signal })
    return { ...found, items: found.items.map((one) => ({ id: one.id, name: one.name || one.id, department: one.department, team: one.id, kind: "team" })) }
  } },
  departments: { permission: "departments.read", load: async (cursor, signal) => {
    const found = await request("GET /api/v1/admin/departments", { query: asked(cursor), signal })
    return { ...found, items: found.items.map((one) => ({ id: one.id, name: one.name || one.id, department: one.id, team: "", kind: "department" })) }
  } },
  keys: { permission: "keys.read", load: async (cursor, signal) => {
    const found = await request("GET /api/v1/admin/api-keys", { query: asked(cursor), signal })
    return { ...found, items: found.items.map((one) => ({ id: one.id, name: one.name, department: one.department, team: one.team, kind: one.status })) }
  } },
}

function asked(cursor: string | undefined): { limit: number; cursor?: string } {
  return { limit: PAGE, ...(cursor ? { cursor } : {}) }
}

/** At most the first 2,000 of a kind; `nameOf` gives back the id of whatever is beyond, or not to be read. */
export function useDirectory(kind: Kind): { rows: readonly Known[]; nameOf: (id: string) => string; isLoading: boolean } {
  const { permission, load } = READS[kind]
  const found = useQuery({
    queryKey: [kind, "directory"],
    queryFn: async ({ signal }) => {
      const rows: Known[] = []
      let cursor: string | undefined
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const part = await load(cursor, signal)
        rows.push(...part.items)
        cursor = part.next_cursor ?? undefined
        if (cursor === undefined) break
      }
      return { rows, names: new Map(rows.map((row) => [row.id, row.name])) }
    },
    enabled: currentUser()?.permissions.includes(permission) ?? false,
    staleTime: FRESH_MS,
  })
  const names = found.data?.names
  const nameOf = useCallback((id: string) => names?.get(id) ?? id, [names])
  return { rows: found.data?.rows ?? [], nameOf, isLoading: found.isLoading }
}

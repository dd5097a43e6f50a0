import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, request } from "@/client/request.ts"
import { useMay, useUser } from "@/shared/session.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Kind = "team" | "department"
export type Group = Answer<"GET /api/v1/admin/teams/{team_id}">
export type Member = Answer<"GET /api/v1/admin/teams/{team_id}/members">["items"][number]
export const DEFAULTS = { tab: "", q: "", sort: "", open: "" }
export type Filters = typeof DEFAULTS
const PAGE = 100
const KEYS: readonly string[] = ["teams", "departments", "users"]
type Cursor = string | undefined

/** Managers of one team (or of nothing) make no others, whatever their permissions are called. */
export function useMayMakeTeams(): boolean {
  const user = useUser()
  const isOfOneTeam = user?.role === "manager" && !user.operator && (user.team !== "" || user.department === "")
  return useMay("teams.write") && !isOfOneTeam
}

const paged = (cursor: Cursor) => ({ limit: PAGE, ...(cursor ? { cursor } : {}) })
const T = "/api/v1/admin/teams"
const D = "/api/v1/admin/departments"

// Teams and departments answer alike and are asked alike, at paths of their own.
const TEAMS = {
  list: (cursor: Cursor, signal?: AbortSignal) => request(`GET ${T}`, { query: paged(cursor), ...(signal ? { signal } : {}) }),
  one: (id: string, signal?: AbortSignal) => request(`GET ${T}/{team_id}`, { path: { team_id: id }, ...(signal ? { signal } : {}) }),
  members: (id: string, cursor: Cursor, signal?: AbortSignal) => request(`GET ${T}/{team_id}/members`, { path: { team_id: id }, query: paged(cursor), ...(signal ? { signal } : {}) }),
  create: ({ name, id, department }: Asked) => request(`POST ${T}`, { body: { name, department, ...(id ? { id } : {}) } }),
  change: (id: string, { name, department }: Asked) => request(`PUT ${T}/{team_id}`, { path: { team_id: id }, body: { name, department } }),
  remove: (id: string) => request(`DELETE ${T}/{team_id}`, { path: { team_id: id }, query: { cascade: true } }),
  put: (id: string, user: string, role: Member["role"]) => request(`PUT ${T}/{team_id}/members/{user_id}`, { path: { team_id: id, user_id: user }, body: { role } }),
  take: (id: string, user: string) => request(`DELETE ${T}/{team_id}/members/{user_id}`, { path: { team_id: id, user_id: user } }),
}
const DEPARTMENTS: typeof TEAMS = {
  list: (cursor, signal) => request(`GET ${D}`, { query: paged(cursor), ...(signal ? { signal } : {}) }),
  one: (id, signal) => request(`GET ${D}/{department_id}`, { path: { department_id: id }, ...(signal ? { signal } : {}) }),
  members: (id, cursor, signal) => request(`GET ${D}/{department_id}/members`, { path: { department_id: id }, query: paged(cursor), ...(signal ? { signal } : {}) }),
  create: ({ name, id }) => request(`POST ${D}`, { body: { name, ...(id ? { id } : {}) } }),
  change: (id, { name }) => request(`PUT ${D}/{department_id}`, { path: { department_id: id }, body: { name } }),
  remove: (id) => request(`DELETE ${D}/{department_id}`, { path: { department_id: id }, query: { cascade: true } }),
  put: (id, user, role) => request(`PUT ${D}/{department_id}/members/{user_id}`, { path: { department_id: id, user_id: user }, body: { role } }),
  take: (id, user) => request(`DELETE ${D}/{department_id}/members/{user_id}`, { path: { department_id: id, user_id: user } }),
}
const of = (kind: Kind) => (kind === "team" ? TEAMS : DEPARTMENTS)

export type Asked = { name: string; id: string; department: string }

export function useGroups(kind: Kind) {
  return usePages<Group>([`${kind}s`, "list"], (cursor, signal) => of(kind).list(cursor, signal))
}

export function useGroup(kind: Kind, id: string) {
  return useQuery({ queryKey: [`${kind}s`, "one", id], queryFn: ({ signal }) => of(kind).one(id, signal), enabled: id !== "" })
}

export function useMembers(kind: Kind, id: string) {
  return usePages<Member>([`${kind}s`, "members", id], (cursor, signal) => of(kind).members(id, cursor, signal))
}

export function useGroupActions(kind: Kind) {
  const queries = useQueryClient()
  const onSuccess = () => {
    for (const key of KEYS) void queries.invalidateQueries({ queryKey: [key] })
  }
  // What is gone is asked for no more: its drawer is still open.
  const onGone = (_: unknown, id: string) => void queries.invalidateQueries({ predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) && !queryKey.includes(id) })
  return {
    create: useMutation({ mutationFn: (asked: Asked) => of(kind).create(asked), onSuccess }),
    change: useMutation({ mutationFn: ({ id, asked }: { id: string; asked: Asked }) => of(kind).change(id, asked), onSuccess }),
    remove: useMutation({ mutationFn: (id: string) => of(kind).remove(id), onSuccess: onGone }),
    put: useMutation({ mutationFn: ({ id, user, role }: { id: string; user: string; role: Member["role"] }) => of(kind).put(id, user, role), onSuccess }),
    take: useMutation({ mutationFn: ({ id, user }: { id: string; user: string }) => of(kind).take(id, user), onSuccess }),
  }
}

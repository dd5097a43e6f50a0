import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { usePages } from "@/shared/table/pages.ts"

export type User = Answer<"GET /api/v1/admin/users/{user_id}">
export type Invitation = Answer<"GET /api/v1/admin/auth/invitations">["items"][number]
export type Grant = Answer<"GET /api/v1/admin/users/{user_id}/grants">["items"][number]
export type InviteAsk = Body<"POST /api/v1/admin/auth/invitations">
export type UserAsk = Body<"POST /api/v1/admin/users">
export type UserPut = Body<"PUT /api/v1/admin/users/{user_id}">
export type Role = NonNullable<UserPut["role"]>

export const ROLES = ["admin", "manager", "user", "viewer", "auditor"] as const
export const STATUSES = ["active", "suspended"] as const
export const DEFAULTS = { tab: "people", q: "", role: "", status: "", department: "", team: "", sort: "", user: "" }
export type Filters = typeof DEFAULTS
const PAGE = 100
const KEYS: readonly string[] = ["users", "teams", "departments"]

/** The roles that somebody may give: managers make nobody mightier than a user. */
export function rolesGivenBy(me: { role: string; operator: boolean } | null): readonly (typeof ROLES)[number][] {
  return me?.role === "manager" && !me.operator ? ["user"] : ROLES
}

export function useUsers(filters: Filters, kind: "person" | "service") {
  const asked = { kind, q: filters.q.trim(), role: (kind === "person" ? filters.role : "") as "" | Role, status: filters.status as "" | "active" | "suspended", department: filters.department, team: filters.team }
  return usePages<User>(["users", asked], (cursor, signal) =>
    request("GET /api/v1/admin/users", { query: { ...asked, limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useOne(id: string) {
  return useQuery({ queryKey: ["users", "one", id], queryFn: ({ signal }) => request("GET /api/v1/admin/users/{user_id}", { path: { user_id: id }, signal }), enabled: id !== "" })
}

export function useInvitations(enabled: boolean) {
  return useQuery({ queryKey: ["users", "invitations"], queryFn: ({ signal }) => request("GET /api/v1/admin/auth/invitations", { signal }), enabled })
}

export function useGrants(id: string) {
  return useQuery({ queryKey: ["users", "grants", id], queryFn: ({ signal }) => request("GET /api/v1/admin/users/{user_id}/grants", { path: { user_id: id }, signal }) })
}

export function useIdentities(id: string) {
  return useQuery({ queryKey: ["users", "identities", id], queryFn: ({ signal }) => request("GET /api/v1/admin/users/{user_id}/identities", { path: { user_id: id }, signal }) })
}

export function useUsage(id: string, enabled: boolean) {
  return useQuery({ queryKey: ["usage", "user", id], queryFn: ({ signal }) => request("GET /api/v1/admin/users/{user_id}/usage", { path: { user_id: id }, signal }), enabled })
}

export function useUserActions() {
  const queries = useQueryClient()
  const onSuccess = () => {
    for (const key of KEYS) void queries.invalidateQueries({ queryKey: [key] })
  }
  // What is gone is asked for no more: its drawer is still open.
  const onGone = (_: unknown, id: string) => void queries.invalidateQueries({ predicate: ({ queryKey }) => KEYS.includes(String(queryKey[0])) && !queryKey.includes(id) })
  const path = (id: string) => ({ user_id: id })
  return {
    invite: useMutation({ mutationFn: (body: InviteAsk) => request("POST /api/v1/admin/auth/invitations", { body }), onSuccess }),
    takeBack: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/auth/invitations/{invitation_id}", { path: { invitation_id: id } }), onSuccess }),
    create: useMutation({ mutationFn: (body: UserAsk) => request("POST /api/v1/admin/users", { body }), onSuccess }),
    change: useMutation({ mutationFn: ({ id, body }: { id: string; body: UserPut }) => request("PUT /api/v1/admin/users/{user_id}", { path: path(id), body }), onSuccess }),
    remove: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/users/{user_id}", { path: path(id), query: { cascade: true } }), onSuccess: onGone }),
    signOut: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/users/{user_id}/sessions", { path: path(id) }), onSuccess }),
    reset: useMutation({ mutationFn: (id: string) => request("POST /api/v1/admin/users/{user_id}/password-reset", { path: path(id) }) }),
    unlink: useMutation({ mutationFn: ({ id, provider }: { id: string; provider: string }) => request("DELETE /api/v1/admin/users/{user_id}/identities/{provider}", { path: { ...path(id), provider } }), onSuccess }),
    give: useMutation({ mutationFn: ({ id, body }: { id: string; body: Body<"POST /api/v1/admin/users/{user_id}/grants"> }) => request("POST /api/v1/admin/users/{user_id}/grants", { path: path(id), body }), onSuccess }),
    end: useMutation({ mutationFn: ({ id, grant }: { id: string; grant: string }) => request("DELETE /api/v1/admin/users/{user_id}/grants/{grant_id}", { path: { ...path(id), grant_id: grant } }), onSuccess }),
  }
}

/** The link that a token is for, of this gateway; behind `#`, which browsers send to nobody. */
export function linkOf(page: "accept-invitation" | "reset-password", token: string, origin: string = window.location.origin): string {
  return `${origin}/${page}#token=${encodeURIComponent(token)}`
}

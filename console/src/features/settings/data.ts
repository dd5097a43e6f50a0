import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { renew } from "@/client/session.ts"

export type Tenant = Answer<"GET /api/v1/admin/tenants/{tenant_id}">
export type Settings = Tenant["settings"]
export type TenantPut = Body<"PUT /api/v1/admin/tenants/{tenant_id}">
export type Session = Answer<"GET /api/v1/admin/auth/sessions">["items"][number]

export const DEFAULTS = { tab: "" }

export function useTenant(id: string, enabled: boolean) {
  return useQuery({ queryKey: ["tenants", id], enabled, queryFn: ({ signal }) => request("GET /api/v1/admin/tenants/{tenant_id}", { path: { tenant_id: id }, signal }) })
}

/** Money and time come with the session, so it is renewed after a change. `onDone` is told although the form begins anew. */
export function usePutTenant(id: string, onDone: (waits: boolean) => void) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: TenantPut) => request("PUT /api/v1/admin/tenants/{tenant_id}", { path: { tenant_id: id }, body }),
    onSuccess: async (tenant) => {
      if ("asked_at" in tenant) {
        onDone(true)
        return
      }
      onDone(false)
      await renew()
      queries.setQueryData(["tenants", id], tenant)
    },
  })
}

export function useSessions() {
  return useQuery({ queryKey: ["sessions", "own"], queryFn: ({ signal }) => request("GET /api/v1/admin/auth/sessions", { signal }) })
}

export function useAccountActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["sessions"] })
  return {
    password: useMutation({ mutationFn: (body: Body<"POST /api/v1/admin/auth/password">) => request("POST /api/v1/admin/auth/password", { body }), onSuccess }),
    end: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/auth/sessions/{session_id}", { path: { session_id: id } }), onSuccess }),
  }
}

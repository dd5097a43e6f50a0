import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { usePages } from "@/shared/table/pages.ts"

const T = "/api/v1/admin/tenants"
export type Tenant = Answer<"GET /api/v1/admin/tenants/{tenant_id}">
export type TenantPut = Body<"PUT /api/v1/admin/tenants/{tenant_id}">
export const DEFAULTS = { q: "", sort: "", open: "" }
export type Filters = typeof DEFAULTS
const PAGE = 100

export function useTenants() {
  return usePages<Tenant>(["tenants", "list"], (cursor, signal) => request(`GET ${T}`, { query: { limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useTenantActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["tenants"] })
  return {
    create: useMutation({ mutationFn: ({ name, id }: { name: string; id: string }) => request(`POST ${T}`, { body: { name, ...(id ? { id } : {}) } }), onSuccess }),
    change: useMutation({ mutationFn: ({ id, body }: { id: string; body: TenantPut }) => request(`PUT ${T}/{tenant_id}`, { path: { tenant_id: id }, body }), onSuccess }),
    remove: useMutation({ mutationFn: (id: string) => request(`DELETE ${T}/{tenant_id}`, { path: { tenant_id: id }, query: { cascade: true } }), onSuccess }),
  }
}

import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Key = Answer<"GET /api/v1/admin/api-keys/{key_id}">
export type KeyAsk = Body<"POST /api/v1/admin/api-keys">
export type KeyPatch = Body<"PATCH /api/v1/admin/api-keys/{key_id}">
export const STATES = ["active", "expired", "revoked", "suspended"] as const
const PAGE = 100

/** Keys of a team, an owner or an environment; the gateway sorts out which of them are yours to see. */
export function useKeys(asked: { team: string; user: string; environment: string }) {
  return usePages<Key>(["keys", asked], (cursor, signal) =>
    request("GET /api/v1/admin/api-keys", { query: { ...asked, limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useKeyActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["keys"] })
  return {
    create: useMutation({ mutationFn: (body: KeyAsk) => request("POST /api/v1/admin/api-keys", { body }), onSuccess }),
    change: useMutation({ mutationFn: ({ id, body }: { id: string; body: KeyPatch }) => request("PATCH /api/v1/admin/api-keys/{key_id}", { path: { key_id: id }, body }), onSuccess }),
    rotate: useMutation({ mutationFn: ({ id, graceS }: { id: string; graceS: number }) => request("POST /api/v1/admin/api-keys/{key_id}/rotate", { path: { key_id: id }, body: { grace_s: graceS } }), onSuccess }),
    revoke: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/api-keys/{key_id}", { path: { key_id: id } }), onSuccess }),
  }
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, request } from "@/client/request.ts"
import { usePages } from "@/shared/table/pages.ts"

export type Approval = Answer<"GET /api/v1/admin/approvals/{approval_id}">

export const STATUSES = ["pending", "approved", "refused"] as const
export const ACTIONS = ["budgets.write", "policies.write", "tenant.write", "guardrails.reveal"] as const
/** Of these the change is made when it is approved. */
export const MADE_AT_ONCE: readonly string[] = ["budgets.write", "policies.write", "tenant.write"]
export const DEFAULTS = { status: "", action: "", approval: "" }
const PAGE = 100

export function useApprovals(asked: { status: string; action: string }) {
  return usePages<Approval>(["approvals", asked], (cursor, signal) =>
    request("GET /api/v1/admin/approvals", { query: { ...asked, limit: PAGE, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))
}

export function useApproval(id: string) {
  return useQuery({ queryKey: ["approvals", "one", id], enabled: id !== "", queryFn: ({ signal }) => request("GET /api/v1/admin/approvals/{approval_id}", { path: { approval_id: id }, signal }) })
}

/** What is approved changes other things too, so that everything is read again. */
export function useDecide() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, how, reason }: { id: string; how: "approve" | "refuse"; reason: string }) => {
      const given = { path: { approval_id: id }, body: { reason } }
      return how === "approve" ? request("POST /api/v1/admin/approvals/{approval_id}/approve", given) : request("POST /api/v1/admin/approvals/{approval_id}/refuse", given)
    },
    onSuccess: () => void queries.invalidateQueries(),
  })
}

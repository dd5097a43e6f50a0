import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, request } from "@/client/request.ts"

export type Stats = Answer<"GET /api/v1/admin/cache/stats">
export type Saved = Stats["items"][number]
export type Trial = Answer<"GET /api/v1/admin/cache/trials">["items"][number]
export const DEFAULTS = { tab: "saved", sort: "", days: "" }
export type Filters = typeof DEFAULTS
const OFTEN_MS = 15_000

/** `days`: today and those before it; empty: all that is written down. */
export function useStats(days: string) {
  const query = Number(days) > 0 ? { days: Number(days) } : {}
  return useQuery({ queryKey: ["cache", "stats", days], queryFn: ({ signal }) => request("GET /api/v1/admin/cache/stats", { query, signal }), refetchInterval: OFTEN_MS, placeholderData: keepPreviousData })
}

export function useTrials() {
  return useQuery({ queryKey: ["cache", "trials"], queryFn: async ({ signal }) => (await request("GET /api/v1/admin/cache/trials", { signal })).items })
}

export function useClear() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ model, olderThanS }: { model: string; olderThanS: string }) => request("DELETE /api/v1/admin/cache", { query: { ...(model ? { model } : {}), ...(olderThanS ? { older_than_s: Number(olderThanS) } : {}) } }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["cache"] }),
  })
}

/** Tells that an answer was wrong for what was asked: it is forgotten, and more is asked of likeness there. */
export function useFeedback() {
  const queries = useQueryClient()
  return useMutation({ mutationFn: (id: string) => request("POST /api/v1/admin/cache/feedback", { body: { id } }), onSuccess: () => void queries.invalidateQueries({ queryKey: ["cache"] }) })
}

/** What was saved by model, the most first; teams together. */
export function savedByModel(rows: readonly Saved[]): Array<{ name: string; value: number }> {
  const sums = new Map<string, number>()
  for (const row of rows) sums.set(row.model, (sums.get(row.model) ?? 0) + Number(row.cost_saved))
  return [...sums].map(([name, value]) => ({ name, value })).sort((one, two) => two.value - one.value)
}

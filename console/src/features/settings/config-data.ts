import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, call, request } from "@/client/request.ts"
import { download } from "@/shared/format/csv.ts"

const C = "/api/v1/admin/config"
export type Difference = Answer<"GET /api/v1/admin/config/diff">["items"][number]
export type Change = Answer<"POST /api/v1/admin/config/apply">["changes"][number]
export type ApplyAsk = Body<"POST /api/v1/admin/config/apply">

export function useDifferences() {
  return useQuery({ queryKey: ["config", "diff"], queryFn: async ({ signal }) => (await request(`GET ${C}/diff`, { signal })).items })
}

/** Hands the browser what is kept as sections of a configuration file. */
export async function saveStored(name: string): Promise<void> {
  const found = await call("GET", `${C}/export`)
  download(name, found instanceof Blob ? found : String(found), "application/yaml")
}

/** Writes what a text says, or only tells what would change; what is written changes every other page. */
export function useApply() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: ApplyAsk) => request(`POST ${C}/apply`, { body }),
    onSuccess: (_, body) => void (body.dry_run === false && queries.invalidateQueries()),
  })
}

import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { isRecord } from "@/client/errors.ts"
import { type Stored, useObjects } from "@/client/objects.ts"
import { type Answer, request } from "@/client/request.ts"

export type Price = Answer<"GET /api/v1/admin/prices">["items"][number]
export type Listed = Answer<"GET /api/v1/admin/prices/catalogue">["items"][number]
export const DEFAULTS = { tab: "models", q: "", sort: "", open: "", kind: "openai", row: "" }
export type Filters = typeof DEFAULTS
const PAGE = 100

export const useModels = () => useObjects("models")

/** What every deployment costs; of the same key as models, so that a change of one loads it again. */
export function usePrices() {
  return useQuery({ queryKey: ["models", "prices"], queryFn: async ({ signal }) => (await request("GET /api/v1/admin/prices", { signal })).items })
}

export function useCatalogue(kind: string) {
  return useInfiniteQuery({
    queryKey: ["catalogue", kind],
    queryFn: ({ pageParam, signal }) => request("GET /api/v1/admin/prices/catalogue", { query: { provider: kind, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
}

export type Deployment = { provider: string; model: string; weight: number | null; priority: number | null; region: string }

/** Where a model is served, as its document says. */
export function deploymentsOf(row: Stored): Deployment[] {
  const listed = row.document?.deployments
  return (Array.isArray(listed) ? listed.filter(isRecord) : []).map((one) => ({
    provider: textOf(one.provider),
    model: textOf(one.model),
    weight: typeof one.weight === "number" ? one.weight : null,
    priority: typeof one.priority === "number" ? one.priority : null,
    region: textOf(one.region),
  }))
}

/** The price of a kind, a decimal text; nothing where nobody knows one. */
export function priceOf(price: Readonly<Record<string, unknown>> | null | undefined, kind: string): string | undefined {
  const found = price?.[kind]
  return typeof found === "string" ? found : undefined
}

/** A field that should be a text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

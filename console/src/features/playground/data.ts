import { useQuery } from "@tanstack/react-query"
import { isRecord } from "@/client/errors.ts"
import { call } from "@/client/request.ts"

export type Model = { id: string; provider: string; hint: string }

/** The models that this key, or the session, may chat with. */
export function useModels(credential: string | undefined, enabled: boolean) {
  return useQuery({
    // The key itself is no part of the cache's key: what is in there is shown by developer tools.
    queryKey: ["playground", "models", credential === undefined ? "session" : credential.slice(-6)],
    queryFn: async ({ signal }) => modelsOf(await call("GET", "/v1/models", { signal, credential })),
    enabled,
    gcTime: 0,
    retry: false,
  })
}

const NOT_CHAT = ["embeddings", "images", "audio", "rerank", "moderation"]

/** Models that chat, by name. */
export function modelsOf(answer: unknown): Model[] {
  const list = isRecord(answer) && Array.isArray(answer.data) ? answer.data.filter(isRecord) : []
  const chatting = list.filter((one) => !(Array.isArray(one.capabilities) && one.capabilities.some((word) => NOT_CHAT.includes(String(word))) && !one.capabilities.includes("streaming")))
  return chatting.map((one) => ({ id: String(one.id), provider: String(one.owned_by ?? ""), hint: priceHint(one.prices) })).sort((one, two) => one.id.localeCompare(two.id))
}

function priceHint(prices: unknown): string {
  return isRecord(prices) ? `${prices.input} / ${prices.output} ${prices.currency}` : ""
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"

export type Provider = Answer<"POST /api/v1/admin/sso/config">
export type ProviderAsk = Body<"POST /api/v1/admin/sso/config">
export type Discovered = Answer<"POST /api/v1/admin/sso/discover">
export type Token = Answer<"GET /api/v1/admin/sso/scim-tokens">["items"][number]
export type Revoke = Body<"POST /api/v1/admin/tokens/revoke">
export const DEFAULTS = { tab: "", sort: "", open: "" }
export type Filters = typeof DEFAULTS
export type Given = { filters: Filters; setFilters: (change: Partial<Filters>) => void }
/** Stands in the form for a secret that is kept (`isMask` of shared/form). */
export const KEPT = "masked:kept"

export function useProviders() {
  return useQuery({ queryKey: ["sso", "providers"], queryFn: async ({ signal }) => (await request("GET /api/v1/admin/sso/config", { signal })).items })
}

export function useProviderActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["sso", "providers"] })
  return {
    create: useMutation({ mutationFn: (body: ProviderAsk) => request("POST /api/v1/admin/sso/config", { body }), onSuccess }),
    change: useMutation({ mutationFn: ({ id, body }: { id: string; body: ProviderAsk }) => request("PUT /api/v1/admin/sso/config", { query: { provider: id }, body }), onSuccess }),
    remove: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/sso/config", { query: { provider: id } }), onSuccess }),
  }
}

export function useDiscover() {
  return useMutation({ mutationFn: (issuer: string) => request("POST /api/v1/admin/sso/discover", { body: { issuer } }) })
}

export function useTokens() {
  return useQuery({ queryKey: ["sso", "tokens"], queryFn: async ({ signal }) => (await request("GET /api/v1/admin/sso/scim-tokens", { signal })).items })
}

export function useTokenActions() {
  const queries = useQueryClient()
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ["sso", "tokens"] })
  return {
    create: useMutation({ mutationFn: (body: Body<"POST /api/v1/admin/sso/scim-tokens">) => request("POST /api/v1/admin/sso/scim-tokens", { body }), onSuccess }),
    revoke: useMutation({ mutationFn: (id: string) => request("DELETE /api/v1/admin/sso/scim-tokens/{token_id}", { path: { token_id: id } }), onSuccess }),
  }
}

export function useRevoke() {
  return useMutation({ mutationFn: (body: Revoke) => request("POST /api/v1/admin/tokens/revoke", { body }) })
}

type Form = Record<string, unknown>

/** The form of a provider that there is: its secret is a mask. */
export function formOf(found: Provider): Form {
  const { id: _id, has_secret, operators: _operators, callback_url: _callback, created_at: _made, updated_at: _changed, version: _version, ...rest } = found
  return { ...rest, ...(has_secret ? { client_secret: KEPT } : {}) }
}

/** What to send: a secret that is kept is left out, an empty text takes it away; empty rows and lines are none. */
export function askOf(form: Form, dropsSecret = false): ProviderAsk {
  const { client_secret: secret, ...rest } = form
  const lines = (value: unknown) => (Array.isArray(value) ? value.map((one) => String(one).trim()).filter(Boolean) : [])
  return {
    ...(rest as ProviderAsk),
    scopes: lines(form.scopes),
    email_domains: lines(form.email_domains),
    role_map: Array.isArray(form.role_map) ? form.role_map : [],
    ...(dropsSecret ? { client_secret: "" } : typeof secret === "string" && secret !== KEPT ? { client_secret: secret } : {}),
  }
}

/** Where to send people: the sign-in page of the organisation, and the one that goes on to the provider at once. */
export function linksOf(origin: string, tenant: string, provider: string): { page: string; begin: string } {
  const page = `${origin}/sign-in?tenant=${encodeURIComponent(tenant)}`
  return { page, begin: `${page}&provider=${encodeURIComponent(provider)}` }
}

/** `role_map.0.team` of the gateway is `role_map[0].team` of a form. */
export function byRow(problems: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(problems).map(([field, said]) => [field.replace(/\.(\d+)(?=\.|$)/g, "[$1]"), said]))
}

import { useMutation, useQuery } from "@tanstack/react-query"
import { type Answer, type Body, request } from "@/client/request.ts"
import { enter } from "@/client/session.ts"

export type Ways = Answer<"GET /api/v1/admin/auth/sso/providers">
export type Asked = { name?: string; email: string; password: string; invitation?: string }

/** How one may sign in here: identity providers, whether nobody has an account yet, and whether anybody may register. `tenant`: whose providers. */
export function useWays(tenant: string) {
  return useQuery({
    queryKey: ["sign-in", "ways", tenant],
    queryFn: ({ signal }) => request("GET /api/v1/admin/auth/sso/providers", { query: tenant ? { tenant } : {}, signal }),
  })
}

/** Signs in, or makes a tenant and its first account when a name is given. */
export function useEnter(onEntered: () => void) {
  return useMutation({
    mutationFn: async ({ name, email, password, invitation }: Asked) => {
      const registering: Body<"POST /api/v1/admin/auth/register"> = { name: name ?? "", email, password, cookies: true, ...(invitation ? { invitation } : {}) }
      enter(name === undefined
        ? await request("POST /api/v1/admin/auth/login", { body: { email, password, cookies: true } })
        : await request("POST /api/v1/admin/auth/register", { body: registering }))
    },
    onSuccess: onEntered,
  })
}

/** Uses the token of a letter: of an invitation, with the name to go by, or of a forgotten password. */
export function useToken(kind: "invitation" | "reset", token: string, onEntered: () => void) {
  return useMutation({
    mutationFn: async ({ name, password }: { name: string; password: string }) => {
      enter(kind === "invitation"
        ? await request("POST /api/v1/admin/auth/invitations/accept", { body: { token, password, cookies: true, ...(name ? { name } : {}) } })
        : await request("POST /api/v1/admin/auth/password/reset", { body: { token, new_password: password, cookies: true } }))
    },
    onSuccess: onEntered,
  })
}

/** Asks for a letter with a link for a new password; whether there is such an account is told to nobody. */
export function useForgot() {
  return useMutation({ mutationFn: (email: string) => request("POST /api/v1/admin/auth/password/forgot", { body: { email } }) })
}

/** Starts a sign-in at an identity provider; the browser leaves the console, and comes back to `redirect`. */
export function useSso(redirect: string) {
  return useMutation({
    mutationFn: async (provider: string) => {
      const begun = await request("POST /api/v1/admin/auth/sso/initiate", { body: { provider, redirect } })
      window.location.assign(begun.authorization_url)
    },
  })
}

/** Where to go after: only paths of the console itself. */
export function safeTarget(wanted: unknown): string {
  const text = typeof wanted === "string" ? wanted : "/"
  return /^\/(?![/\\])/.test(text) && !text.startsWith("/sign-in") ? text : "/"
}

/** The token behind `#` of a link in a letter; browsers send that part to nobody. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? ""
}

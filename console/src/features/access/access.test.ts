import { expect, test } from "vitest"
import { askOf, byRow, formOf, KEPT, linksOf, type Provider } from "@/features/access/data.ts"

const provider: Provider = {
  id: "sso_1", name: "Acme login", issuer: "https://login.acme.example", client_id: "torana", has_secret: true, scopes: ["openid"], claims: {}, role_map: [], default_role: "user", create_users: true, email_domains: [], trust_email: false,
  userinfo: true, algorithm: "", clock_skew_s: 30, enabled: true, listed: false, logout_url: "", operators: false, callback_url: "https://g/cb", created_at: "2026-11-01T00:00:00Z", updated_at: "2026-11-01T00:00:00Z", version: 3,
}

test("a secret that is kept is not sent, another one is, and it can be taken away", () => {
  const form = formOf(provider)
  expect(form.client_secret).toBe(KEPT)
  expect(Object.keys(form)).not.toContain("callback_url")
  expect("client_secret" in askOf(form)).toBe(false)
  expect(askOf({ ...form, client_secret: "new" }).client_secret).toBe("new")
  expect(askOf(form, true).client_secret).toBe("")
})

test("empty lines are none", () => {
  expect(askOf({ ...formOf(provider), scopes: ["openid ", "", "groups"], email_domains: undefined })).toMatchObject({ scopes: ["openid", "groups"], email_domains: [] })
})

test("links name the organisation and the provider, and problems name the row of a form", () => {
  expect(linksOf("https://g", "a b", "sso_1")).toEqual({ page: "https://g/sign-in?tenant=a%20b", begin: "https://g/sign-in?tenant=a%20b&provider=sso_1" })
  expect(byRow({ "role_map.0.team": "no such", issuer: "x" })).toEqual({ "role_map[0].team": "no such", issuer: "x" })
})

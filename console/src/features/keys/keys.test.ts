import { expect, test } from "vitest"
import type { Key } from "@/features/keys/data.ts"
import { changeOf, EMPTY, filledOf, newKey, NOBODY } from "@/features/keys/filled.ts"
import { budgetText, limitText } from "@/features/keys/said.ts"
import { setPlace } from "@/shared/format/place.ts"

setPlace({ locale: "en-GB", zone: "UTC", currency: "USD" })

const KEY: Key = {
  id: "key_1", name: "bot", prefix: "sk-torana-Ab", source: "stored", status: "active", environment: "test", tenant: "acme", department: "", team: "books", user: "usr_1",
  models: ["gpt-4o*"], permissions: [], limits: [{ requests: 600, per_s: 60 }, { concurrency: 4 }], budgets: [{ limit: "200.00", per: "month", hard: true, alerts: [0.8] }], policy: "",
  ip_allow: ["10.0.0.0/8"], metadata: { app: "web" }, created_at: null, created_by: "", expires_at: "2027-01-31T00:00:00Z", revoked_at: null, revoked_by: "", old_secret_until: null, last_used_at: null,
}

test("what was left empty is not sent", () => {
  expect(newKey({ ...EMPTY, name: " bot ", models: "a\n b ,c" })).toEqual({ name: "bot", models: ["a", "b", "c"] })
})

test("every field comes into the body as the gateway takes it", () => {
  const body = newKey({ ...EMPTY, name: "n", owner: NOBODY, team: "books", limits: [{ counts: "tokens", most: "5000", perS: "3600" }, { counts: "concurrency", most: "2", perS: "60" }], budgets: [{ limit: "12.50", per: "week", hard: false, alert: "80" }], expires: "2027-01-31T10:00", networks: "10.0.0.0/8", labels: "app=a=b" })
  expect(body).toEqual({ name: "n", user: "", team: "books", limits: [{ tokens: 5000, per_s: 3600 }, { concurrency: 2 }], budgets: [{ limit: "12.50", per: "week", hard: false, alerts: [0.8] }], expires_at: "2027-01-31T10:00:00.000Z", ip_allow: ["10.0.0.0/8"], metadata: { app: "a=b" } })
})

test("a form that nobody touched changes nothing, and what is emptied is taken away", () => {
  const before = filledOf(KEY)
  expect(changeOf(before, filledOf(KEY))).toEqual({})
  expect(changeOf(before, { ...before, expires: "", networks: "", name: "robot" })).toEqual({ name: "robot", expires_at: null, ip_allow: null })
})

test("limits and budgets read as people say them", () => {
  expect(KEY.limits.map(limitText)).toEqual(["600 requests a minute", "4 requests at once"])
  expect(KEY.budgets.map(budgetText)).toEqual(["US$200.00 a month"])
})

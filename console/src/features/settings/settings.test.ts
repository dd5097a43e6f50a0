import { expect, it } from "vitest"
import type { Tenant } from "@/features/settings/data.ts"
import { filledOf, putOf, sampleOf } from "@/features/settings/filled.ts"

const tenant: Tenant = { id: "acme", name: "Acme", status: "active", source: "stored", settings: { currency: "INR", four_eyes: { budget_raise: true } }, departments: 0, teams: 0, version: 4, created_at: null, updated_at: null }

it("what nobody typed stays as the installation has it", () => {
  const put = putOf(filledOf(tenant), tenant)
  expect(put.name).toBeUndefined()
  expect(put.version).toBe(4)
  expect(put.settings).toMatchObject({ currency: "INR", time_zone: null, defaults: null, retention: null })
})

it("numbers are sent as numbers, and models line by line", () => {
  const filled = { ...filledOf(tenant), keyDays: "90", models: " gpt-*\n\nclaude ", kept: { requests: "30", audit: "", findings: "" } }
  expect(putOf(filled, tenant).settings).toMatchObject({ defaults: { key_days: 90, models: ["gpt-*", "claude"] }, retention: { requests: 30, audit: null } })
})

it("a place that nobody knows has no sample", () => {
  expect(sampleOf("en-IN", "Asia/Kolkata", "INR", new Date(0))).toContain("12,34,567.89")
  expect(sampleOf("en-IN", "Mars/North", "INR", new Date(0))).toBeNull()
})

it("that people come through the identity provider alone is sent as no passwords, and taken back as nothing said", () => {
  const alone = { ...tenant, settings: { ...tenant.settings, passwords: false } }
  expect(filledOf(tenant).alone).toBe(false)
  expect(putOf(filledOf(alone), alone).settings).toMatchObject({ passwords: false })
  expect(putOf({ ...filledOf(alone), alone: false }, alone).settings).toMatchObject({ passwords: null })
})

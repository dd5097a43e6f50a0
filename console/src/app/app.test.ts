import { expect, test } from "vitest"
import { navigation } from "@/app/navigation.ts"
import { matching } from "@/app/palette.tsx"
import { strings } from "@/app/strings.ts"
import { grouped, pagesFor } from "@/app/use-pages.ts"
import type { User } from "@/client/session.ts"

const settings = { currency: "USD", time_zone: "UTC", locale: "en" }
const user = (permissions: string[]): User => ({ id: "u", email: "", name: "", kind: "person", role: "user", operator: false, tenant: "t", tenant_name: "T", department: "", team: "", permissions, settings })

test("a page that somebody may not use is not in their navigation", () => {
  expect(pagesFor(user(["usage.read"])).map((page) => page.path)).not.toContain("/keys")
  expect(pagesFor(user(["keys.read"])).map((page) => page.path)).toContain("/keys")
  expect(pagesFor(null).every((page) => page.open)).toBe(true)
})

test("paths and keys of the navigation are each there once, and at most four pages are below the thumb", () => {
  const paths = navigation.map((page) => page.path)
  const keys = navigation.flatMap((page) => page.key ?? [])
  expect(new Set(paths).size).toBe(paths.length)
  expect(new Set(keys).size).toBe(keys.length)
  expect(navigation.filter((page) => page.onPhone).length).toBeLessThanOrEqual(4)
})

test("a heading without pages is not shown", () => {
  const groups = grouped(pagesFor(user([])))
  expect(groups.every((group) => group.pages.length > 0)).toBe(true)
  expect(groups.map((group) => group.label)).toContain(strings.groups.build)
})

test("the palette shows the better match first", () => {
  const commands = ["Sign out", "Go to API keys", "Keyboard shortcuts"].map((label) => ({ id: label, label, run: () => undefined }))
  expect(matching(commands, "key").map((one) => one.label)).toEqual(["Keyboard shortcuts", "Go to API keys"])
  expect(matching(commands, "zzz")).toEqual([])
})

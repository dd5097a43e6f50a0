import { expect, test } from "vitest"
import { aboutText, allowsText, beyond, levelOf, periodText, usedShare } from "@/features/budgets/data.ts"

test("what is held counts as used, and a budget of nothing is used up by anything", () => {
  expect(usedShare({ spent: "3.00", held: "1.00", limit: "5.00" })).toBeCloseTo(0.8)
  expect([usedShare({ spent: "0.00", held: "0.00", limit: "0.00" }), usedShare({ spent: "0.01", held: "0.00", limit: "0.00" })]).toEqual([0, 1])
  expect([levelOf(0.79), levelOf(0.8), levelOf(1)]).toEqual(["plain", "near", "over"])
})

test("whom and what a rule is about reads as people say it", () => {
  const nameOf = (_: string, id: string) => id.toUpperCase()
  expect(aboutText([["team", "books"], ["model", "gpt-4o"]], nameOf)).toBe("team BOOKS, model GPT-4O")
  expect(aboutText([["key", ""]], nameOf)).toBe("each key")
  expect(allowsText({ requests: 600, per: "1m", concurrency: 8 }, String)).toBe("600 requests in 1m; 8 at once")
  expect([periodText("month"), periodText("14d"), periodText(undefined)]).toEqual(["a month", "14d", "a month"])
})

test("a manager's rules are those about whom they manage, of others' every stored one is beyond them", () => {
  const row = (document: Record<string, unknown>, source = "stored") => ({ name: "b", kind: "budgets", source, version: 1, tenant: "", document })
  const lead = { role: "manager", operator: false, department: "finance", team: "books" }
  const head = { ...lead, team: "" }
  expect([beyond(row({ scope: "team", match: "books" }), lead), beyond(row({ scope: "key", where: { team: "books" } }), lead)]).toEqual([false, false])
  expect([beyond(row({ scope: "team" }), lead), beyond(row({ scope: "team", match: "books" }), head), beyond(row({ scope: "tenant" }, "file"), lead)]).toEqual([true, true, false])
  expect([beyond(row({}), { ...lead, role: "admin" }), beyond(row({}), { ...lead, operator: true }), beyond(row({}), { ...head, department: "" })]).toEqual([false, false, true])
})

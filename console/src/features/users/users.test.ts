import { expect, test } from "vitest"
import { linkOf, rolesGivenBy } from "@/features/users/data.ts"

test("a manager makes nobody mightier than a user, an operator whoever they like", () => {
  expect(rolesGivenBy({ role: "manager", operator: false })).toEqual(["user"])
  expect(rolesGivenBy({ role: "manager", operator: true })).toContain("admin")
  expect(rolesGivenBy({ role: "admin", operator: false })).toContain("auditor")
})

test("a token stands where browsers send it to nobody", () => {
  expect(linkOf("accept-invitation", "tot_a+b", "https://ai.acme.test")).toBe("https://ai.acme.test/accept-invitation#token=tot_a%2Bb")
})

import { describe, expect, it } from "vitest"
import { ApiError } from "@/client/errors.ts"
import { aboutText, diffLines, guardsText, lineOf, problemsIn, template, written } from "@/features/policies/text.ts"

const policy = (document: Record<string, unknown>) => ({ name: "p", source: "stored", version: 1, tenant: "", document })

describe("the text of a policy", () => {
  const text = written({ attach: [{ tenant: "acme" }], models: ["a"] })
  it("knows where a field begins", () => expect(lineOf(text, "models[0]")).toBe(7))
  it("is told what the gateway found, in the line of the field", () => {
    const failure = new ApiError(400, "REQUEST_INVALID", "no", { details: { problems: [{ field: "models", message: "is empty" }] } })
    expect(problemsIn(text, failure)).toEqual([{ line: 7, message: "is empty" }])
  })
  it("has its unknown fields named before it is sent", () => expect(problemsIn(written({ modles: [] }), null)[0]?.message).toContain("modles"))
  it("is wrong while it is no object", () => expect(problemsIn("[1]", null)).toHaveLength(1))
})

describe("two versions", () => {
  it("differ by lines", () => {
    expect(diffLines("a\nb\nc", "a\nx\nc").map((one) => one.sign + one.text)).toEqual([" a", "-b", "+x", " c"])
  })
  it("that are the same do not", () => expect(diffLines("a\nb", "a\nb").every((one) => one.sign === " ")).toBe(true))
})

describe("a policy in a list", () => {
  it("is about everyone without a row that says whom", () => expect(aboutText(policy({}))).toBe("everyone"))
  it("names the first two it is about", () => {
    expect(aboutText(policy({ attach: [{ tenant: "a", team: "" }, { tenant: "a", team: "b" }, { tenant: "c" }] }))).toBe("a, a / b and 1 more")
  })
  it("names guardrails and packs", () => expect(guardsText(policy({ guardrails: ["pii", { id: "secrets" }], packs: ["dpdp"] }))).toBe("pii, secrets, dpdp"))
  it("starts with the own organisation", () => expect(template("attach", "acme", [])).toEqual([{ tenant: "acme" }]))
})

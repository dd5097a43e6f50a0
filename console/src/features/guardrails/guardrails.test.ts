import { describe, expect, it } from "vitest"
import { ruleSchema } from "@/features/guardrails/schema.ts"
import { buckets, byKind, findingOf, linePieces, piecesOf } from "@/features/guardrails/marks.ts"

const found = (start: number, end: number, more: Record<string, unknown> = {}) => findingOf({ guardrail: "pii@1f", kind: "email", start, end, path: "x", ...more })

describe("what was found in a text", () => {
  it("is cut out by characters, also behind ones of two halves", () => {
    expect(piecesOf("😀 to a@b.c!", [found(5, 10)]).map((one) => one.text)).toEqual(["😀 to ", "a@b.c", "!"])
  })
  it("is marked once where findings overlap, and left alone where a place is no place", () => {
    const pieces = piecesOf("abcdef", [found(1, 4), found(2, 3), found(5, 99), found(-1, 2)])
    expect(pieces.map((one) => one.text)).toEqual(["a", "bcd", "ef"])
  })
  it("is found again in the lines of a file", () => {
    const pieces = linePieces("one\ntwo words", [found(4, 9, { path: "file line 2" })])
    expect(pieces.map((one) => [one.text, one.finding !== undefined])).toEqual([["one", false], ["\n", false], ["two ", false], ["words", true]])
  })
  it("names its guardrail without the sign of its settings", () => expect(found(0, 1).guardrail).toBe("pii"))
})

describe("findings over time", () => {
  const rows = [found(0, 1, { at_ms: 10 }), found(0, 1, { at_ms: 90, kind: "phone" }), found(0, 1, { at_ms: 100 })]
  it("are counted in every part, the last moment too", () => {
    expect(buckets(rows, 0, 100, ["email"], 2).map((one) => one.counts.email)).toEqual([1, 1])
  })
  it("are ranked by kind", () => expect(byKind(rows)).toEqual([{ name: "email", value: 2 }, { name: "phone", value: 1 }]))
})

it("the form of a kind has its own settings beside mode and side", () => {
  const settings = { $ref: "#/$defs/Settings", $defs: { Settings: { type: "object", properties: { words: { type: "array", items: { type: "string" } } }, required: ["words"] } } }
  const schema = ruleSchema({ kind: "keywords", sides: ["input"], modes: ["block", "flag"], price_class: "instant", about: "", settings, ids: [] })
  expect(Object.keys(schema.properties ?? {})).toEqual(["mode", "side", "on_error", "words"])
  expect(schema.required).toEqual(["words"])
})

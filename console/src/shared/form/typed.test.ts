import { expect, test } from "vitest"
import { kindOf } from "@/shared/form/schema.ts"
import { numbersOf, pairsOf, pairsText } from "@/shared/form/typed.ts"

test("several numbers and pairs are read from a text, and nonsense is not", () => {
  expect([numbersOf("0.5, 0.8 1"), numbersOf(" ")]).toEqual([[0.5, 0.8, 1], undefined])
  expect([pairsOf("team: books\n model:a:b "), pairsOf("")]).toEqual([{ team: "books", model: "a:b" }, undefined])
  expect(pairsText({ team: "books" })).toBe("team: books")
  expect(() => numbersOf("0.5, x")).toThrow()
  expect(() => pairsOf("books")).toThrow()
})

test("lists of things, of numbers, and maps of texts have controls of their own", () => {
  expect(kindOf({ type: "array", items: { type: "object", properties: {} } })).toBe("rows")
  expect(kindOf({ type: "array", items: { type: "number" } })).toBe("numbers")
  expect(kindOf({ type: "object", additionalProperties: { type: "string" } })).toBe("pairs")
  expect(kindOf({ type: "object" })).toBe("json")
})

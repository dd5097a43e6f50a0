import { expect, test } from "vitest"
import { merged, read } from "@/shared/filters.ts"
import { defaultsOf, kindOf, missing, type Schema, settled } from "@/shared/form/schema.ts"
import { includes } from "@/shared/session.ts"
import { pressed } from "@/shared/shortcuts.ts"
import { allRows } from "@/shared/table/pages.ts"
import { nextSort, sorted, sortOf, sortText } from "@/shared/table/sorting.ts"

test("a filter lives in the query only while it differs from its default", () => {
  const defaults = { q: "", state: "active" }
  expect(read({ q: 12, other: "x" }, defaults)).toEqual({ q: "12", state: "active" })
  expect(merged({ q: "a", other: "x" }, { q: "", state: "all" }, defaults)).toEqual({ other: "x", state: "all" })
  expect(merged({ state: "all" }, { state: "active" }, defaults)).toEqual({})
})

test("rows sort by size, text by letters, and what is missing comes last both ways", () => {
  const rows = ["10", null, "9", "b", "a"].map((value) => ({ value }))
  const order = (down: boolean) => sorted(rows.slice(0, 3), (row) => row.value, down).map((row) => row.value)
  expect(order(false)).toEqual(["9", "10", null])
  expect(order(true)).toEqual(["10", "9", null])
  expect(sorted(rows.slice(3), (row) => row.value, false).map((row) => row.value)).toEqual(["a", "b"])
})

test("a sort goes up, down and away, and through the URL and back", () => {
  const up = nextSort(null, "name")
  const down = nextSort(up, "name")
  expect([up, down, nextSort(down, "name")]).toEqual([{ by: "name", down: false }, { by: "name", down: true }, null])
  expect(sortOf(sortText(down))).toEqual(down)
})

test("every page of a list is loaded, each once", async () => {
  const pages: Record<string, { items: number[]; next_cursor: string | null }> = { "": { items: [1, 2], next_cursor: "b" }, b: { items: [3], next_cursor: null } }
  expect(await allRows(async (cursor) => pages[cursor ?? ""] ?? { items: [] })).toEqual([1, 2, 3])
})

test("a permission counts by name, by area or by everything", () => {
  expect(includes(["keys.read"], "keys.read")).toBe(true)
  expect(includes(["keys.*"], "keys.write")).toBe(true)
  expect(includes(["*"], "anything")).toBe(true)
  expect(includes(["keys.*"], "keysmith.read")).toBe(false)
  expect(includes([], "keys.read")).toBe(false)
})

test("Control and Command are one key", () => {
  expect(pressed({ key: "K", ctrlKey: true, metaKey: false })).toBe("mod+k")
  expect(pressed({ key: "k", ctrlKey: false, metaKey: true })).toBe("mod+k")
  expect(pressed({ key: "?", ctrlKey: false, metaKey: false })).toBe("?")
})

const SCHEMA: Schema = {
  type: "object",
  required: ["name", "mode"],
  properties: {
    name: { type: "string" },
    mode: { $ref: "#/$defs/Mode" },
    most: { anyOf: [{ type: "integer" }, { type: "null" }], default: 3 },
    inner: { type: "object", required: ["word"], properties: { word: { type: "string" }, on: { type: "boolean", default: true } } },
    words: { type: "array", items: { type: "string" } },
    odd: { type: "array", items: { type: "object" } },
  },
  $defs: { Mode: { enum: ["block", "flag"] } },
}

test("a form follows references, starts with the defaults and names what is missing", () => {
  const kinds = Object.entries(SCHEMA.properties ?? {}).map(([name, one]) => [name, kindOf(settled(one, SCHEMA))])
  expect(Object.fromEntries(kinds)).toEqual({ name: "text", mode: "choice", most: "number", inner: "object", words: "list", odd: "json" })
  expect(defaultsOf(SCHEMA)).toEqual({ most: 3, inner: { on: true } })
  expect(missing(SCHEMA, { mode: "flag", inner: { on: true } })).toEqual(["name", "inner.word"])
})

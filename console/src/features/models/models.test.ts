import { expect, test } from "vitest"
import type { Stored } from "@/client/objects.ts"
import { deploymentsOf, priceOf } from "@/features/models/data.ts"
import { sourceText } from "@/features/models/prices.tsx"

const row = (document: Stored["document"]): Stored => ({ name: "m", kind: "models", source: "file", version: 0, tenant: "", document })

test("deployments are read as the document says, whatever stands in it", () => {
  expect(deploymentsOf(row({ deployments: [{ provider: "p", model: "x", weight: 3 }, "nonsense"] }))).toEqual([{ provider: "p", model: "x", weight: 3, priority: null, region: "" }])
  expect(deploymentsOf(row(null))).toEqual([])
})

test("a price that nobody knows is none, not zero", () => {
  expect([priceOf(null, "input"), priceOf({ input: "0.15" }, "input"), priceOf({}, "output")]).toEqual([undefined, "0.15", undefined])
  expect([sourceText("config"), sourceText("genai-prices@0.2.3"), sourceText("")]).toEqual(["the configuration", "genai-prices@0.2.3", "–"])
})

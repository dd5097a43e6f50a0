import { expect, test } from "vitest"
import { type Saved, savedByModel } from "@/features/cache/data.ts"

const row = (team: string, model: string, cost_saved: string): Saved => ({ team, model, hits: 1, semantic_hits: 0, misses: 0, shadow_hits: 0, tokens_saved: 0, cost_saved, time_saved_ms: 0 })

test("teams are added up, and the model that saved the most comes first", () => {
  expect(savedByModel([row("a", "small", "1.00"), row("a", "large", "1.50"), row("b", "small", "2.00")])).toEqual([{ name: "small", value: 3 }, { name: "large", value: 1.5 }])
})

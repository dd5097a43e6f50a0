import { expect, test } from "vitest"
import { partsOf } from "@/features/audit/data.ts"

test("who and what are a kind and an id", () => {
  expect([partsOf("user:usr_1"), partsOf("system"), partsOf("object:models/a:b")]).toEqual([{ kind: "user", id: "usr_1" }, { kind: "", id: "system" }, { kind: "object", id: "models/a:b" }])
})

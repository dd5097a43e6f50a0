import { expect, test } from "vitest"
import { safeTarget, tokenOf } from "@/features/sign-in/data.ts"

test("after signing in one goes to a path of the console and nowhere else", () => {
  expect(["/keys?q=a", "//evil.example", "/\\evil", "https://evil.example", undefined, "/sign-in?to=/"].map(safeTarget)).toEqual(["/keys?q=a", "/", "/", "/", "/", "/"])
})

test("the token of a letter stands behind the number sign", () => {
  expect([tokenOf("#token=tot_a%2Bb"), tokenOf("#other=1"), tokenOf("")]).toEqual(["tot_a+b", "", ""])
})

import { expect, test } from "vitest"
import { ApiError } from "@/client/errors.ts"
import { problemsOf } from "@/shared/stored/problems.ts"

test("what is wrong goes to its field, as the form names it", () => {
  const listed = new ApiError(400, "REQUEST_INVALID", "m", { details: { problems: [{ field: "document.limit", message: "no amount", suggestion: "such as 2.50" }] } })
  expect(problemsOf(listed)).toEqual({ limit: "no amount: such as 2.50" })
  expect(problemsOf(new ApiError(400, "REQUEST_INVALID", "taken", { details: { field: "name" } }))).toEqual({ name: "taken" })
  expect([problemsOf(new Error("x")), problemsOf(new ApiError(409, "CONFLICT", "m"))]).toEqual([{}, {}])
})

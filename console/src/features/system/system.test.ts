import { expect, test } from "vitest"
import { healthOf, placeOf, problemOf, settingText } from "@/features/system/data.ts"

const MISFIT = "stored models kept: error: this stored row does not fit the configuration; what was in force before serves on (mend the file, or: torana config withdraw models kept)"

test("a problem is told apart into its place, what is wrong, and the way out", () => {
  expect(problemOf(MISFIT)).toEqual({
    at: "stored models kept",
    text: "this stored row does not fit the configuration; what was in force before serves on",
    remedy: "mend the file, or: torana config withdraw models kept",
    command: "torana config withdraw models kept",
  })
  expect(problemOf("torana.yaml:3:7: error: models[0].strategy: unknown (did you mean priority?)")).toMatchObject({ at: "torana.yaml:3:7", text: "models[0].strategy: unknown", remedy: "did you mean priority?", command: "" })
  expect(problemOf("something else")).toEqual({ at: "", text: "something else", remedy: "", command: "" })
})

test("a stored row is opened where it is kept, one of another organisation is not", () => {
  expect(placeOf(problemOf(MISFIT))).toEqual({ name: "kept", to: "/models", search: { open: "kept" } })
  expect(placeOf(problemOf(MISFIT.replaceAll("models kept", "policies strict")))).toMatchObject({ to: "/policies", search: { policy: "strict" } })
  expect(placeOf(problemOf(MISFIT.replace("withdraw models kept", "withdraw models kept --tenant acme")))).toBeUndefined()
})

test("a process that says nothing of its configuration has no problems", () => {
  expect(healthOf({}).problems).toEqual([])
  expect(healthOf({ configuration: { status: "refused", problems: ["a"] } }).problems).toEqual(["a"])
})

test("a section is said in a word or two", () => {
  expect([settingText("cache", {}), settingText("cache", { exact: { enabled: true } }), settingText("alerts", { webhook: { url: "masked:1" } }), settingText("alerts", {})]).toEqual(["off", "the same request again", "posted to a webhook", "logged and counted"])
  expect([settingText("default_model", { value: null }), settingText("default_model", { value: "fast-one" }), settingText("provider_priority", { value: ["a", "b"] })]).toEqual(["nothing", "fast-one", "a, b"])
})

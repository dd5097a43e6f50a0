import { expect, test } from "vitest"
import { lieOnTop, topLayer } from "@/shared/layers.ts"

test("what was opened last lies on top, whichever is closed first", () => {
  const [drawer, question] = [{ id: "drawer" }, { id: "question" }] as unknown as HTMLElement[]
  const closeDrawer = lieOnTop(drawer as HTMLElement)
  const closeQuestion = lieOnTop(question as HTMLElement)
  expect(topLayer()).toBe(question)
  closeDrawer()
  expect(topLayer()).toBe(question)
  closeQuestion()
  expect(topLayer()).toBe(null)
})

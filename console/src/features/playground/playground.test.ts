import { afterEach, expect, test, vi } from "vitest"
import { modelsOf } from "@/features/playground/data.ts"
import { factsOf } from "@/features/playground/fact-list.tsx"
import { NO_SETTINGS, parametersOf } from "@/features/playground/settings.tsx"
import { type Answer, run } from "@/features/playground/sides.ts"
import { literal, shortened, snippets } from "@/features/playground/snippets.ts"
import { pieceOf } from "@/features/playground/stream.ts"
import { partOf, toolsOf, turnsOf } from "@/features/playground/turns.ts"

afterEach(() => vi.unstubAllGlobals())

const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
const BLOCKED = `data: ${JSON.stringify({ error: { message: "stopped by pii" }, error_code: "GUARDRAIL_BLOCKED" })}\n\n`
const TAIL = ': torana {"cost": "0.000012", "currency": "USD", "attempts": 2}\n\n'

async function ran(...pieces: string[]): Promise<Partial<Answer>> {
  const body = new ReadableStream({
    start(control) {
      for (const piece of pieces) control.enqueue(new TextEncoder().encode(piece))
      control.close()
    },
  })
  vi.stubGlobal("document", { cookie: "" })
  vi.stubGlobal("fetch", async () => new Response(body, { headers: { "x-torana-cache": "miss", "x-request-id": "req_1" } }))
  let answer: Partial<Answer> = {}
  const ask = { model: "m", turns: [], parameters: {}, credential: "sk", signal: new AbortController().signal }
  await run(ask, (change) => { answer = { ...answer, ...change } }, () => 5, (draw) => draw())
  return answer
}

test("an answer comes whole, whatever the pieces it was cut into", async () => {
  const wire = delta("grü") + delta("ß dich") + TAIL + "data: [DONE]\n\n"
  const found = await ran(wire.slice(0, 47), wire.slice(47, 60), wire.slice(60))
  expect(found).toMatchObject({ text: "grüß dich", state: "done", facts: { cache: "miss", cost: "0.000012", attempts: "2", request: "req_1" } })
})

test("what a guardrail stops in the middle is told as blocked, with what had come", async () => {
  const found = await ran(delta("the secret is"), BLOCKED)
  expect(found).toMatchObject({ text: "the secret is", state: "blocked", error: { code: "GUARDRAIL_BLOCKED", message: "stopped by pii" } })
})

test("another error in the middle is a failure", async () => {
  expect(await ran(delta("a"), `data: {"error": {"message": "gone"}, "error_code": "UPSTREAM_ERROR"}\n\n`)).toMatchObject({ state: "failed", text: "a" })
})

test("comments and events of others say nothing", () => {
  expect(pieceOf(": keep-alive", "r")).toBeNull()
  expect(pieceOf("event: ping", "r")).toBeNull()
  expect(pieceOf('data: {"choices": []}', "r")).toBeNull()
  expect(pieceOf('data: {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}', "r")).toEqual({ blocked: true })
})

test("a conversation goes on without the answers that were blocked or failed", () => {
  const answer = (state: Answer["state"], question: string): Answer => ({ question, text: `re ${question}`, state, facts: {} })
  const answers = [answer("done", "a"), answer("blocked", "b"), answer("stopped", "c"), answer("failed", "d")]
  expect(turnsOf(answers, "be brief", { question: "next" }).map((turn) => turn.content)).toEqual(["be brief", "a", "re a", "c", "re c", "next"])
})

test("only the parameters that were filled in are sent", () => {
  expect(parametersOf(NO_SETTINGS)).toEqual({})
  expect(parametersOf({ ...NO_SETTINGS, temperature: "0", max_tokens: "12", top_p: "x" })).toEqual({ temperature: 0, max_tokens: 12 })
})

test("the request is shown as code that names the key and never holds it", () => {
  const found = snippets({ origin: "http://g", model: "m", turns: [{ role: "user", content: "it's" }], parameters: { temperature: 0.5 } })
  expect(found.map((one) => one.id)).toEqual(["curl", "python", "typescript"])
  for (const one of found) expect(one.code).toContain("TORANA_KEY")
  expect(found[0]?.code).toContain(`it'\\''s`)
  expect(found[1]?.code).toContain("temperature=0.5")
})

test("models that only embed are not offered for a chat", () => {
  const data = [{ id: "b", capabilities: ["streaming"] }, { id: "e", capabilities: ["embeddings"] }, { id: "a", capabilities: [] }]
  expect(modelsOf({ data }).map((one) => one.id)).toEqual(["a", "b"])
  expect(modelsOf("nonsense")).toEqual([])
})

test("an answer shows only the facts that were told", () => {
  const answer: Answer = { question: "q", text: "t", state: "done", facts: { cost: "0.5 EUR", cache: "hit" }, totalMs: 12 }
  expect(factsOf(answer).map(([name]) => name)).toEqual(["Cost", "Whole answer", "Cache"])
})

const call = (index: number, more: object) => `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [{ index, ...more }] } }] })}\n\n`

test("calls of tools are put together from their pieces, and the tools' answers go on with the conversation", async () => {
  const found = await ran(call(0, { id: "c1", function: { name: "weather", arguments: "" } }), call(0, { function: { arguments: '{"city":' } }), call(1, { id: "c2", function: { name: "time", arguments: "{}" } }), call(0, { function: { arguments: '"Pune"}' } }))
  expect(found).toMatchObject({ state: "done", text: "", calls: [{ id: "c1", name: "weather", arguments: '{"city":"Pune"}' }, { id: "c2", name: "time", arguments: "{}" }] })
  const asked = { question: "weather?", text: "", state: "done", calls: found.calls ?? [] }
  const results = [{ id: "c1", name: "weather", content: "rain" }, { id: "c2", name: "time", content: "noon" }]
  expect(turnsOf([asked], "", { question: "", results }).map((turn) => turn.role)).toEqual(["user", "assistant", "tool", "tool"])
  expect(turnsOf([asked], "", { question: "something else" }).map((turn) => turn.role)).toEqual(["user"])
})

test("files are parts of a message by what they are", () => {
  const file = (type: string) => partOf({ name: "f", type, url: "data:x;base64,QQ==" }).type
  expect(["image/png", "audio/mpeg", "application/pdf"].map(file)).toEqual(["image_url", "input_audio", "file"])
  const [turn] = turnsOf([], "", { question: "what is it?", attached: [{ name: "f", type: "image/png", url: "data:," }] })
  expect(turn?.content).toEqual([{ type: "text", text: "what is it?" }, { type: "image_url", image_url: { url: "data:," } }])
})

test("definitions of tools that cannot be read are told, not sent", () => {
  expect([toolsOf(""), toolsOf("{"), toolsOf("{}"), toolsOf('[{"name": "x"}]')]).toEqual([{ tools: [] }, { problem: "json" }, { problem: "list" }, { problem: "shape" }])
  expect(toolsOf('[{"type": "function", "function": {"name": "x"}}]')).toHaveProperty("tools.length", 1)
})

test("code has no contents of files, and Python's own words", () => {
  const long = `data:image/png;base64,${"A".repeat(1000)}`
  expect(JSON.stringify(shortened({ a: [{ url: long, text: "B".repeat(1000) }] })).length).toBeLessThan(1150)
  expect(literal({ a: true, b: null, c: [1] }, 0)).toBe('{\n    "a": True,\n    "b": None,\n    "c": [\n        1,\n    ],\n}')
})

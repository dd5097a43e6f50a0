// A conversation as the chat dialect tells it: turns, what they are made of, and calls of tools.

export type Part =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string } }
  | { type: "input_audio"; input_audio: { data: string; format: string } }
  | { type: "file"; file: { filename: string; file_data: string } }
export type ToolCall = { id: string; name: string; arguments: string }
export type ToolResult = { id: string; name: string; content: string }
export type Turn =
  | { role: "system" | "user"; content: string | readonly Part[] }
  | { role: "assistant"; content: string | null; tool_calls?: readonly { id: string; type: "function"; function: { name: string; arguments: string } }[] }
  | { role: "tool"; tool_call_id: string; content: string }
/** A file as the browser read it. */
export type Attached = { name: string; type: string; url: string }
/** One exchange: what was asked, or what tools answered, and what came of it. */
export type Exchange = { question: string; attached?: readonly Attached[]; results?: readonly ToolResult[]; text: string; calls?: readonly ToolCall[]; state: string }

const AUDIO: Readonly<Record<string, string>> = { "audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3" }

/** A file as a part of a message. */
export function partOf(file: Attached): Part {
  const format = AUDIO[file.type]
  if (file.type.startsWith("image/")) return { type: "image_url", image_url: { url: file.url } }
  if (format) return { type: "input_audio", input_audio: { data: file.url.slice(file.url.indexOf(",") + 1), format } }
  return { type: "file", file: { filename: file.name, file_data: file.url } }
}

function asked(one: Pick<Exchange, "question" | "attached" | "results">): Turn[] {
  if (one.results) return one.results.map((result) => ({ role: "tool", tool_call_id: result.id, content: result.content }))
  if (!one.attached?.length) return [{ role: "user", content: one.question }]
  const text: Part[] = one.question ? [{ type: "text", text: one.question }] : []
  return [{ role: "user", content: [...text, ...one.attached.map(partOf)] }]
}

function answered(one: Exchange, isAnsweredByTools: boolean): Turn[] {
  const calls = isAnsweredByTools ? (one.calls ?? []) : []
  if (calls.length === 0) return one.text ? [{ role: "assistant", content: one.text }] : []
  return [{ role: "assistant", content: one.text || null, tool_calls: calls.map((call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } })) }]
}

/** The conversation that the next request tells: only what came whole, or what the reader stopped. Calls that no tool answered are left out. */
export function turnsOf(exchanges: readonly Exchange[], system: string, next: Pick<Exchange, "question" | "attached" | "results">): Turn[] {
  const before = exchanges.filter((one) => (one.text || one.calls?.length) && (one.state === "done" || one.state === "stopped"))
  const told = before.flatMap((one, place) => {
    const following = before[place + 1] ?? next
    const turns = answered(one, following.results !== undefined)
    return turns.length ? [...asked(one), ...turns] : []
  })
  return [...(system.trim() ? [{ role: "system" as const, content: system }] : []), ...told, ...asked(next)]
}

/** The calls with one more piece of them: what streams in pieces is put together by its place. */
export function withPiece(calls: readonly ToolCall[], piece: { index: number; id: string; name: string; arguments: string }): ToolCall[] {
  const all = [...calls]
  while (all.length <= piece.index) all.push({ id: "", name: "", arguments: "" })
  const before = all[piece.index] ?? { id: "", name: "", arguments: "" }
  all[piece.index] = { id: before.id || piece.id, name: before.name || piece.name, arguments: before.arguments + piece.arguments }
  return all
}

export type Tools = { tools: readonly Record<string, unknown>[] } | { problem: "json" | "list" | "shape" }

/** What was typed as definitions of tools; nothing typed is none. */
export function toolsOf(text: string): Tools {
  if (text.trim() === "") return { tools: [] }
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return { problem: "json" }
  }
  if (!Array.isArray(found)) return { problem: "list" }
  const isTool = (one: unknown) => typeof one === "object" && one !== null && "function" in one && typeof one.function === "object" && one.function !== null && "name" in one.function && typeof one.function.name === "string"
  return found.every(isTool) ? { tools: found as Record<string, unknown>[] } : { problem: "shape" }
}

/** The arguments of a call, set out in lines once they are whole. */
export function argumentsText(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

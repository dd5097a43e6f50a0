// Server-sent events of a chat (WHATWG HTML, section 9.2), and the last comment in which the gateway tells the cost.
import { type ApiError, fromBody, isRecord } from "@/client/errors.ts"
import { lines } from "@/client/events.ts"
import { send } from "@/client/request.ts"
import type { Turn } from "@/features/playground/turns.ts"

export type Parameters = { temperature?: number; top_p?: number; max_tokens?: number; tools?: readonly Record<string, unknown>[]; tool_choice?: string }
export type Ask = { model: string; turns: readonly Turn[]; parameters: Parameters; credential: string | undefined; signal: AbortSignal }
export type Facts = Readonly<Record<string, string>>
export type CallPiece = { index: number; id: string; name: string; arguments: string }
export type Piece = { text: string } | { calls: readonly CallPiece[] } | { facts: Facts } | { blocked: true }

const COMMENT = ": torana "

/** The pieces of an answer as they come. Throws ApiError, also for an error in the middle of the stream. */
export async function* chat(ask: Ask): AsyncGenerator<Piece> {
  const body = { model: ask.model, messages: ask.turns, stream: true, stream_options: { include_usage: true }, ...ask.parameters }
  const answer = await send("POST", "/v1/chat/completions", { body, signal: ask.signal, credential: ask.credential, headers: { accept: "text/event-stream" } })
  yield { facts: headFacts(answer.headers) }
  for await (const line of lines(answer)) {
    const piece = pieceOf(line, answer.headers.get("x-request-id") ?? "")
    if (piece) yield piece
  }
}

/** The `x-torana-*` headers, without their common beginning. */
export function headFacts(headers: Headers): Facts {
  const found: Record<string, string> = {}
  headers.forEach((value, name) => {
    if (name.startsWith("x-torana-")) found[name.slice("x-torana-".length)] = value
  })
  const request = headers.get("x-request-id")
  return request ? { ...found, request } : found
}

/** What one line of the stream says; null: nothing to show. Throws ApiError for an error event. */
export function pieceOf(line: string, requestId: string): Piece | null {
  if (line.startsWith(COMMENT)) return { facts: tailFacts(line.slice(COMMENT.length)) }
  if (!line.startsWith("data:")) return null
  const data = line.slice("data:".length).trim()
  if (data === "" || data === "[DONE]") return null
  const event: unknown = JSON.parse(data)
  if (!isRecord(event)) return null
  if (event.error !== undefined) throw failure(data, requestId)
  const choice: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined
  if (!isRecord(choice)) return null
  const text = isRecord(choice.delta) && typeof choice.delta.content === "string" ? choice.delta.content : ""
  if (text) return { text }
  const calls = isRecord(choice.delta) && Array.isArray(choice.delta.tool_calls) ? choice.delta.tool_calls.filter(isRecord).map(callPiece) : []
  if (calls.length) return { calls }
  return choice.finish_reason === "content_filter" ? { blocked: true } : null
}

/** What a delta says of one call: its name once, its arguments piece by piece. */
function callPiece(said: Record<string, unknown>): CallPiece {
  const made = isRecord(said.function) ? said.function : {}
  const text = (value: unknown) => (typeof value === "string" ? value : "")
  return { index: typeof said.index === "number" ? said.index : 0, id: text(said.id), name: text(made.name), arguments: text(made.arguments) }
}

function failure(data: string, requestId: string): ApiError {
  return fromBody(200, data, requestId)
}

function tailFacts(text: string): Facts {
  const found: unknown = JSON.parse(text)
  return isRecord(found) ? Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)])) : {}
}

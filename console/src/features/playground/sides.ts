import { useCallback, useEffect, useRef, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { type Ask, chat, type Facts, type Parameters } from "@/features/playground/stream.ts"
import { type Attached, type ToolCall, type ToolResult, turnsOf, withPiece } from "@/features/playground/turns.ts"

export type Answer = {
  question: string
  attached?: readonly Attached[]
  /** Instead of a question: what the tools answered that the exchange before called. */
  results?: readonly ToolResult[]
  text: string
  calls?: readonly ToolCall[]
  state: "running" | "done" | "stopped" | "blocked" | "failed"
  facts: Facts
  error?: unknown
  firstMs?: number
  totalMs?: number
}
export type Side = { id: number; model: string; answers: readonly Answer[] }
export type Next = Pick<Answer, "question" | "attached" | "results">
export type Said = { credential: string | undefined; system: string; parameters: Parameters }

/** The side with its last answer changed. */
export function changed(side: Side, change: Partial<Answer>): Side {
  const last = side.answers.at(-1)
  return last ? { ...side, answers: [...side.answers.slice(0, -1), { ...last, ...change }] } : side
}

/** Runs one answer. `tell` is called for what changed; text comes at most once per frame, so that a fast stream stays smooth. */
export async function run(ask: Ask, tell: (change: Partial<Answer>) => void, clock: () => number, frame: (draw: () => void) => void): Promise<void> {
  const began = clock()
  let text = ""
  let calls: ToolCall[] = []
  let facts: Facts = {}
  let isWaiting = false
  let ended = false
  const said = () => ({ text, ...(calls.length ? { calls } : {}) })
  const draw = () => {
    isWaiting = false
    if (!ended) tell(said())
  }
  try {
    let blocked = false
    for await (const piece of chat(ask)) {
      if ("facts" in piece) tell({ facts: (facts = { ...facts, ...piece.facts }) })
      else if ("blocked" in piece) blocked = true
      else {
        if (text === "" && calls.length === 0) tell({ firstMs: clock() - began })
        if ("text" in piece) text += piece.text
        else for (const one of piece.calls) calls = withPiece(calls, one)
        if (!isWaiting) frame(draw)
        isWaiting = true
      }
    }
    ended = true
    tell({ ...said(), state: blocked ? "blocked" : "done", totalMs: clock() - began })
  } catch (error) {
    ended = true
    const totalMs = clock() - began
    if (ask.signal.aborted) tell({ ...said(), state: "stopped", totalMs })
    else if (error instanceof ApiError && error.code === "GUARDRAIL_BLOCKED") tell({ text, state: "blocked", error, totalMs })
    else tell({ text, state: "failed", error, totalMs })
  }
}

export function useSides() {
  const [sides, setSides] = useState<readonly Side[]>([])
  const [running, setRunning] = useState(0)
  const abort = useRef<AbortController>(null)
  const last = useRef(0)
  useEffect(() => () => abort.current?.abort(), [])
  const edit = useCallback((id: number, change: (side: Side) => Side) => setSides((all) => all.map((side) => (side.id === id ? change(side) : side))), [])
  const add = useCallback((model: string) => {
    last.current += 1
    const id = last.current
    setSides((all) => [...all, { id, model, answers: [] }])
  }, [])
  const begin = (side: Side, next: Next, said: Said, signal: AbortSignal) => {
    const request = { model: side.model, turns: turnsOf(side.answers, said.system, next), parameters: said.parameters, credential: said.credential, signal }
    edit(side.id, (before) => ({ ...before, answers: [...before.answers, { ...next, text: "", state: "running", facts: {} }] }))
    setRunning((count) => count + 1)
    const tell = (change: Partial<Answer>) => edit(side.id, (before) => changed(before, change))
    void run(request, tell, () => performance.now(), requestAnimationFrame).finally(() => setRunning((count) => count - 1))
  }
  const fresh = () => (abort.current = new AbortController()).signal
  const ask = (next: Next, said: Said) => {
    const signal = fresh()
    for (const side of sides) begin(side, next, said, signal)
  }
  /** Goes on with one side, whose model called tools. */
  const answerTools = (id: number, results: readonly ToolResult[], said: Said) => {
    const side = sides.find((one) => one.id === id)
    if (side) begin(side, { question: "", results }, said, fresh())
  }
  return {
    sides,
    isRunning: running > 0,
    add,
    ask,
    answerTools,
    remove: (id: number) => setSides((all) => all.filter((side) => side.id !== id)),
    choose: (id: number, model: string) => edit(id, (side) => ({ ...side, model })),
    clear: () => setSides((all) => all.map((side) => ({ ...side, answers: [] }))),
    reset: () => setSides([]),
    stop: () => abort.current?.abort(),
  }
}

import { useCallback, useEffect, useRef, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { type Ask, chat, type Facts, type Parameters, type Turn } from "@/features/playground/stream.ts"

export type Answer = {
  question: string
  text: string
  state: "running" | "done" | "stopped" | "blocked" | "failed"
  facts: Facts
  error?: unknown
  firstMs?: number
  totalMs?: number
}
export type Side = { id: number; model: string; answers: readonly Answer[] }
export type Said = { credential: string | undefined; system: string; parameters: Parameters }

/** The conversation of a side as the next request tells it: only answers that came whole, or that the reader stopped. */
export function turnsOf(side: Side, system: string, question: string): Turn[] {
  const before = side.answers.filter((one) => one.text && (one.state === "done" || one.state === "stopped"))
  return [
    ...(system.trim() ? [{ role: "system" as const, content: system }] : []),
    ...before.flatMap((one) => [{ role: "user" as const, content: one.question }, { role: "assistant" as const, content: one.text }]),
    { role: "user", content: question },
  ]
}

/** The side with its last answer changed. */
export function changed(side: Side, change: Partial<Answer>): Side {
  const last = side.answers.at(-1)
  return last ? { ...side, answers: [...side.answers.slice(0, -1), { ...last, ...change }] } : side
}

/** Runs one answer. `tell` is called for what changed; text comes at most once per frame, so that a fast stream stays smooth. */
export async function run(ask: Ask, tell: (change: Partial<Answer>) => void, clock: () => number, frame: (draw: () => void) => void): Promise<void> {
  const began = clock()
  let text = ""
  let facts: Facts = {}
  let isWaiting = false
  let ended = false
  const draw = () => {
    isWaiting = false
    if (!ended) tell({ text })
  }
  try {
    let blocked = false
    for await (const piece of chat(ask)) {
      if ("facts" in piece) tell({ facts: (facts = { ...facts, ...piece.facts }) })
      else if ("blocked" in piece) blocked = true
      else {
        if (text === "") tell({ firstMs: clock() - began })
        text += piece.text
        if (!isWaiting) frame(draw)
        isWaiting = true
      }
    }
    ended = true
    tell({ text, state: blocked ? "blocked" : "done", totalMs: clock() - began })
  } catch (error) {
    ended = true
    const totalMs = clock() - began
    if (ask.signal.aborted) tell({ text, state: "stopped", totalMs })
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
  const ask = (question: string, said: Said) => {
    const control = new AbortController()
    abort.current = control
    for (const side of sides) {
      const request = { model: side.model, turns: turnsOf(side, said.system, question), parameters: said.parameters, credential: said.credential, signal: control.signal }
      edit(side.id, (before) => ({ ...before, answers: [...before.answers, { question, text: "", state: "running", facts: {} }] }))
      setRunning((count) => count + 1)
      const tell = (change: Partial<Answer>) => edit(side.id, (before) => changed(before, change))
      void run(request, tell, () => performance.now(), requestAnimationFrame).finally(() => setRunning((count) => count - 1))
    }
  }
  return {
    sides,
    isRunning: running > 0,
    add,
    ask,
    remove: (id: number) => setSides((all) => all.filter((side) => side.id !== id)),
    choose: (id: number, model: string) => edit(id, (side) => ({ ...side, model })),
    clear: () => setSides((all) => all.map((side) => ({ ...side, answers: [] }))),
    reset: () => setSides([]),
    stop: () => abort.current?.abort(),
  }
}

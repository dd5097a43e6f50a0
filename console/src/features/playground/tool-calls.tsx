import { Wrench } from "lucide-react"
import { type FormEvent, useState } from "react"
import { strings } from "@/features/playground/strings.ts"
import { argumentsText, type ToolCall, type ToolResult } from "@/features/playground/turns.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextArea } from "@/shared/parts/field.tsx"

const { tools } = strings

/** What a model wants to have called, as it streams in. */
export function ToolCalls({ calls }: { calls: readonly ToolCall[] }) {
  return (
    <ul aria-label={tools.calls} className="grid gap-2">
      {calls.map((call, place) => (
        <li key={place} className="min-w-0 rounded-lg border bg-panel p-3 text-sm">
          <p className="flex items-center gap-2 font-medium"><Wrench size={15} aria-hidden className="shrink-0 text-accent" />{call.name || "…"}</p>
          <pre tabIndex={0} aria-label={tools.argumentsOf(call.name)} className="mt-1 overflow-x-auto font-mono text-[0.82rem] leading-relaxed">{argumentsText(call.arguments)}</pre>
        </li>
      ))}
    </ul>
  )
}

/** What the tools answered, typed by hand; the model goes on with it. */
export function AnswerTools({ calls, disabled, onSend }: { calls: readonly ToolCall[]; disabled: boolean; onSend: (results: readonly ToolResult[]) => void }) {
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({})
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSend(calls.map((call, place) => ({ id: call.id, name: call.name, content: typed[place] ?? "" })))
  }
  return (
    <form className="grid gap-3 rounded-lg border border-accent p-3" onSubmit={submit}>
      {calls.map((call, place) => <TextArea key={place} label={tools.resultOf(call.name)} hint={tools.resultHint} rows={2} required spellCheck={false} className="font-mono text-sm" value={typed[place] ?? ""} onChange={(event) => setTyped({ ...typed, [place]: event.target.value })} />)}
      <div><Button kind="primary" type="submit" disabled={disabled}>{tools.goOn}</Button></div>
    </form>
  )
}

/** What the tools were told to have answered. */
export function Results({ results }: { results: readonly ToolResult[] }) {
  return (
    <ul aria-label={tools.results} className="grid gap-1">
      {results.map((result, place) => <li key={place} className="ml-auto max-w-[85%] min-w-0 rounded-2xl rounded-br-sm border bg-panel px-3.5 py-2 text-sm"><span className="text-quiet">{result.name}: </span><span className="font-mono break-words whitespace-pre-wrap">{result.content}</span></li>)}
    </ul>
  )
}

import { FlaskConical } from "lucide-react"
import { type FormEvent, useState } from "react"
import { Outcome, PolicyField, Verdicts } from "@/features/guardrails/bench-parts.tsx"
import { type Given, type Tried, useTryText } from "@/features/guardrails/data.ts"
import { FindingTable, Marked } from "@/features/guardrails/marked.tsx"
import { findingOf, piecesOf } from "@/features/guardrails/marks.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextArea } from "@/shared/parts/field.tsx"
import { Segmented } from "@/shared/parts/segmented.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

const said = strings.bench
const LONGEST = 100_000

/** A text and what guardrails make of it, beside each other. */
export function TextBench({ filters, setFilters }: Given) {
  const [text, setText] = useState("")
  const attempt = useTryText()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text) attempt.mutate({ text, policy: filters.policy, is_input: filters.side !== "output" })
  }
  const sides = [{ value: "", label: said.input }, { value: "output", label: said.output }]
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card>
        <form className="grid gap-4" onSubmit={submit}>
          <TextArea label={said.text} hint={said.textHint} rows={10} maxLength={LONGEST} required value={text} onChange={(event) => setText(event.target.value)} />
          <div className="grid gap-1"><span className="text-sm font-medium" aria-hidden>{said.as}</span><Segmented label={said.as} segments={sides} value={filters.side} onChange={(side) => setFilters({ side })} /></div>
          <PolicyField filters={filters} setFilters={setFilters} />
          <div className="flex flex-wrap gap-2">
            <Button kind="primary" type="submit" busy={attempt.isPending} disabled={!text}>{said.run}</Button>
            <Button kind="quiet" onClick={() => setText(said.sampleText)}>{said.sample}</Button>
          </div>
        </form>
      </Card>
      <div className="min-w-0">
        {attempt.isPending ? <Waiting /> : attempt.error ? <ErrorState error={attempt.error} /> : attempt.data ? <Told told={attempt.data} text={attempt.variables.text} /> : <EmptyState title={said.waitingTitle} icon={<FlaskConical size={28} />}>{said.waiting}</EmptyState>}
      </div>
    </div>
  )
}

function Told({ told, text }: { told: Tried; text: string }) {
  const findings = told.findings.map(findingOf)
  const passedText = told.verdicts.length ? said.passedText : said.noGuardrails
  return (
    <div className="grid gap-4">
      {told.blocked ? <Outcome tone="bad" title={said.blocked}>{told.message}</Outcome> : findings.length ? <Outcome tone="warn" title={said.changed}>{said.changedText(findings.length)}</Outcome> : <Outcome tone="good" title={said.passed}>{passedText}</Outcome>}
      <Card title={said.found}>
        <div className="grid gap-3">
          <Marked label={said.found} pieces={piecesOf(text, findings)} />
          {told.verdicts.length > 0 && <Verdicts verdicts={told.verdicts} />}
          <p className="text-sm break-words text-quiet">{said.by(told.policy)}</p>
        </div>
      </Card>
      {!told.blocked && findings.length > 0 && <Card title={said.goesOn}><Marked label={said.goesOn} pieces={[{ text: told.text }]} /></Card>}
      {findings.length > 0 && <FindingTable findings={findings} file="findings-of-a-text" />}
    </div>
  )
}

import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { type Doc, type DryRun, useDryRun } from "@/features/policies/data.ts"
import { strings } from "@/features/policies/strings.ts"
import { BarChart } from "@/shared/charts/bars.tsx"
import { number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { Stat } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"

const said = strings.trial
const MOST = 10_000

/** What a policy would have done to the last requests. */
export function DryRunPane({ name, document }: { name: string; document: Doc }) {
  const [last, setLast] = useState(1000)
  const attempt = useDryRun()
  return (
    <div className="grid gap-4">
      <p className="text-sm text-quiet">{said.about}</p>
      <form className="flex flex-wrap items-end gap-2" onSubmit={(event) => { event.preventDefault(); attempt.mutate({ name, document, last }) }}>
        <TextField label={said.last} type="number" inputMode="numeric" required min={1} max={MOST} className="md:w-48" value={Number.isNaN(last) ? "" : last} onChange={(event) => setLast(event.target.valueAsNumber)} />
        <Button kind="primary" type="submit" busy={attempt.isPending}>{said.run}</Button>
      </form>
      {attempt.isPending ? <Waiting lines={3} /> : attempt.error ? <ErrorState error={attempt.error} compact /> : attempt.data ? <Result found={attempt.data} /> : null}
    </div>
  )
}

function Result({ found }: { found: DryRun }) {
  const mayOpen = useMay("requests.read")
  if (found.requests === 0) return <EmptyState title={said.none} />
  const reasons = Object.entries(found.reasons).map(([name, value]) => ({ name, value })).sort((one, other) => other.value - one.value)
  const isUnchanged = found.newly_refused + found.newly_allowed + found.changed + found.flagged + found.refused === 0
  return (
    <div className="grid gap-4">
      <div role="status" className="grid grid-cols-2 gap-3 md:grid-cols-3">
        <Stat label={said.requests} value={number(found.requests)} />
        <Stat label={said.newlyRefused} value={number(found.newly_refused)} />
        <Stat label={said.newlyAllowed} value={number(found.newly_allowed)} />
        <Stat label={said.refused} value={number(found.refused)} />
        <Stat label={said.changed} value={number(found.changed)} />
        <Stat label={said.flagged} value={number(found.flagged)} />
      </div>
      {isUnchanged && <p className="text-sm">{said.unchanged}</p>}
      {found.unknown > 0 && <p className="rounded-lg bg-warn-soft px-3 py-2 text-sm">{said.unknown}: {number(found.unknown)}. {said.unknownHint}</p>}
      {reasons.length > 0 && <Section title={said.reasons}><BarChart label={said.reasons} bars={reasons} format={(value) => number(value)} /></Section>}
      {found.examples.length > 0 && (
        <Section title={said.examples}>
          <ul className="grid gap-1 text-sm">
            {found.examples.map((id) => <li key={id}>{mayOpen ? <Link to="/requests" search={{ request: id, range: "30d" } as never} className="touch inline-flex items-center font-mono text-xs break-all text-accent underline">{id}</Link> : <code className="font-mono text-xs break-all">{id}</code>}</li>)}
          </ul>
        </Section>
      )}
    </div>
  )
}

import { ArrowDown, Route } from "lucide-react"
import { type FormEvent, useState } from "react"
import { useObjects } from "@/client/objects.ts"
import { type Filters, type Plan, useExplain } from "@/features/routing/data.ts"
import { strings } from "@/features/routing/strings.ts"
import { duration, percent } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { CheckField, SelectField, TextField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"

const { explain } = strings
const HUNDRED = 100

/** Asks which way a request would go. */
export function Explain({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const models = useObjects("models")
  const run = useExplain()
  const [asked, setAsked] = useState({ stream: false, needs: "", user: "" })
  const names = [...new Set((models.data ?? []).map((row) => row.name))]
  const model = filters.model || names[0] || ""
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run.mutate({ model, stream: asked.stream, needs: asked.needs.split(/[,\s]+/).filter(Boolean), ...(asked.user ? { user: asked.user } : {}) })
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(18rem,1fr)_2fr]">
      <Card>
        <form className="grid gap-4" onSubmit={submit}>
          <p className="text-sm text-quiet">{explain.about}</p>
          <SelectField label={explain.model} value={model} choices={names.map((value) => ({ value, label: value }))} onChange={(event) => setFilters({ model: event.target.value })} />
          <TextField label={explain.needs} hint={explain.needsHint} optional spellCheck={false} value={asked.needs} onChange={(event) => setAsked({ ...asked, needs: event.target.value })} />
          <TextField label={explain.user} optional spellCheck={false} value={asked.user} onChange={(event) => setAsked({ ...asked, user: event.target.value })} />
          <CheckField label={explain.stream} checked={asked.stream} onChange={(event) => setAsked({ ...asked, stream: event.target.checked })} />
          <Button kind="primary" type="submit" disabled={model === ""} busy={run.isPending}>{explain.run}</Button>
        </form>
      </Card>
      {run.error ? <ErrorState error={run.error} /> : run.isPending ? <Waiting lines={4} /> : run.data ? <Way plan={run.data} /> : <EmptyState title={explain.begin} icon={<Route size={28} />} />}
    </div>
  )
}

function Way({ plan }: { plan: Plan }) {
  return (
    <Card title={plan.model}>
      <div className="grid gap-5">
        <Facts
          facts={[
            [explain.strategy, plan.strategy],
            plan.policy !== "" && [explain.policy, plan.policy],
            plan.hedge_after_ms !== null && [explain.hedge, duration(plan.hedge_after_ms)],
            plan.shadow !== null && [explain.shadow, explain.shadowText(percent(plan.shadow.percent / HUNDRED), `${plan.shadow.provider} ${plan.shadow.model}`)],
          ]}
        />
        {plan.note && <p className="rounded-lg bg-warn-soft px-3 py-2 text-sm">{plan.note}</p>}
        <Section title={explain.tries}>
          {plan.attempts.length === 0 ? <EmptyState title={explain.noTry}>{explain.noTryText}</EmptyState> : (
            <ol className="grid gap-1">
              {plan.attempts.map((one, place) => (
                <li key={place} className="grid gap-1">
                  {place > 0 && <ArrowDown size={16} aria-hidden className="ml-4 text-quiet" />}
                  <div className="flex flex-wrap items-center gap-2 rounded-lg border p-3 text-sm">
                    <span className="figures inline-grid size-6 place-items-center rounded-full bg-soft text-xs font-semibold text-accent">{one.number}</span>
                    <span className="font-medium break-all">{one.provider} <span className="font-normal text-quiet">{one.model}</span></span>
                    {one.region && <Badge>{one.region}</Badge>}
                    {one.fallback && <Badge tone="warn">{explain.fallback}</Badge>}
                    {one.canary && <Badge tone="info">{explain.canary}</Badge>}
                    {one.only && <Badge>{explain.only[one.only] ?? one.only}</Badge>}
                  </div>
                </li>
              ))}
            </ol>
          )}
        </Section>
        <Section title={explain.dropped}>
          {plan.dropped.length === 0 ? <p className="text-sm text-quiet">{explain.noneDropped}</p> : (
            <ul className="grid gap-1 text-sm">{plan.dropped.map((one, place) => <li key={place} className="flex flex-wrap gap-x-3 border-t py-1.5 first:border-t-0"><span className="font-medium break-all">{one.provider} {one.model}</span><span className="text-quiet">{one.reason}</span></li>)}</ul>
          )}
        </Section>
      </div>
    </Card>
  )
}

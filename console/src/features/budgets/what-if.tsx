import { Calculator } from "lucide-react"
import { type FormEvent } from "react"
import { ApiError } from "@/client/errors.ts"
import { type Filters, useWhatIf, type WhatIf } from "@/features/budgets/data.ts"
import { useNames } from "@/features/budgets/names.ts"
import { SPEND_SCOPES } from "@/features/budgets/schema.ts"
import { strings } from "@/features/budgets/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { calendarDay } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const words = strings.whatIf
const head = words.columns
const SCOPES = SPEND_SCOPES.map((value) => ({ value, label: strings.each[value] ?? value }))
const PERIODS = Object.entries(strings.periods).map(([value, label]) => ({ value, label }))
type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void; onMake: ((document: Record<string, unknown>) => void) | undefined }

/** A budget tried on what was spent; what was asked stands in the URL. */
export function WhatIfPanel({ filters, setFilters, onMake }: Props) {
  const run = useWhatIf()
  const field = run.error instanceof ApiError ? run.error.field : null
  const error = (name: string) => (field === name ? run.error?.message : undefined)
  const put = (name: keyof Filters) => (event: { target: { value: string } }) => setFilters({ [name]: event.target.value })
  const scope = SPEND_SCOPES.find((one) => one === filters.scope) ?? "team"
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run.mutate({ scope, match: filters.match, limit: filters.limit, per: filters.per, days: Number(filters.days) })
  }
  const budget = { scope, limit: filters.limit, per: filters.per, ...(filters.match ? { match: filters.match } : {}) }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(18rem,1fr)_2fr]">
      <Card>
        <form className="grid gap-4" onSubmit={submit}>
          <p className="text-sm text-quiet">{words.about}</p>
          <SelectField label={words.scope} choices={SCOPES} value={scope} onChange={put("scope")} />
          <TextField label={words.match} hint={words.matchHint} optional spellCheck={false} value={filters.match} error={error("match")} onChange={put("match")} />
          <TextField label={words.limit} required inputMode="decimal" pattern="[0-9]+([.][0-9]{1,9})?" value={filters.limit} error={error("limit")} onChange={put("limit")} />
          <div className="grid grid-cols-2 gap-3">
            <SelectField label={words.per} choices={PERIODS} value={filters.per} onChange={put("per")} />
            <TextField label={words.days} required type="number" min={1} max={1100} value={filters.days} error={error("days")} onChange={put("days")} />
          </div>
          <Button kind="primary" type="submit" busy={run.isPending}>{words.run}</Button>
        </form>
      </Card>
      {run.error && field === null ? <ErrorState error={run.error} /> : run.isPending ? <Waiting lines={4} /> : run.data ? <Met found={run.data} scope={scope} onMake={onMake && (() => onMake(budget))} /> : <EmptyState title={words.begin} icon={<Calculator size={28} />} />}
    </div>
  )
}

function Met({ found, scope, onMake }: { found: WhatIf; scope: string; onMake: (() => void) | undefined }) {
  const nameOf = useNames()
  type Row = WhatIf["items"][number]
  const who = (one: Row) => (one.subject ? nameOf(scope, one.subject) : "–")
  const columns: readonly Column<Row>[] = [
    { id: "subject", head: head.subject, cell: who, value: who },
    { id: "window", head: head.window, cell: (one) => calendarDay(one.window), value: (one) => one.window },
    { id: "spent", head: head.spent, align: "right", cell: (one) => <span className="figures">{money(one.spent, found.currency)}</span>, value: (one) => one.spent },
    { id: "over", head: head.over, align: "right", cell: (one) => (Number(one.over) > 0 ? <span className="figures">{money(one.over, found.currency)}</span> : "–"), value: (one) => one.over },
    { id: "usedUp", head: head.usedUp, cell: (one) => (one.used_up_on ? <Badge tone="bad">{calendarDay(one.used_up_on)}</Badge> : "–"), value: (one) => one.used_up_on },
  ]
  return (
    <div className="grid gap-3" role="status">
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl border bg-card p-4 shadow-lift">
        <p><strong>{found.windows === 0 ? words.none : found.exceeded === 0 ? words.never : words.often(number(found.exceeded), number(found.windows))}</strong> {found.exceeded > 0 && <span className="text-quiet">{words.over(money(found.over, found.currency))}</span>}</p>
        {onMake && <Button onClick={onMake}>{words.make}</Button>}
      </div>
      {found.items.length > 0 && <Table label={strings.tabs.whatIf} rows={found.items} columns={columns} rowKey={(one) => `${one.subject} ${one.window}`} file="what-if" />}
    </div>
  )
}

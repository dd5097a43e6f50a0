import { Plus, Trash2 } from "lucide-react"
import type { ReactNode } from "react"
import type { Budget, Limit } from "@/features/keys/filled.ts"
import { strings } from "@/features/keys/strings.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { CheckField, SelectField, TextField } from "@/shared/parts/field.tsx"

const { form } = strings
const WINDOWS = Object.entries(form.windows).map(([value, label]) => ({ value, label }))
const PERIODS = Object.entries(form.periods).map(([value, label]) => ({ value, label }))
const COUNTS = Object.entries(form.counts).map(([value, label]) => ({ value, label }))

type Rows<Row> = { rows: readonly Row[]; onChange: (rows: readonly Row[]) => void }

function Frame({ title, add, onAdd, children }: { title: string; add: string; onAdd: () => void; children: ReactNode }) {
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 text-sm font-medium">{title}</legend>
      {children}
      <div><Button kind="plain" icon={<Plus size={15} />} onClick={onAdd}>{add}</Button></div>
    </fieldset>
  )
}

/** The choices with a value that is none of them, as a key made elsewhere may have it. */
function withOwn(choices: readonly { value: string; label: string }[], value: string, label: (value: string) => string) {
  return value === "" || choices.some((one) => one.value === value) ? choices : [...choices, { value, label: label(value) }]
}

export function LimitRows({ rows, onChange }: Rows<Limit>) {
  const put = (place: number, change: Partial<Limit>) => onChange(rows.map((row, at) => (at === place ? { ...row, ...change } : row)))
  return (
    <Frame title={form.limits} add={form.addLimit} onAdd={() => onChange([...rows, { counts: "requests", most: "", perS: "60" }])}>
      {rows.map((row, place) => (
        <div key={place} className="flex flex-wrap items-end gap-2 *:min-w-28 *:flex-1">
          <TextField label={form.most} hideLabel required type="number" min={1} placeholder={form.most} value={row.most} onChange={(event) => put(place, { most: event.target.value })} />
          <SelectField label={form.counted} hideLabel choices={COUNTS} value={row.counts} onChange={(event) => put(place, { counts: event.target.value as Limit["counts"] })} />
          {row.counts !== "concurrency" && <SelectField label={form.window} hideLabel choices={withOwn(WINDOWS, row.perS, form.seconds)} value={row.perS} onChange={(event) => put(place, { perS: event.target.value })} />}
          <span className="flex-none! min-w-0!"><IconButton label={form.remove} onClick={() => onChange(rows.filter((_, at) => at !== place))}><Trash2 size={16} /></IconButton></span>
        </div>
      ))}
    </Frame>
  )
}

export function BudgetRows({ rows, onChange }: Rows<Budget>) {
  const put = (place: number, change: Partial<Budget>) => onChange(rows.map((row, at) => (at === place ? { ...row, ...change } : row)))
  return (
    <Frame title={form.budgets} add={form.addBudget} onAdd={() => onChange([...rows, { limit: "", per: "month", hard: true, alert: "80" }])}>
      {rows.map((row, place) => (
        <div key={place} className="grid gap-2 rounded-lg border p-3">
          <div className="flex flex-wrap items-end gap-2 *:min-w-28 *:flex-1">
            <TextField label={form.amount} required inputMode="decimal" pattern="[0-9]+([.][0-9]{1,6})?" title={form.amountHint} value={row.limit} onChange={(event) => put(place, { limit: event.target.value })} />
            <SelectField label={form.per} choices={withOwn(PERIODS, row.per, (value) => value)} value={row.per} onChange={(event) => put(place, { per: event.target.value })} />
            <TextField label={form.alert} type="number" min={1} max={1000} value={row.alert} onChange={(event) => put(place, { alert: event.target.value })} />
            <span className="flex-none! min-w-0!"><IconButton label={form.remove} onClick={() => onChange(rows.filter((_, at) => at !== place))}><Trash2 size={16} /></IconButton></span>
          </div>
          <CheckField label={form.hard} checked={row.hard} onChange={(event) => put(place, { hard: event.target.checked })} />
        </div>
      ))}
    </Frame>
  )
}

import { Scale } from "lucide-react"
import { type ChangeEvent, type FormEvent, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { useObjects } from "@/client/objects.ts"
import { type CompareAsk, type Comparison, type Earlier, type Filters, useBillingActions, useComparison, useEarlier } from "@/features/billing/data.ts"
import { offBy } from "@/features/billing/said.ts"
import { strings } from "@/features/billing/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { Ago } from "@/shared/format/time.tsx"
import { calendarDay } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const words = strings.reconcile
const head = words.columns
const SHAPES = Object.entries(words.shapes).map(([value, label]) => ({ value, label }))
const BASIS_POINTS = 100
type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void }

const EARLIER: readonly Column<Earlier>[] = [
  { id: "provider", head: head.provider, cell: (one) => one.provider, value: (one) => one.provider },
  { id: "verdict", head: head.verdict, cell: (one) => <Verdict matches={one.matches} />, value: (one) => one.matches },
  { id: "period", head: head.period, cell: (one) => strings.invoice.range(calendarDay(one.since), calendarDay(one.until)), value: (one) => one.since },
  { id: "made", head: head.made, cell: (one) => <Ago at={one.made_at} />, value: (one) => one.made_at },
]

function Verdict({ matches }: { matches: boolean }) {
  return <Badge tone={matches ? "good" : "bad"}>{matches ? words.matches : words.differs}</Badge>
}

/** A provider's export beside what was metered here: a new one, and those before. */
export function Comparisons({ filters, setFilters }: Props) {
  const earlier = useEarlier()
  const mayWrite = useMay("billing.write")
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(18rem,1fr)_2fr]">
      {mayWrite && <Upload onMade={(comparison) => setFilters({ comparison })} />}
      <div className="min-w-0">
        {earlier.isPending ? <Waiting lines={4} /> : earlier.error ? <ErrorState error={earlier.error} onRetry={earlier.reload} /> : earlier.rows.length === 0 ? <EmptyState title={words.emptyEarlier} icon={<Scale size={28} />}>{words.emptyEarlierText}</EmptyState> : (
          <Table label={words.earlier} rows={earlier.rows} columns={EARLIER} rowKey={(one) => one.id} file="reconciliations" onOpen={(one) => setFilters({ comparison: one.id })} hasMore={earlier.hasMore} onMore={earlier.loadMore} loadingMore={earlier.loadingMore} loadAll={earlier.loadAll} />
        )}
      </div>
      <ComparisonDrawer id={filters.comparison} onClose={() => setFilters({ comparison: "" })} />
    </div>
  )
}

function Upload({ onMade }: { onMade: (id: string) => void }) {
  const { compare } = useBillingActions()
  const mayProviders = useMay("providers.read")
  const providers = useObjects("providers", mayProviders).data?.map((row) => row.name) ?? []
  const [filled, setFilled] = useState({ provider: "", shape: "openai_usage" as CompareAsk["shape"], text: "", percent: "0.5" })
  const [isNoJson, setNoJson] = useState(false)
  const provider = filled.provider || providers[0] || ""
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    setNoJson(false)
    void event.target.files?.[0]?.text().then((text) => setFilled((before) => ({ ...before, text })))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const given = exportOf(filled.shape, filled.text)
    setNoJson(given === undefined)
    if (given) compare.mutate({ provider, shape: filled.shape, tolerance_bp: Math.round(Number(filled.percent) * BASIS_POINTS), ...given }, { onSuccess: (made) => onMade(made.id) })
  }
  const field = compare.error instanceof ApiError ? compare.error.field : null
  const isOfFile = field === "data" || field === "csv"
  return (
    <Card>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-quiet">{words.about}</p>
        {compare.error && !isOfFile && <ErrorState error={compare.error} compact />}
        {providers.length > 0 ? (
          <SelectField label={words.provider} value={provider} choices={providers.map((value) => ({ value, label: value }))} onChange={(event) => setFilled({ ...filled, provider: event.target.value })} />
        ) : (
          <TextField label={words.provider} required value={filled.provider} onChange={(event) => setFilled({ ...filled, provider: event.target.value })} />
        )}
        <SelectField label={words.shape} value={filled.shape} choices={SHAPES} onChange={(event) => setFilled({ ...filled, shape: event.target.value as CompareAsk["shape"] })} />
        <TextField label={words.file} hint={words.fileHint} required type="file" accept=".json,.csv,.txt,application/json,text/csv" error={isNoJson ? words.noJson : isOfFile ? compare.error?.message : undefined} onChange={take} />
        <TextField label={words.tolerance} required type="number" min={0} max={100} step="0.01" value={filled.percent} onChange={(event) => setFilled({ ...filled, percent: event.target.value })} />
        <Button kind="primary" type="submit" busy={compare.isPending}>{words.run}</Button>
      </form>
    </Card>
  )
}

/** What to send of a file: CSV as it is, JSON read; nothing for what is no JSON. */
function exportOf(shape: CompareAsk["shape"], text: string): { csv: string } | { data: unknown } | undefined {
  if (shape === "aws_cur") return { csv: text }
  try {
    return { data: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

type Variance = Comparison["items"][number]
function sideText(side: Variance["theirs"]): string {
  if (!side) return "–"
  const costs = Object.entries(side.costs).map(([currency, amount]) => money(amount, currency)).join(" + ")
  const tokens = words.tokens(number(side.input_tokens + side.cache_read_tokens + side.cache_write_tokens + side.output_tokens, true))
  return [tokens, costs].filter(Boolean).join(", ")
}

const COLUMNS: readonly Column<Variance>[] = [
  { id: "key", head: head.key, cell: (one) => <span className="break-all">{one.model} <span className="font-normal text-quiet">{one.key}</span></span>, value: (one) => `${one.model} ${one.key}` },
  { id: "status", head: head.status, cell: (one) => <Badge tone={one.status === "match" ? "good" : "bad"}>{words.statuses[one.status] ?? one.status}</Badge>, value: (one) => one.status },
  { id: "theirs", head: head.theirs, align: "right", cell: (one) => <span className="figures">{sideText(one.theirs)}</span>, value: (one) => JSON.stringify(one.theirs) },
  { id: "ours", head: head.ours, align: "right", cell: (one) => <span className="figures">{sideText(one.ours)}</span>, value: (one) => JSON.stringify(one.ours) },
  { id: "input", head: head.input, align: "right", cell: (one) => offBy(one.input_bp), value: (one) => one.input_bp },
  { id: "output", head: head.output, align: "right", cell: (one) => offBy(one.output_bp), value: (one) => one.output_bp },
  { id: "cost", head: head.cost, align: "right", cell: (one) => offBy(one.cost_bp), value: (one) => one.cost_bp },
]

function ComparisonDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useComparison(id)
  return (
    <Drawer wide open={id !== ""} onClose={onClose} title={found.data?.provider ?? words.result}>
      {found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.data ? (
        <div className="grid gap-4">
          <div className="flex flex-wrap items-center gap-3 text-sm"><Verdict matches={found.data.matches} /><span className="text-quiet">{strings.invoice.range(calendarDay(found.data.since), calendarDay(found.data.until))}</span></div>
          <Table label={words.result} rows={found.data.items} columns={COLUMNS} rowKey={(one) => `${one.key} ${one.model}`} file="reconciliation" />
        </div>
      ) : <Waiting />}
    </Drawer>
  )
}

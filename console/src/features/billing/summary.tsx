import { Receipt } from "lucide-react"
import { type Filters, type Line, useSummary } from "@/features/billing/data.ts"
import { strings } from "@/features/billing/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { Badge, Stat } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const { stat } = strings

/** The lines of a bill, of one person too. */
export function linesFor(currency: string): readonly Column<Line>[] {
  return [
    { id: "description", head: head.description, cell: (line) => line.description, value: (line) => line.description },
    { id: "kind", head: head.kind, cell: (line) => <Badge>{strings.kinds[line.kind] ?? line.kind}</Badge>, value: (line) => line.kind },
    { id: "quantity", head: head.quantity, align: "right", cell: (line) => strings.quantity(number(line.quantity), line.quantity === 1 ? line.unit : (strings.units[line.unit] ?? line.unit)), value: (line) => line.quantity },
    { id: "tokens", head: head.tokens, align: "right", cell: (line) => number(tokensOf(line), true), value: tokensOf, deskOnly: true },
    { id: "each", head: head.unitPrice, align: "right", cell: (line) => money(line.unit_price, currency), value: (line) => line.unit_price, deskOnly: true },
    { id: "amount", head: head.amount, align: "right", cell: (line) => <span className="figures">{money(line.amount, currency)}</span>, value: (line) => line.amount },
  ]
}

function tokensOf(line: Line): number | undefined {
  return line.input_tokens == null && line.output_tokens == null ? undefined : (line.input_tokens ?? 0) + (line.output_tokens ?? 0)
}

export function SummaryPanel({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const found = useSummary(filters.month)
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const bill = found.data
  const money2 = (amount: string) => money(amount, bill.currency)
  return (
    <div className="grid gap-4">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Stat label={stat.total} value={money2(bill.total)} hint={stat.totalHint(money2(bill.net), money2(bill.tax))} />
        <Stat label={stat.usage} value={money2(bill.usage)} hint={stat.usageHint} />
        <Stat label={stat.people} value={number(bill.active_users)} />
        <Stat label={stat.lines} value={number(bill.invoiced.length)} hint={stat.linesHint(bill.invoiced.length)} />
      </div>
      {bill.lines.length === 0 ? <EmptyState title={strings.empty} icon={<Receipt size={28} />}>{strings.emptyText}</EmptyState> : (
        <Table label={strings.lines} rows={bill.lines} columns={linesFor(bill.currency)} rowKey={(line) => `${line.kind} ${line.description} ${line.source_currency ?? ""}`} file="bill" sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      )}
    </div>
  )
}

import { FilePlus2, Receipt } from "lucide-react"
import { daysOf, type Filters, type Invoice, useBillingActions, useInvoices } from "@/features/billing/data.ts"
import { periodText } from "@/features/billing/said.ts"
import { strings } from "@/features/billing/strings.ts"
import { money } from "@/shared/format/numbers.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const words = strings.invoice

export function InvoiceState({ one }: { one: Invoice }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      <Badge tone={one.status === "issued" ? "good" : "plain"}>{one.status === "issued" ? words.issued : words.draft}</Badge>
      {one.kind !== "invoice" && <Badge tone="info">{words.credit}</Badge>}
      {!one.intact && <Badge tone="bad" title={words.notIntactHint}>{words.notIntact}</Badge>}
    </span>
  )
}

const COLUMNS: readonly Column<Invoice>[] = [
  { id: "number", head: head.number, cell: (one) => one.number || words.none, value: (one) => one.number },
  { id: "state", head: head.state, cell: (one) => <InvoiceState one={one} />, value: (one) => `${one.status} ${one.kind}` },
  { id: "period", head: head.period, cell: (one) => periodText(one.period), value: (one) => one.period.first_day },
  { id: "net", head: head.net, align: "right", cell: (one) => <span className="figures">{money(one.net, one.currency)}</span>, value: (one) => one.net, deskOnly: true },
  { id: "tax", head: head.tax, align: "right", cell: (one) => <span className="figures">{money(one.tax, one.currency)}</span>, value: (one) => one.tax, deskOnly: true },
  { id: "total", head: head.total, align: "right", cell: (one) => <span className="figures font-medium">{money(one.total, one.currency)}</span>, value: (one) => one.total },
  { id: "made", head: head.made, cell: (one) => <Ago at={one.made_at} />, value: (one) => one.made_at },
]

export function InvoiceList({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const found = useInvoices()
  const { draft } = useBillingActions()
  const mayWrite = useMay("billing.write")
  const make = () => draft.mutate(daysOf(filters.month), { onSuccess: (made) => { notify(words.made); setFilters({ open: made.id }) } })
  const create = mayWrite && <Button kind="primary" icon={<FilePlus2 size={16} />} busy={draft.isPending} onClick={make}>{words.create}</Button>
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={found.reload} />
  return (
    <div className="grid gap-3">
      {draft.error && <ErrorState error={draft.error} compact />}
      {found.rows.length === 0 ? <EmptyState title={words.empty} icon={<Receipt size={28} />} action={create}>{words.emptyText}</EmptyState> : (
        <Table label={strings.tabs.invoices} rows={found.rows} columns={COLUMNS} rowKey={(one) => one.id} file="invoices" toolbar={create && <div>{create}</div>} onOpen={(one) => setFilters({ open: one.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
      )}
    </div>
  )
}

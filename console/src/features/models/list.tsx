import { Boxes } from "lucide-react"
import type { ReactNode } from "react"
import type { Stored } from "@/client/objects.ts"
import { deploymentsOf, type Filters, type Price, priceOf, textOf, useModels, usePrices } from "@/features/models/data.ts"
import { strings } from "@/features/models/strings.ts"
import { money } from "@/shared/format/numbers.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void; action: ReactNode }

function columnsFor(priceFor: (name: string) => Price["prices"] | undefined): readonly Column<Stored>[] {
  const priced = (kind: "input" | "output"): Column<Stored> => ({
    id: kind,
    head: head[kind],
    align: "right",
    cell: (row) => <PriceText price={priceFor(row.name)} kind={kind} />,
    value: (row) => priceOf(priceFor(row.name), kind),
  })
  return [
    { id: "name", head: head.name, cell: (row) => row.name, value: (row) => row.name },
    { id: "served", head: head.served, cell: (row) => <Served row={row} />, value: (row) => deploymentsOf(row).map((one) => `${one.provider}/${one.model}`).join(" ") },
    { id: "strategy", head: head.strategy, cell: (row) => textOf(row.document?.strategy) || "priority", value: (row) => textOf(row.document?.strategy) || "priority", deskOnly: true },
    priced("input"),
    priced("output"),
    { id: "tenant", head: head.tenant, cell: (row) => row.tenant || strings.everybody, value: (row) => row.tenant, deskOnly: true },
    { id: "source", head: head.source, cell: (row) => <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />, value: (row) => row.source },
  ]
}

export function ModelList({ filters, setFilters, action }: Props) {
  const models = useModels()
  const prices = usePrices()
  if (models.isPending) return <Waiting />
  if (models.error) return <ErrorState error={models.error} onRetry={() => void models.refetch()} />
  if (models.data.length === 0) return <EmptyState title={strings.empty} icon={<Boxes size={28} />} action={action}>{strings.emptyText}</EmptyState>
  const wanted = filters.q.toLowerCase()
  const shown = models.data.filter((row) => `${row.name} ${deploymentsOf(row).map((one) => `${one.provider} ${one.model}`).join(" ")}`.toLowerCase().includes(wanted))
  const priceFor = (name: string) => prices.data?.find((one) => one.model === name)?.prices
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <Table label={strings.tabs.models} rows={shown} columns={columnsFor(priceFor)} rowKey={(row) => `${row.tenant}/${row.name}`} file="models" toolbar={toolbar} onOpen={(row) => setFilters({ open: row.name })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      {shown.length === 0 && <EmptyState title={strings.noMatch} icon={<Boxes size={28} />} />}
      <p className="mt-3 text-sm text-quiet">{strings.perMillionHint}</p>
    </>
  )
}

/** A price, or that nobody knows one. */
export function PriceText({ price, kind }: { price: Price["prices"] | undefined; kind: string }) {
  if (price === undefined) return <>–</>
  if (price === null) return <Badge tone="warn" title={strings.noPriceHint}>{strings.noPrice}</Badge>
  return <span className="figures">{money(priceOf(price, kind), textOf(price.currency) || undefined)}</span>
}

function Served({ row }: { row: Stored }) {
  const [first, ...rest] = deploymentsOf(row)
  if (!first) return <>–</>
  return <span className="min-w-0 break-words">{first.provider} <span className="text-quiet">{first.model !== row.name && first.model} {rest.length > 0 && strings.more(rest.length)}</span></span>
}

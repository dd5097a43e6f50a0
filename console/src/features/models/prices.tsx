import { CircleDollarSign } from "lucide-react"
import { type Filters, type Price, priceOf, textOf, usePrices } from "@/features/models/data.ts"
import { PriceText } from "@/features/models/list.tsx"
import { strings } from "@/features/models/strings.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const priced = (id: string, name: string, deskOnly = false): Column<Price> => ({ id, head: name, align: "right", deskOnly, cell: (row) => <PriceText price={row.prices} kind={id} />, value: (row) => priceOf(row.prices, id) })
const COLUMNS: readonly Column<Price>[] = [
  { id: "model", head: head.name, cell: (row) => row.model, value: (row) => row.model },
  { id: "provider", head: head.provider, cell: (row) => row.provider, value: (row) => row.provider },
  { id: "upstream", head: head.upstream, cell: (row) => <span className="text-quiet">{row.upstream_model}</span>, value: (row) => row.upstream_model, deskOnly: true },
  priced("input", head.input),
  priced("output", head.output),
  priced("cache_read", head.cacheRead, true),
  priced("cache_write", head.cacheWrite, true),
  { id: "source", head: head.priceSource, cell: (row) => (row.prices ? sourceText(textOf(row.prices.source)) : "–"), value: (row) => row.prices && textOf(row.prices.source) },
]

/** `config` is a word of the gateway, `genai-prices@0.2.3` names the catalogue. */
export function sourceText(source: string): string {
  return strings.priceSources[source] ?? (source || "–")
}

export function PriceList({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const prices = usePrices()
  if (prices.isPending) return <Waiting />
  if (prices.error) return <ErrorState error={prices.error} onRetry={() => void prices.refetch()} />
  if (prices.data.length === 0) return <EmptyState title={strings.emptyPrices} icon={<CircleDollarSign size={28} />}>{strings.emptyText}</EmptyState>
  const wanted = filters.q.toLowerCase()
  const shown = prices.data.filter((row) => `${row.model} ${row.provider} ${row.upstream_model}`.toLowerCase().includes(wanted))
  const unknown = prices.data.filter((row) => row.prices === null).length
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      {unknown > 0 && <p className="mb-3 rounded-lg bg-warn-soft px-3 py-2 text-sm">{strings.unpriced(unknown)}</p>}
      <Table label={strings.tabs.prices} rows={shown} columns={COLUMNS} rowKey={(row) => `${row.model} ${row.provider} ${row.upstream_model}`} file="prices" toolbar={toolbar} onOpen={(row) => setFilters({ open: row.model })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      <p className="mt-3 text-sm text-quiet">{strings.perMillionHint}</p>
    </>
  )
}

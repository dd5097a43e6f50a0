import { type Filters, type Listed, priceOf, textOf, useCatalogue } from "@/features/models/data.ts"
import { PriceText } from "@/features/models/list.tsx"
import { sourceText } from "@/features/models/prices.tsx"
import { strings } from "@/features/models/strings.ts"
import { dateOnly } from "@/shared/format/times.ts"
import { SelectField } from "@/shared/parts/field.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const KINDS = ["openai", "anthropic", "google", "azure", "aws", "mistral", "cohere", "groq", "deepseek", "fireworks", "together", "openrouter", "x-ai", "perplexity"]
const priced = (id: string, name: string, deskOnly = false): Column<Listed> => ({ id, head: name, align: "right", deskOnly, cell: (row) => <PriceText price={row} kind={id} />, value: (row) => priceOf(row, id) })
const COLUMNS: readonly Column<Listed>[] = [
  { id: "model", head: head.name, cell: (row) => textOf(row.model), value: (row) => row.model },
  priced("input", head.input),
  priced("output", head.output),
  priced("cache_read", head.cacheRead, true),
  priced("cache_write", head.cacheWrite, true),
  { id: "until", head: head.until, cell: (row) => dateOnly(textOf(row.valid_until)), value: (row) => row.valid_until, deskOnly: true },
  { id: "source", head: head.priceSource, cell: (row) => <span className="text-quiet">{sourceText(textOf(row.source))}</span>, value: (row) => row.source },
]

/** What the price catalogue lists of a kind of provider, also of models that nobody serves here. */
export function Catalogue({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const found = useCatalogue(filters.kind)
  const choices = [...new Set([...KINDS, filters.kind])].map((kind) => ({ value: kind, label: kind }))
  const picker = <div className="md:max-w-60"><SelectField label={strings.kind} value={filters.kind} choices={choices} onChange={(event) => setFilters({ kind: event.target.value })} /></div>
  const rows = found.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className="grid gap-3">
      {picker}
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : rows.length === 0 ? <EmptyState title={strings.noKind} /> : (
        <Table label={strings.tabs.catalogue} rows={rows} columns={COLUMNS} rowKey={(row) => textOf(row.model)} file={`prices-${filters.kind}`} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={found.hasNextPage} onMore={() => void found.fetchNextPage()} loadingMore={found.isFetchingNextPage} />
      )}
    </div>
  )
}

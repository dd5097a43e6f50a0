import { ChartColumn } from "lucide-react"
import { useDirectory } from "@/client/directory.ts"
import { DEFAULTS, type Dimension, DIMENSIONS, type Filters, type Line, MOST, oneOf, ORDERS, saveSplit, useSplit } from "@/features/usage/data.ts"
import { strings } from "@/features/usage/strings.ts"
import { BarChart } from "@/shared/charts/bars.tsx"
import { useFilters } from "@/shared/filters.ts"
import { duration, money, number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { RangePicker } from "@/shared/parts/range.tsx"
import { Card, PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const BARS = 8

function columnsFor(by: Dimension, nameOf: (id: string) => string): readonly Column<Line>[] {
  const counted = (id: keyof typeof head, value: (one: Line) => number | undefined, deskOnly = false): Column<Line> => ({ id, head: head[id], align: "right", deskOnly, cell: (one) => number(value(one), true), value })
  return [
    { id: "name", head: strings.dimensions[by] ?? by, cell: (one) => nameOf(one.name), value: (one) => nameOf(one.name) },
    { id: "cost", head: head.cost, align: "right", cell: (one) => <span className="figures">{money(one.cost, one.currency)}</span>, value: (one) => Number(one.cost) },
    counted("requests", (one) => one.requests),
    counted("errors", (one) => one.errors),
    counted("input", (one) => one.input_tokens),
    counted("cached", (one) => one.cache_read_tokens, true),
    counted("output", (one) => one.output_tokens),
    counted("reasoning", (one) => one.reasoning_tokens, true),
    { id: "saved", head: head.saved, align: "right", deskOnly: true, cell: (one) => money(one.saved ?? "0", one.currency), value: (one) => Number(one.saved ?? 0) },
    { id: "mean", head: head.mean, align: "right", cell: (one) => (one.average_ms == null ? "–" : duration(one.average_ms)), value: (one) => one.average_ms },
    { id: "first", head: head.first, align: "right", deskOnly: true, cell: (one) => (one.average_first_chunk_ms == null ? "–" : duration(one.average_first_chunk_ms)), value: (one) => one.average_first_chunk_ms },
  ]
}

export default function UsagePage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const by = oneOf(DIMENSIONS, filters.by)
  const found = useSplit(filters)
  const nameOf = useNames(by)
  const choices = (words: Readonly<Record<string, string>>, known: readonly string[]) => known.map((value) => ({ value, label: words[value] ?? value }))
  const rows = found.data?.by === by ? found.data.items : []
  const top = rows.slice(0, BARS).map((one) => ({ name: nameOf(one.name), value: Number(one.cost) }))
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <FilterBar>
        <RangePicker value={filters} onChange={setFilters} />
        <SelectField label={strings.by} value={by} choices={choices(strings.dimensions, DIMENSIONS)} onChange={(event) => setFilters({ by: event.target.value, sort: "" })} />
        <SelectField label={strings.order} value={oneOf(ORDERS, filters.order)} choices={choices(strings.orders, ORDERS)} onChange={(event) => setFilters({ order: event.target.value, sort: "" })} />
      </FilterBar>
      {found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.isPending || found.data.by !== by ? <Waiting /> : rows.length === 0 ? <EmptyState title={strings.empty} icon={<ChartColumn size={28} />}>{strings.emptyText}</EmptyState> : (
        <div className="grid gap-4">
          <Card title={strings.chart}><BarChart label={strings.chart} bars={top} format={(value) => money(value.toPrecision(6), rows[0]?.currency)} /></Card>
          <Table label={strings.title} rows={rows} columns={columnsFor(by, nameOf)} rowKey={(one) => one.name} file={`usage-by-${by}`} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
          {rows.length >= MOST && <p className="flex flex-wrap items-center gap-2 text-sm text-quiet">{strings.most(MOST)} <Button kind="quiet" onClick={() => void saveSplit(filters)}>{strings.all}</Button></p>}
        </div>
      )}
    </>
  )
}

/** How names of a dimension are shown: ids as what they stand for. */
function useNames(by: Dimension): (id: string) => string {
  const names = { team: useDirectory("teams").nameOf, department: useDirectory("departments").nameOf, user: useDirectory("users").nameOf, key: useDirectory("keys").nameOf }
  const nameOf = by in names ? names[by as keyof typeof names] : (id: string) => id
  return (id) => (id === "" ? strings.nobody : nameOf(id))
}

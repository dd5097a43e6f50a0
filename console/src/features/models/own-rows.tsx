import { CircleDollarSign, Plus } from "lucide-react"
import { useState } from "react"
import { type Section, type Stored, useSection, useSectionCalls } from "@/client/objects.ts"
import { type Filters, priceOf, textOf } from "@/features/models/data.ts"
import { overrideSchema, rateSchema } from "@/features/models/schema.ts"
import { strings } from "@/features/models/strings.ts"
import { isRecord } from "@/client/errors.ts"
import type { Schema } from "@/shared/form/schema.ts"
import { money } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { MakeStored, SourceBadge } from "@/shared/stored/actions.tsx"
import { StoredRest } from "@/shared/stored/rest.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void }
type Words = { about: string; create: string; detail: string; nameHint: string; empty: string; emptyText: string }
type About = { section: Section; words: Words; columns: readonly Column<Stored>[]; schema: Schema; start: Record<string, unknown>; permission: string; label: string }

const field = (row: Stored, name: string) => textOf(row.document?.[name])
const shared: readonly Column<Stored>[] = [
  { id: "tenant", head: head.tenant, cell: (row) => row.tenant || strings.everybody, value: (row) => row.tenant, deskOnly: true },
  { id: "source", head: head.source, cell: (row) => <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />, value: (row) => row.source },
]

function priceText(row: Stored, kind: string): string {
  const prices = row.document?.prices
  return isRecord(prices) && priceOf(prices, kind) !== undefined ? money(priceOf(prices, kind), textOf(prices.currency) || undefined) : "–"
}

const OVERRIDES: About = {
  section: "price_overrides",
  label: strings.tabs.overrides,
  words: strings.overrides,
  schema: overrideSchema(),
  start: { prices: {} },
  permission: "models.write",
  columns: [
    { id: "name", head: strings.overrides.model, cell: (row) => field(row, "model") || row.name, value: (row) => field(row, "model") },
    { id: "provider", head: head.provider, cell: (row) => field(row, "provider"), value: (row) => field(row, "provider") },
    { id: "input", head: head.input, align: "right", cell: (row) => <span className="figures">{priceText(row, "input")}</span>, value: (row) => priceText(row, "input") },
    { id: "output", head: head.output, align: "right", cell: (row) => <span className="figures">{priceText(row, "output")}</span>, value: (row) => priceText(row, "output") },
    ...shared,
  ],
}

const RATES: About = {
  section: "currency_rates",
  label: strings.tabs.rates,
  words: strings.rates,
  schema: rateSchema(),
  start: {},
  permission: "objects.operate",
  columns: [
    { id: "pair", head: strings.rates.from, cell: (row) => `${field(row, "from")} → ${field(row, "to")}`, value: (row) => `${field(row, "from")} ${field(row, "to")}` },
    { id: "rate", head: strings.rates.rate, align: "right", cell: (row) => String(row.document?.rate ?? ""), value: (row) => row.document?.rate },
    { id: "since", head: strings.rates.since, cell: (row) => String(row.document?.since ?? ""), value: (row) => row.document?.since },
    ...shared.slice(1),
  ],
}

/** Prices instead of the catalogue's. */
export const Overrides = (props: Props) => <Rows {...props} about={OVERRIDES} />
/** Rates between currencies; the installation's, which operators write. */
export const ExchangeRates = (props: Props) => <Rows {...props} about={RATES} />

function Rows({ filters, setFilters, about }: Props & { about: About }) {
  const { section, words, columns, schema, permission } = about
  const found = useSection(section)
  const calls = useSectionCalls(section)
  const isOperator = useMay("objects.operate")
  const mayWrite = useMay(permission) || isOperator
  const [isMaking, setMaking] = useState(false)
  const create = mayWrite && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{words.create}</Button>
  const opened = found.data?.find((row) => keyOf(row) === filters.row)
  const close = () => setFilters({ row: "" })
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3"><p className="max-w-3xl text-sm text-quiet">{words.about}</p>{found.data && found.data.length > 0 && create}</div>
      {found.isPending ? <Waiting lines={3} /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.data.length === 0 ? (
        <EmptyState title={words.empty} icon={<CircleDollarSign size={28} />} action={create}>{words.emptyText}</EmptyState>
      ) : (
        <Table label={about.label} rows={found.data} columns={columns} rowKey={keyOf} file={section} onOpen={(row) => setFilters({ row: keyOf(row) })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      )}
      <MakeStored open={isMaking} onClose={() => setMaking(false)} title={words.create} nameHint={words.nameHint} mayChoose={isOperator && section === "price_overrides"} schema={schema} start={about.start} onMake={calls.create} onMade={() => setMaking(false)} />
      <Drawer open={opened !== undefined} onClose={close} title={opened?.name ?? words.detail}>
        {opened && <div className="grid gap-5"><StoredRest key={`${keyOf(opened)} ${opened.version}`} row={opened} calls={calls} schema={schema} permission={permission} onGone={close} /></div>}
      </Drawer>
    </div>
  )
}

function keyOf(row: Stored): string {
  return `${row.tenant}/${row.name}`
}

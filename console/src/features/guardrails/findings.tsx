import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Filters, type Given, MOST_FINDINGS, useFindings, useKinds } from "@/features/guardrails/data.ts"
import { DoesBadge, placeText } from "@/features/guardrails/marked.tsx"
import { buckets, byKind, type Finding } from "@/features/guardrails/marks.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { BarChart } from "@/shared/charts/bars.tsx"
import { SeriesChart } from "@/shared/charts/series.tsx"
import { number } from "@/shared/format/numbers.ts"
import { moment } from "@/shared/format/times.ts"
import { SelectField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { RangePicker } from "@/shared/parts/range.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { spanOf } from "@/shared/range.ts"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const said = strings.findings
const head = strings.columns
const MOST_LINES = 5
const MOST_BARS = 8
const PAGE = 100

export function Findings({ filters, setFilters }: Given) {
  const found = useFindings(filters)
  return (
    <>
      <Narrow filters={filters} setFilters={setFilters} kinds={byKind(found.data?.rows ?? []).map((one) => one.name)} />
      {found.isPending ? (
        <Waiting />
      ) : found.error ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data.rows.length === 0 ? (
        <EmptyState title={said.empty}>{said.emptyText}</EmptyState>
      ) : (
        <Found rows={found.data.rows} isWhole={found.data.isWhole} filters={filters} onKind={(kind) => setFilters({ found: kind })} />
      )}
    </>
  )
}

function Narrow({ filters, setFilters, kinds }: Given & { kinds: readonly string[] }) {
  const known = useKinds()
  const ids = [...new Set((known.data?.items ?? []).flatMap((one) => one.ids))].sort()
  const choices = (all: string, chosen: string, values: readonly string[]) => [{ value: "", label: all }, ...[...new Set([...(chosen ? [chosen] : []), ...values])].map((value) => ({ value, label: value }))]
  return (
    <FilterBar>
      <RangePicker value={filters} onChange={setFilters} />
      <SelectField label={head.guardrail} hideLabel value={filters.guardrail} choices={choices(said.everyGuardrail, filters.guardrail, ids)} onChange={(event) => setFilters({ guardrail: event.target.value })} />
      <SelectField label={head.kind} hideLabel value={filters.found} choices={choices(said.everyKind, filters.found, kinds)} onChange={(event) => setFilters({ found: event.target.value })} />
    </FilterBar>
  )
}

function Found({ rows, isWhole, filters, onKind }: { rows: readonly Finding[]; isWhole: boolean; filters: Filters; onKind: (kind: string) => void }) {
  const span = spanOf(filters)
  const kinds = byKind(rows)
  const shown = kinds.slice(0, MOST_LINES).map((one) => one.name)
  const points = buckets(rows, Date.parse(span.since), span.until ? Date.parse(span.until) : Date.now(), shown).map((one) => ({ at: one.at, values: shown.map((kind) => one.counts[kind] ?? 0) }))
  return (
    <div className="grid gap-4">
      {!isWhole && <p className="text-sm text-quiet">{said.most(number(MOST_FINDINGS))}</p>}
      <div className="grid gap-4 lg:grid-cols-[2fr_1fr]">
        <Card title={said.over}><SeriesChart label={said.over} names={shown} points={points} format={(value) => number(value)} fill={shown.length === 1} /></Card>
        <Card title={said.byKind}><BarChart label={said.byKind} bars={kinds.slice(0, MOST_BARS)} format={(value) => number(value)} onPick={(bar) => onKind(bar.name)} /></Card>
      </div>
      <Latest rows={rows} />
    </div>
  )
}

function Latest({ rows }: { rows: readonly Finding[] }) {
  const { nameOf } = useDirectory("users")
  const [most, setMost] = useState(PAGE)
  const mayOpen = useMay("requests.read")
  const columns: readonly Column<Finding>[] = [
    { id: "at", head: head.at, cell: (one) => <span className="whitespace-nowrap">{moment(one.at)}</span>, value: (one) => new Date(one.at).toISOString() },
    { id: "kind", head: head.kind, cell: (one) => one.kind, value: (one) => one.kind },
    { id: "guardrail", head: head.guardrail, cell: (one) => one.guardrail, value: (one) => one.guardrail },
    { id: "does", head: head.does, cell: (one) => <DoesBadge does={one.does} />, value: (one) => one.does },
    { id: "place", head: head.place, cell: (one) => <span className="break-all text-quiet">{placeText(one)}</span>, value: placeText, deskOnly: true },
    { id: "model", head: head.model, cell: (one) => one.model || "–", value: (one) => one.model },
    { id: "user", head: head.user, cell: (one) => (one.user ? nameOf(one.user) : "–"), value: (one) => one.user && nameOf(one.user) },
    { id: "request", head: head.request, cell: (one) => (mayOpen && one.request ? <Link to="/requests" search={{ request: one.request } as never} className="touch inline-flex items-center font-mono text-xs text-accent underline" title={one.request}>…{one.request.slice(-8)}</Link> : <span className="font-mono text-xs">…{one.request.slice(-8)}</span>), value: (one) => one.request },
  ]
  return <Table label={said.latest} rows={rows.slice(0, most)} columns={columns} rowKey={(one) => `${one.id} ${one.kind} ${one.guardrail}`} file="findings" loadAll={async () => rows} hasMore={rows.length > most} onMore={() => setMost(most + PAGE)} />
}

import { Gauge } from "lucide-react"
import type { ReactNode } from "react"
import { type Stored, useObjects } from "@/client/objects.ts"
import { aboutOf, aboutText, allowsText, type Filters, type Kind, periodText } from "@/features/budgets/data.ts"
import { useNames } from "@/features/budgets/names.ts"
import { strings } from "@/features/budgets/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const text = (value: unknown) => (typeof value === "string" ? value : typeof value === "number" ? String(value) : "")
const isHard = (row: Stored) => row.document?.hard !== false

const OF_BUDGETS: readonly Column<Stored>[] = [
  { id: "amount", head: head.amount, align: "right", cell: (row) => <span className="figures">{money(text(row.document?.limit))}</span>, value: (row) => row.document?.limit },
  { id: "per", head: head.per, cell: (row) => periodText(row.document?.per), value: (row) => row.document?.per },
  { id: "kind", head: head.kind, cell: (row) => <Badge tone={isHard(row) ? "warn" : "plain"}>{isHard(row) ? strings.hard : strings.soft}</Badge>, value: (row) => (isHard(row) ? strings.hard : strings.soft) },
]
const OF_LIMITS: readonly Column<Stored>[] = [
  { id: "allows", head: head.allows, cell: (row) => allowsText(row.document ?? {}, number), value: (row) => allowsText(row.document ?? {}, String) },
  { id: "counted", head: head.counted, cell: (row) => strings.algorithms[text(row.document?.algorithm) || "sliding_window"] ?? text(row.document?.algorithm), value: (row) => row.document?.algorithm, deskOnly: true },
]

type Props = { kind: Kind; filters: Filters; setFilters: (change: Partial<Filters>) => void; action: ReactNode }

export function RuleList({ kind, filters, setFilters, action }: Props) {
  const found = useObjects(kind)
  const nameOf = useNames()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.length === 0) return <EmptyState title={strings.empty[kind]} icon={<Gauge size={28} />} action={action}>{strings.emptyText[kind]}</EmptyState>
  const who = (row: Stored) => aboutText(aboutOf(row), nameOf)
  const columns: readonly Column<Stored>[] = [
    { id: "name", head: head.name, cell: (row) => row.name, value: (row) => row.name },
    { id: "about", head: head.about, cell: who, value: who },
    ...(kind === "budgets" ? OF_BUDGETS : OF_LIMITS),
    { id: "source", head: head.source, cell: (row) => <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />, value: (row) => row.source },
  ]
  const wanted = filters.q.toLowerCase()
  const shown = found.data.filter((row) => `${row.name} ${who(row)}`.toLowerCase().includes(wanted))
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <Table label={strings.tabs[kind]} rows={shown} columns={columns} rowKey={(row) => `${row.tenant}/${row.name}`} file={kind} toolbar={toolbar} onOpen={(row) => setFilters({ open: row.name })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      {shown.length === 0 && <EmptyState title={strings.noMatch} />}
    </>
  )
}

import { Gauge } from "lucide-react"
import type { ReactNode } from "react"
import { aboutText, type Filters, type Level, levelOf, periodText, type Standing, usedShare, useStandings } from "@/features/budgets/data.ts"
import { useNames } from "@/features/budgets/names.ts"
import { strings } from "@/features/budgets/strings.ts"
import { money, percent } from "@/shared/format/numbers.ts"
import { Ago } from "@/shared/format/time.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const FILLS: Record<Level, string> = { plain: "var(--chart-1)", near: "var(--warn)", over: "var(--bad)" }
const MOST_USED_FIRST = { by: "used", down: true }

type Row = Standing & { who: string; share: number; currency: string }

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", head: head.name, cell: (one) => one.budget, value: (one) => one.budget },
  { id: "about", head: head.about, cell: (one) => one.who, value: (one) => one.who },
  { id: "used", head: head.used, cell: (one) => <Bar one={one} />, value: (one) => one.share },
  { id: "spent", head: head.spent, align: "right", cell: (one) => <span className="figures">{strings.standing(money(one.spent, one.currency), money(one.limit, one.currency))}</span>, value: (one) => one.spent },
  { id: "held", head: head.held, align: "right", cell: (one) => <span className="figures">{money(one.held, one.currency)}</span>, value: (one) => one.held, deskOnly: true },
  { id: "remaining", head: head.remaining, align: "right", cell: (one) => <span className="figures">{money(one.remaining, one.currency)}</span>, value: (one) => one.remaining },
  { id: "per", head: head.per, cell: (one) => periodText(one.per), value: (one) => one.per, deskOnly: true },
  { id: "kind", head: head.kind, cell: (one) => (one.hard ? strings.hard : strings.soft), value: (one) => (one.hard ? strings.hard : strings.soft), deskOnly: true },
  { id: "resets", head: head.resets, cell: (one) => <Ago at={one.resets_at} />, value: (one) => one.resets_at },
]

/** How far it is used: a bar, and the same in words. */
function Bar({ one }: { one: Row }) {
  const level = levelOf(one.share)
  return (
    <span className="inline-flex min-w-36 items-center gap-2">
      <svg className="h-2 w-20 shrink-0" role="img" aria-label={strings.used(percent(one.share))}>
        <rect width="100%" height="100%" rx="4" fill="var(--line)" />
        <rect width={`${Math.min(100, one.share * 100)}%`} height="100%" rx="4" fill={FILLS[level]} />
      </svg>
      <span className="figures">{percent(one.share)}</span>
      {level !== "plain" && <Badge tone={level === "over" ? "bad" : "warn"}>{level === "over" ? strings.usedUp : strings.near}</Badge>}
    </span>
  )
}

export function Status({ filters, setFilters, action }: { filters: Filters; setFilters: (change: Partial<Filters>) => void; action: ReactNode }) {
  const found = useStandings()
  const nameOf = useNames()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.items.length === 0) return <EmptyState title={strings.emptyStatus} icon={<Gauge size={28} />} action={action}>{strings.emptyStatusText}</EmptyState>
  const rows = found.data.items.map((one): Row => ({ ...one, who: aboutText(Object.entries(one.about), nameOf), share: usedShare(one), currency: found.data.currency }))
  const wanted = filters.q.toLowerCase()
  const shown = rows.filter((one) => `${one.budget} ${one.who}`.toLowerCase().includes(wanted))
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <Table label={strings.tabs.status} rows={shown} columns={COLUMNS} rowKey={(one) => `${one.budget} ${one.who} ${one.window}`} file="budgets-status" toolbar={toolbar} sort={sortOf(filters.sort) ?? MOST_USED_FIRST} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} onOpen={(one) => setFilters({ tab: "budgets", open: one.budget })} />
      {shown.length === 0 && <EmptyState title={strings.noMatch} />}
    </>
  )
}

import { Users } from "lucide-react"
import { useDirectory } from "@/client/directory.ts"
import { type Filters, type Person, useSummary, useUserBill } from "@/features/billing/data.ts"
import { strings } from "@/features/billing/strings.ts"
import { linesFor } from "@/features/billing/summary.tsx"
import { money, number, percent } from "@/shared/format/numbers.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

export function People({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const found = useSummary(filters.month)
  const users = useDirectory("users")
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const { users: rows, currency } = found.data
  if (rows.length === 0) return <EmptyState title={strings.empty} icon={<Users size={28} />}>{strings.emptyText}</EmptyState>
  const all = rows.reduce((sum, one) => sum + Number(one.amount), 0)
  const nameOf = (one: Person) => (one.user_id ? users.nameOf(one.user_id) : strings.nobody)
  const columns: readonly Column<Person>[] = [
    { id: "user", head: head.user, cell: nameOf, value: nameOf },
    { id: "requests", head: head.requests, align: "right", cell: (one) => number(one.requests), value: (one) => one.requests },
    { id: "tokens", head: head.tokens, align: "right", cell: (one) => number(one.total_tokens, true), value: (one) => one.total_tokens },
    { id: "amount", head: head.amount, align: "right", cell: (one) => <span className="figures">{money(one.amount, currency)}</span>, value: (one) => one.amount },
    { id: "share", head: head.share, align: "right", cell: (one) => (all > 0 ? percent(Number(one.amount) / all) : "–") },
  ]
  return <Table label={strings.tabs.people} rows={rows} columns={columns} rowKey={(one) => one.user_id} file="bill-by-person" onOpen={(one) => { if (one.user_id) setFilters({ person: one.user_id }) }} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
}

export function PersonDrawer({ user, month, onClose }: { user: string; month: string; onClose: () => void }) {
  const found = useUserBill(user, month)
  const users = useDirectory("users")
  return (
    <Drawer wide open={user !== ""} onClose={onClose} title={user ? users.nameOf(user) : strings.person}>
      {found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.isPending ? <Waiting /> : (
        <div className="grid gap-4">
          <p className="text-3xl font-semibold">{money(found.data.net, found.data.currency)}</p>
          <p className="text-sm text-quiet">{strings.personAbout}</p>
          {found.data.lines.length === 0 ? <EmptyState title={strings.empty} /> : <Table label={strings.lines} rows={found.data.lines} columns={linesFor(found.data.currency)} rowKey={(line) => `${line.kind} ${line.description} ${line.source_currency ?? ""}`} file={`bill-${user}`} />}
        </div>
      )}
    </Drawer>
  )
}

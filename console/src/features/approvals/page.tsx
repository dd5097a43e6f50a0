import { CircleCheckBig } from "lucide-react"
import { ACTIONS, type Approval, DEFAULTS, STATUSES, useApprovals } from "@/features/approvals/data.ts"
import { ApprovalDrawer, StatusBadge } from "@/features/approvals/detail.tsx"
import { strings } from "@/features/approvals/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Ago } from "@/shared/format/time.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

const COLUMNS: readonly Column<Approval>[] = [
  { id: "target", head: head.target, cell: (one) => one.target, value: (one) => one.target },
  { id: "action", head: head.action, cell: (one) => strings.actions[one.action] ?? one.action, value: (one) => one.action },
  { id: "status", head: head.status, cell: (one) => <StatusBadge status={one.status} />, value: (one) => one.status },
  { id: "by", head: head.by, cell: (one) => one.asked_name || one.asked_by, value: (one) => one.asked_name || one.asked_by },
  { id: "at", head: head.at, cell: (one) => <Ago at={one.asked_at} />, value: (one) => one.asked_at },
  { id: "until", head: head.until, cell: (one) => <Ago at={one.expires_at} />, value: (one) => one.expires_at, deskOnly: true },
  { id: "decided", head: head.decided, cell: (one) => one.decided_name || one.decided_by || "–", value: (one) => one.decided_name || one.decided_by },
]

export default function ApprovalsPage() {
  const [filters, setFilters] = useFilters(DEFAULTS)
  const { status, action } = filters
  const found = useApprovals({ status, action })
  const isFiltered = status !== "" || action !== ""
  const statuses = ["", ...STATUSES].map((value) => ({ value, label: strings.statuses[value] ?? value }))
  const actions = [{ value: "", label: strings.everyAction }, ...ACTIONS.map((value) => ({ value, label: strings.actions[value] ?? value }))]
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      {(isFiltered || found.rows.length > 0) && (
        <FilterBar>
          <SelectField label={strings.status} hideLabel value={status} choices={statuses} onChange={(event) => setFilters({ status: event.target.value })} />
          <SelectField label={strings.action} hideLabel value={action} choices={actions} onChange={(event) => setFilters({ action: event.target.value })} />
        </FilterBar>
      )}
      {found.isPending ? (
        <Waiting />
      ) : found.error ? (
        <ErrorState error={found.error} onRetry={found.reload} />
      ) : found.rows.length === 0 ? (
        <EmptyState title={isFiltered ? strings.noMatch : strings.empty} icon={<CircleCheckBig size={28} />}>{isFiltered ? undefined : strings.emptyText}</EmptyState>
      ) : (
        <Table label={strings.title} rows={found.rows} columns={COLUMNS} rowKey={(one) => one.id} file="approvals" onOpen={(one) => setFilters({ approval: one.id })} hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
      )}
      <ApprovalDrawer id={filters.approval} onClose={() => setFilters({ approval: "" })} />
    </>
  )
}

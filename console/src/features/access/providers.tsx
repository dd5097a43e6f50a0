import { Fingerprint } from "lucide-react"
import type { ReactNode } from "react"
import { type Given, type Provider, useProviders } from "@/features/access/data.ts"
import { strings } from "@/features/access/strings.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

export function StateBadge({ isOn }: { isOn: boolean }) {
  return <Badge tone={isOn ? "good" : "plain"}>{isOn ? strings.on : strings.off}</Badge>
}

const COLUMNS: readonly Column<Provider>[] = [
  { id: "name", head: head.name, cell: (one) => one.name, value: (one) => one.name },
  { id: "issuer", head: head.issuer, cell: (one) => <span className="break-all">{one.issuer}</span>, value: (one) => one.issuer },
  { id: "state", head: head.state, cell: (one) => <StateBadge isOn={one.enabled} />, value: (one) => one.enabled },
  { id: "role", head: head.role, cell: (one) => strings.roles[one.default_role] ?? one.default_role, value: (one) => one.default_role },
  { id: "map", head: head.map, align: "right", cell: (one) => one.role_map.length, value: (one) => one.role_map.length },
  { id: "changed", head: head.changed, cell: (one) => <Ago at={one.updated_at} />, value: (one) => one.updated_at, deskOnly: true },
]

export function ProviderList({ filters, setFilters, action }: Given & { action: ReactNode }) {
  const found = useProviders()
  if (found.isPending) return <Waiting lines={4} />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.length === 0) return <EmptyState title={strings.empty} icon={<Fingerprint size={28} />} action={action}>{strings.emptyText}</EmptyState>
  return <Table label={strings.tabs.providers} rows={found.data} columns={COLUMNS} rowKey={(one) => one.id} file="identity-providers" onOpen={(one) => setFilters({ open: one.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
}

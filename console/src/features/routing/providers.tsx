import { Plug } from "lucide-react"
import type { ReactNode } from "react"
import type { Stored } from "@/client/objects.ts"
import { credentialsOf, type Filters, text, useProviders } from "@/features/routing/data.ts"
import { strings } from "@/features/routing/strings.ts"
import { TextField } from "@/shared/parts/field.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const COLUMNS: readonly Column<Stored>[] = [
  { id: "provider", head: head.provider, cell: (row) => row.name, value: (row) => row.name },
  { id: "kind", head: head.kind, cell: (row) => text(row.document?.kind), value: (row) => row.document?.kind },
  { id: "address", head: head.address, cell: (row) => <span className="break-all text-quiet">{text(row.document?.base_url) || "–"}</span>, value: (row) => row.document?.base_url, deskOnly: true },
  { id: "credentials", head: head.credentials, cell: (row) => (credentialsOf(row) ? strings.credentials(credentialsOf(row)) : strings.none), value: credentialsOf },
  { id: "tenant", head: head.tenant, cell: (row) => row.tenant || strings.everybody, value: (row) => row.tenant },
  { id: "source", head: head.source, cell: (row) => <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />, value: (row) => row.source },
]

export function ProviderList({ filters, setFilters, action }: { filters: Filters; setFilters: (change: Partial<Filters>) => void; action: ReactNode }) {
  const found = useProviders()
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.length === 0) return <EmptyState title={strings.empty} icon={<Plug size={28} />} action={action}>{strings.emptyText}</EmptyState>
  const wanted = filters.q.toLowerCase()
  const shown = found.data.filter((row) => `${row.name} ${text(row.document?.kind)}`.toLowerCase().includes(wanted))
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-56" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <Table label={strings.tabs.providers} rows={shown} columns={COLUMNS} rowKey={(row) => `${row.tenant}/${row.name}`} file="providers" toolbar={toolbar} onOpen={(row) => setFilters({ open: row.name })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      {shown.length === 0 && <EmptyState title={strings.noMatch} icon={<Plug size={28} />} />}
    </>
  )
}

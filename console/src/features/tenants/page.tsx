import { Building2, Plus } from "lucide-react"
import { type FormEvent, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { DEFAULTS, type Filters, type Tenant, useTenantActions, useTenants } from "@/features/tenants/data.ts"
import { StateBadge, TenantDrawer } from "@/features/tenants/detail.tsx"
import { strings } from "@/features/tenants/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge, PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns
const COLUMNS: readonly Column<Tenant>[] = [
  { id: "name", head: head.name, cell: (one) => one.name || one.id, value: (one) => one.name || one.id },
  { id: "id", head: head.id, cell: (one) => <code className="font-mono text-xs text-quiet">{one.id}</code>, value: (one) => one.id },
  { id: "state", head: head.state, cell: (one) => <StateBadge state={one.status} />, value: (one) => one.status },
  { id: "departments", head: head.departments, align: "right", cell: (one) => one.departments, value: (one) => one.departments },
  { id: "teams", head: head.teams, align: "right", cell: (one) => one.teams, value: (one) => one.teams },
  { id: "source", head: head.source, cell: (one) => <Badge>{strings.sources[one.source] ?? one.source}</Badge>, value: (one) => one.source, deskOnly: true },
  { id: "made", head: head.made, cell: (one) => (one.created_at ? <Ago at={one.created_at} /> : "–"), value: (one) => one.created_at },
]

export default function TenantsPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const found = useTenants()
  const [isMaking, setMaking] = useState(false)
  const create = <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  const wanted = filters.q.toLowerCase()
  const shown = found.rows.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(wanted))
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={found.reload} /> : found.rows.length === 0 ? (
        <EmptyState title={strings.empty} icon={<Building2 size={28} />} action={create}>{strings.emptyText}</EmptyState>
      ) : (
        <>
          <Table label={strings.title} rows={shown} columns={COLUMNS} rowKey={(one) => one.id} file="organisations" toolbar={toolbar} onOpen={(one) => setFilters({ open: one.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
          {shown.length === 0 && <EmptyState title={strings.noMatch} />}
        </>
      )}
      <MakeTenant open={isMaking} onClose={() => setMaking(false)} onMade={(open) => setFilters({ open })} />
      <TenantDrawer found={found.rows.find((one) => one.id === filters.open)} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

function MakeTenant({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (id: string) => void }) {
  const { create } = useTenantActions()
  const [name, setName] = useState("")
  const [id, setId] = useState("")
  const wrong = create.error instanceof ApiError ? create.error.field : null
  const close = () => { create.reset(); setName(""); setId(""); onClose() }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ name: name.trim(), id: id.trim() }, { onSuccess: (made) => { notify(strings.made(made.name)); close(); onMade(made.id) } })
  }
  return (
    <Dialog open={open} onClose={close} title={strings.create}>
      <form className="grid gap-4" onSubmit={submit}>
        {create.error && wrong !== "name" && wrong !== "id" && <ErrorState error={create.error} compact />}
        <TextField label={strings.name} required maxLength={120} autoFocus value={name} error={wrong === "name" ? create.error?.message : undefined} onChange={(event) => setName(event.target.value)} />
        <TextField label={strings.id} hint={strings.idHint} optional spellCheck={false} value={id} error={wrong === "id" ? create.error?.message : undefined} onChange={(event) => setId(event.target.value)} />
        <div><Button kind="primary" type="submit" busy={create.isPending}>{strings.make}</Button></div>
      </form>
    </Dialog>
  )
}

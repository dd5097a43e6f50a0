import { Plus, ScrollText } from "lucide-react"
import { useState } from "react"
import { isTrial, SourceBadge, StateBadge } from "@/features/policies/badges.tsx"
import { type Given, type Policy, usePolicies } from "@/features/policies/data.ts"
import { PolicyDrawer } from "@/features/policies/detail.tsx"
import { Editor } from "@/features/policies/editor.tsx"
import { strings } from "@/features/policies/strings.ts"
import { aboutText, guardsText } from "@/features/policies/text.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

const COLUMNS: readonly Column<Policy>[] = [
  { id: "name", head: head.name, cell: (one) => one.name, value: (one) => one.name },
  { id: "state", head: head.state, cell: (one) => <StateBadge policy={one} />, value: (one) => (isTrial(one) ? strings.onTrial : strings.inForce) },
  { id: "source", head: head.source, cell: (one) => <SourceBadge source={one.source} />, value: (one) => one.source },
  { id: "about", head: head.about, cell: aboutText, value: aboutText },
  { id: "guards", head: head.guards, cell: (one) => <span className="block max-w-72 truncate max-md:max-w-48" title={guardsText(one)}>{guardsText(one)}</span>, value: guardsText },
  { id: "version", head: head.version, cell: (one) => (one.version ? String(one.version) : "–"), value: (one) => one.version, align: "right", deskOnly: true },
  { id: "written", head: head.written, cell: (one) => <Ago at={one.written_at} />, value: (one) => one.written_at, deskOnly: true },
]

export function PolicyList({ filters, setFilters }: Given) {
  const policies = usePolicies()
  const [isMaking, setMaking] = useState(false)
  const mayOwn = useMay("policies.write")
  const mayOperate = useMay("policies.operate")
  const create = (mayOwn || mayOperate) && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  if (policies.isPending) return <Waiting />
  if (policies.error) return <ErrorState error={policies.error} onRetry={() => void policies.refetch()} />
  const wanted = filters.q.toLowerCase()
  const rows = policies.data.items
  const shown = rows.filter((one) => `${one.name} ${aboutText(one)} ${guardsText(one)}`.toLowerCase().includes(wanted))
  const close = () => setFilters({ policy: "", view: "" })
  const toolbar = (
    <>
      <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-64" onChange={(event) => setFilters({ q: event.target.value })} />
      {create}
    </>
  )
  return (
    <>
      {rows.length === 0 ? (
        <EmptyState title={strings.empty} icon={<ScrollText size={28} />} action={create}>{strings.emptyText}</EmptyState>
      ) : (
        <>
          <Table label={strings.title} rows={shown} columns={COLUMNS} rowKey={(one) => one.name} file="policies" toolbar={toolbar} onOpen={(one) => setFilters({ policy: one.name, view: "" })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
          {shown.length === 0 && <EmptyState title={strings.noMatch} />}
        </>
      )}
      <Drawer wide open={isMaking} onClose={() => setMaking(false)} title={strings.create}>
        <Editor onDone={(name) => { setMaking(false); setFilters({ policy: name, view: "" }) }} />
      </Drawer>
      <PolicyDrawer policy={rows.find((one) => one.name === filters.policy)} filters={filters} setFilters={setFilters} onClose={close} />
    </>
  )
}

import { Building2, Plus, UsersRound } from "lucide-react"
import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { DEFAULTS, type Filters, type Group, type Kind, useGroups, useMayMakeTeams } from "@/features/teams/data.ts"
import { GroupDrawer } from "@/features/teams/detail.tsx"
import { MakeGroup } from "@/features/teams/form.tsx"
import { strings } from "@/features/teams/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

export default function TeamsPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [isMaking, setMaking] = useState(false)
  const mayDepartments = useMay("departments.read")
  const kind: Kind = mayDepartments && filters.tab === "departments" ? "department" : "team"
  const mayWrite = useMay(kind === "team" ? "teams.write" : "departments.write")
  const mayMake = { team: useMayMakeTeams(), department: useMay("departments.write") }
  const create = mayMake[kind] && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create[kind]}</Button>
  const list = (one: Kind) => <List kind={one} filters={filters} setFilters={setFilters} />
  const tabs = [{ id: "", label: strings.kinds.team, content: list("team") }, ...(mayDepartments ? [{ id: "departments", label: strings.kinds.department, content: list("department") }] : [])]
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      <Tabs label={strings.title} tabs={tabs} value={kind === "team" ? "" : "departments"} onChange={(tab) => setFilters({ tab, q: "", sort: "" })} />
      <MakeGroup kind={kind} open={isMaking} onClose={() => setMaking(false)} />
      <GroupDrawer kind={kind} id={filters.open} mayWrite={mayWrite} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

function List({ kind, filters, setFilters }: { kind: Kind; filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const groups = useGroups(kind)
  const departments = useDirectory("departments")
  const wanted = filters.q.toLowerCase()
  const shown = groups.rows.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(wanted))
  const Icon = kind === "team" ? UsersRound : Building2
  const columns: Column<Group>[] = [
    { id: "name", head: head.name, cell: (one) => one.name || one.id, value: (one) => one.name || one.id },
    { id: "id", head: head.id, cell: (one) => <code className="font-mono text-xs">{one.id}</code>, value: (one) => one.id },
    ...(kind === "team" ? [{ id: "department", head: head.department, cell: (one: Group) => (one.department ? departments.nameOf(one.department) : strings.none), value: (one: Group) => one.department }] : []),
    { id: "members", head: head.members, cell: (one) => number(one.members), value: (one) => one.members, align: "right" },
    { id: "source", head: head.source, cell: (one) => strings.sources[one.source], value: (one) => one.source, deskOnly: true },
  ]
  if (groups.isPending) return <Waiting />
  if (groups.error) return <ErrorState error={groups.error} onRetry={groups.reload} />
  if (groups.rows.length === 0) return <EmptyState title={strings.empty[kind]} icon={<Icon size={28} />}>{strings.emptyText[kind]}</EmptyState>
  const toolbar = <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-56" onChange={(event) => setFilters({ q: event.target.value })} />
  return (
    <>
      <Table label={strings.kinds[kind]} rows={shown} columns={columns} rowKey={(one) => one.id} file={`${kind}s`} toolbar={toolbar} onOpen={(one) => setFilters({ open: one.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={groups.hasMore} onMore={groups.loadMore} loadingMore={groups.loadingMore} loadAll={groups.loadAll} />
      {shown.length === 0 && <EmptyState title={strings.noMatch} icon={<Icon size={28} />} />}
    </>
  )
}

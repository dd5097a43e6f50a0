import { KeyRound, Plus } from "lucide-react"
import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Key, STATES, useKeyActions, useKeys } from "@/features/keys/data.ts"
import { KeyDrawer, modelsText, StateBadge } from "@/features/keys/detail.tsx"
import { EMPTY, newKey } from "@/features/keys/filled.ts"
import { KeyForm } from "@/features/keys/form.tsx"
import { strings } from "@/features/keys/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { PageHead, SecretOnce } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const DEFAULTS = { q: "", state: "", team: "", user: "", environment: "", sort: "", key: "" }
const head = strings.columns
const STATE_CHOICES = [{ value: "", label: strings.states[""] }, ...STATES.map((value) => ({ value, label: strings.states[value] }))]

function columnsFor(userOf: (id: string) => string, teamOf: (id: string) => string): readonly Column<Key>[] {
  return [
    { id: "name", head: head.name, cell: (key) => key.name, value: (key) => key.name },
    { id: "state", head: head.state, cell: (key) => <StateBadge state={key.status} />, value: (key) => key.status },
    { id: "prefix", head: head.prefix, cell: (key) => <code className="font-mono text-xs text-quiet">{key.prefix}</code>, value: (key) => key.prefix, deskOnly: true },
    { id: "owner", head: head.owner, cell: (key) => (key.user ? userOf(key.user) : "–"), value: (key) => key.user && userOf(key.user) },
    { id: "team", head: head.team, cell: (key) => (key.team ? teamOf(key.team) : "–"), value: (key) => key.team },
    { id: "models", head: head.models, cell: (key) => <span className="block max-w-44 truncate" title={key.models.join(", ")}>{modelsText(key)}</span>, value: (key) => key.models.join(" "), deskOnly: true },
    { id: "used", head: head.used, cell: (key) => (key.last_used_at ? <Ago at={key.last_used_at} /> : strings.never), value: (key) => key.last_used_at },
    { id: "expires", head: head.expires, cell: (key) => (key.expires_at ? <Ago at={key.expires_at} /> : strings.never), value: (key) => key.expires_at },
    { id: "made", head: head.made, cell: (key) => (key.created_at ? <Ago at={key.created_at} /> : "–"), value: (key) => key.created_at, deskOnly: true },
  ]
}

export default function KeysPage() {
  const [filters, setFilters] = useFilters(DEFAULTS)
  const { team, user, environment } = filters
  const keys = useKeys({ team, user, environment })
  const users = useDirectory("users")
  const teams = useDirectory("teams")
  const [isMaking, setMaking] = useState(false)
  const mayWrite = useMay("keys.write")
  const create = mayWrite && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  const wanted = filters.q.toLowerCase()
  const shown = keys.rows.filter((key) => (!filters.state || key.status === filters.state) && `${key.name} ${key.prefix}`.toLowerCase().includes(wanted))
  const isFiltered = Boolean(team || user || environment)
  const named = (rows: readonly { id: string; name: string }[], all: string) => [{ value: "", label: all }, ...rows.map((row) => ({ value: row.id, label: row.name }))]
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      {(keys.rows.length > 0 || isFiltered) && (
        <FilterBar>
          <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-56" onChange={(event) => setFilters({ q: event.target.value })} />
          <SelectField label={strings.state} hideLabel value={filters.state} choices={STATE_CHOICES} onChange={(event) => setFilters({ state: event.target.value })} />
          {teams.rows.length > 0 && <SelectField label={head.team} hideLabel value={team} choices={named(teams.rows, strings.everyTeam)} onChange={(event) => setFilters({ team: event.target.value })} />}
          {users.rows.length > 0 && <SelectField label={head.owner} hideLabel value={user} choices={named(users.rows, strings.everyOwner)} onChange={(event) => setFilters({ user: event.target.value })} />}
        </FilterBar>
      )}
      {keys.isPending ? (
        <Waiting />
      ) : keys.error ? (
        <ErrorState error={keys.error} onRetry={keys.reload} />
      ) : keys.rows.length === 0 && !isFiltered ? (
        <EmptyState title={strings.empty} icon={<KeyRound size={28} />} action={create}>{strings.emptyText}</EmptyState>
      ) : shown.length === 0 && !keys.hasMore ? (
        <EmptyState title={strings.noMatch} icon={<KeyRound size={28} />} />
      ) : (
        <Table label={strings.title} rows={shown} columns={columnsFor(users.nameOf, teams.nameOf)} rowKey={(key) => key.id} file="api-keys" onOpen={(key) => setFilters({ key: key.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={keys.hasMore} onMore={keys.loadMore} loadingMore={keys.loadingMore} loadAll={keys.loadAll} />
      )}
      <MakeKey open={isMaking} onClose={() => setMaking(false)} />
      <KeyDrawer found={keys.rows.find((key) => key.id === filters.key)} onClose={() => setFilters({ key: "" })} />
    </>
  )
}

function MakeKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { create } = useKeyActions()
  const close = () => {
    create.reset()
    onClose()
  }
  const done = create.data && <Button kind="primary" onClick={close}>{strings.done}</Button>
  return (
    <Dialog open={open} onClose={close} title={create.data ? strings.made : strings.create} footer={done} wide={!create.data}>
      {create.data ? <SecretOnce secret={create.data.secret} label={strings.secret} /> : <KeyForm start={EMPTY} isNew busy={create.isPending} failure={create.error} onSubmit={(filled) => create.mutate(newKey(filled))} />}
    </Dialog>
  )
}

import { Users } from "lucide-react"
import { useDirectory } from "@/client/directory.ts"
import { type Filters, ROLES, STATUSES, type User, useUsers } from "@/features/users/data.ts"
import { strings } from "@/features/users/strings.ts"
import { Ago } from "@/shared/format/time.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { useUser } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const TONES = { active: "good", suspended: "bad", invited: "info" } as const
const head = strings.columns

export function StatusBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status as keyof typeof TONES] ?? "plain"}>{strings.statuses[status] ?? status}</Badge>
}

export function RoleBadge({ user }: { user: Pick<User, "role" | "operator"> }) {
  return <span className="inline-flex gap-1"><Badge tone={user.role === "admin" ? "accent" : "plain"}>{strings.roles[user.role] ?? user.role}</Badge>{user.operator && <Badge tone="accent">{strings.operator}</Badge>}</span>
}

type Names = { department: (id: string) => string; team: (id: string) => string; me: string }

function columnsFor(kind: "person" | "service", names: Names): readonly Column<User>[] {
  const name: Column<User> = { id: "name", head: head.name, cell: (user) => <>{user.name || user.email}{user.id === names.me && <span className="font-normal text-quiet"> ({strings.you})</span>}</>, value: (user) => user.name }
  const person: readonly Column<User>[] = [
    { id: "email", head: head.email, cell: (user) => user.email || "–", value: (user) => user.email },
    { id: "role", head: head.role, cell: (user) => <RoleBadge user={user} />, value: (user) => user.role },
  ]
  const rest: readonly Column<User>[] = [
    { id: "status", head: head.status, cell: (user) => <StatusBadge status={user.status} />, value: (user) => user.status },
    { id: "department", head: head.department, cell: (user) => (user.department ? names.department(user.department) : "–"), value: (user) => user.department, deskOnly: true },
    { id: "team", head: head.team, cell: (user) => (user.team ? names.team(user.team) : "–"), value: (user) => user.team },
  ]
  const seen: Column<User> = { id: "seen", head: head.seen, cell: (user) => (user.last_sign_in_at ? <Ago at={user.last_sign_in_at} /> : strings.never), value: (user) => user.last_sign_in_at }
  const made: Column<User> = { id: "made", head: head.made, cell: (user) => <Ago at={user.created_at} />, value: (user) => user.created_at, deskOnly: true }
  return kind === "person" ? [name, ...person, ...rest, seen, made] : [name, ...rest, made]
}

export function UserList({ kind, filters, setFilters }: { kind: "person" | "service"; filters: Filters; setFilters: (change: Partial<Filters>) => void }) {
  const users = useUsers(filters, kind)
  const departments = useDirectory("departments")
  const teams = useDirectory("teams")
  const me = useUser()
  const named = (rows: readonly { id: string; name: string }[], all: string) => [{ value: "", label: all }, ...rows.map((row) => ({ value: row.id, label: row.name }))]
  const tab = kind === "person" ? "people" : "services"
  return (
    <>
      <FilterBar>
        <TextField label={strings.search} hideLabel type="search" placeholder={strings.search} value={filters.q} className="md:w-56" onChange={(event) => setFilters({ q: event.target.value })} />
        {kind === "person" && <SelectField label={head.role} hideLabel value={filters.role} choices={[{ value: "", label: strings.everyRole }, ...ROLES.map((value) => ({ value, label: strings.roles[value] ?? value }))]} onChange={(event) => setFilters({ role: event.target.value })} />}
        <SelectField label={head.status} hideLabel value={filters.status} choices={[{ value: "", label: strings.everyStatus }, ...STATUSES.map((value) => ({ value, label: strings.statuses[value] ?? value }))]} onChange={(event) => setFilters({ status: event.target.value })} />
        {departments.rows.length > 0 && <SelectField label={head.department} hideLabel value={filters.department} choices={named(departments.rows, strings.everyDepartment)} onChange={(event) => setFilters({ department: event.target.value })} />}
        {teams.rows.length > 0 && <SelectField label={head.team} hideLabel value={filters.team} choices={named(teams.rows, strings.everyTeam)} onChange={(event) => setFilters({ team: event.target.value })} />}
      </FilterBar>
      {users.isPending ? (
        <Waiting />
      ) : users.error ? (
        <ErrorState error={users.error} onRetry={users.reload} />
      ) : users.rows.length === 0 ? (
        <EmptyState title={strings.empty[tab]} icon={<Users size={28} />}>{strings.emptyText[tab]}</EmptyState>
      ) : (
        <Table label={strings.tabs[tab]} rows={users.rows} columns={columnsFor(kind, { department: departments.nameOf, team: teams.nameOf, me: me?.id ?? "" })} rowKey={(user) => user.id} file={tab} onOpen={(user) => setFilters({ user: user.id })} sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} hasMore={users.hasMore} onMore={users.loadMore} loadingMore={users.loadingMore} loadAll={users.loadAll} />
      )}
    </>
  )
}

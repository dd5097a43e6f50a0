import { History } from "lucide-react"
import { useDirectory } from "@/client/directory.ts"
import { DEFAULTS, type Entry, type Filters, KINDS, OUTCOMES, partsOf, useSummary, useTrail } from "@/features/audit/data.ts"
import { strings } from "@/features/audit/strings.ts"
import { number } from "@/shared/format/numbers.ts"
import { moment } from "@/shared/format/times.ts"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { RangePicker } from "@/shared/parts/range.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const TONES = { ok: "good", denied: "warn", failed: "bad" } as const
const head = strings.columns
export type Given = { filters: Filters; setFilters: (change: Partial<Filters>) => void }
type NameOf = (kind: string, id: string) => string

export function OutcomeBadge({ outcome }: { outcome: string }) {
  return <Badge tone={TONES[outcome as keyof typeof TONES] ?? "plain"}>{strings.outcomes[outcome] ?? outcome}</Badge>
}

export function actorText(entry: Entry): string {
  return entry.actor_name || partsOf(entry.actor).id || strings.unknown
}

/** Names of what has one here: `nameOf("key", id)`; of anything else its id. */
export function useNames(): NameOf {
  const users = useDirectory("users")
  const directories: Readonly<Record<string, { nameOf: (id: string) => string }>> = { user: users, key: useDirectory("keys"), team: useDirectory("teams"), department: useDirectory("departments") }
  return (kind, id) => directories[kind]?.nameOf(id) ?? id
}

/** A person by name, anything else by kind and name. */
export function targetText(entry: Entry, nameOf: NameOf): string {
  const { kind, id } = partsOf(entry.target)
  if (!entry.target) return "–"
  return kind === "user" ? nameOf(kind, id) : `${kind}${kind && id ? " " : ""}${nameOf(kind, id)}`
}

const columnsFor = (nameOf: NameOf): readonly Column<Entry>[] => [
  { id: "at", head: head.at, cell: (row) => <time dateTime={row.at} className="md:whitespace-nowrap">{moment(row.at)}</time>, value: (row) => row.at },
  { id: "actor", head: head.actor, cell: actorText, value: (row) => row.actor_name || row.actor },
  { id: "action", head: head.action, cell: (row) => <code className="font-mono text-xs">{row.action}</code>, value: (row) => row.action },
  { id: "kind", head: head.kind, cell: (row) => strings.kinds[row.kind] ?? row.kind, value: (row) => row.kind, deskOnly: true },
  { id: "target", head: head.target, cell: (row) => <span className="block max-w-56 truncate" title={row.target}>{targetText(row, nameOf)}</span>, value: (row) => row.target },
  { id: "outcome", head: head.outcome, cell: (row) => <OutcomeBadge outcome={row.outcome} />, value: (row) => row.outcome },
  { id: "address", head: head.address, cell: (row) => row.address || "–", value: (row) => row.address, deskOnly: true },
]

export function Trail({ filters, setFilters, onlySecurity }: Given & { onlySecurity: boolean }) {
  const trail = useTrail(filters, onlySecurity)
  const summary = useSummary(filters)
  const nameOf = useNames()
  return (
    <>
      {onlySecurity ? <FilterBar><RangePicker value={filters} onChange={setFilters} /></FilterBar> : <Filtering filters={filters} setFilters={setFilters} />}
      <p className="mb-3 text-sm text-quiet">{onlySecurity ? strings.securityText : summary.data ? strings.summary(number(summary.data.total), number(summary.data.failed)) : " "}</p>
      {trail.isPending ? (
        <Waiting />
      ) : trail.error && trail.rows.length === 0 ? (
        <ErrorState error={trail.error} onRetry={trail.reload} />
      ) : trail.rows.length === 0 ? (
        <EmptyState title={strings.empty} icon={<History size={28} />}>{strings.emptyText}</EmptyState>
      ) : (
        <Table label={onlySecurity ? strings.tabs.security : strings.tabs.trail} rows={trail.rows} columns={columnsFor(nameOf)} rowKey={(row) => row.id} file="audit" onOpen={(row) => setFilters({ entry: row.id })} hasMore={trail.hasMore} onMore={trail.loadMore} loadingMore={trail.loadingMore} loadAll={trail.loadAll} />
      )}
    </>
  )
}

function Filtering({ filters, setFilters }: Given) {
  const users = useDirectory("users")
  const kinds = [{ value: "", label: strings.everyKind }, ...KINDS.map((value) => ({ value, label: strings.kinds[value] ?? value }))]
  const outcomes = [{ value: "", label: strings.everyOutcome }, ...OUTCOMES.map((value) => ({ value, label: strings.outcomes[value] ?? value }))]
  const people = [{ value: "", label: strings.everybody }, ...users.rows.map((row) => ({ value: `user:${row.id}`, label: row.name }))]
  const said = { action: strings.action, actor: strings.actor, target: head.target }
  const active = (Object.keys(said) as (keyof typeof said)[]).filter((name) => filters[name]).map((name) => ({ name, label: `${said[name]}: ${name === "actor" ? users.nameOf(partsOf(filters.actor).id) : filters[name]}`, onClear: () => setFilters({ [name]: DEFAULTS[name] }) }))
  const more = (
    <>
      {users.rows.length > 0 || users.isLoading ? <SelectField label={strings.actor} value={filters.actor} choices={people} onChange={(event) => setFilters({ actor: event.target.value })} /> : <TextField label={strings.actor} value={filters.actor} onChange={(event) => setFilters({ actor: event.target.value })} />}
      <TextField label={strings.action} placeholder={strings.actionHint} value={filters.action} onChange={(event) => setFilters({ action: event.target.value })} />
      <TextField label={head.target} placeholder={strings.target} value={filters.target} onChange={(event) => setFilters({ target: event.target.value })} />
    </>
  )
  return (
    <FilterBar more={more} active={active}>
      <RangePicker value={filters} onChange={setFilters} />
      <SelectField label={strings.kind} hideLabel value={filters.kind} choices={kinds} onChange={(event) => setFilters({ kind: event.target.value })} />
      <SelectField label={strings.outcome} hideLabel value={filters.outcome} choices={outcomes} onChange={(event) => setFilters({ outcome: event.target.value })} />
    </FilterBar>
  )
}

import { useDirectory } from "@/client/directory.ts"
import { BEHIND, CACHE, DEFAULTS, ENDINGS, type Filters } from "@/features/requests/data.ts"
import { strings } from "@/features/requests/strings.ts"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { FilterBar } from "@/shared/parts/filter-bar.tsx"
import { RangePicker } from "@/shared/parts/range.tsx"

type Props = { filters: Filters; setFilters: (change: Partial<Filters>) => void }
const NAMED = { department: "departments", team: "teams", user: "users", key: "keys" } as const
const ENDING_CHOICES = [{ value: "", label: strings.every }, ...ENDINGS.map((value) => ({ value, label: strings.endings[value] ?? value }))]
const CACHE_CHOICES = [{ value: "", label: strings.everyCache }, ...CACHE.map((value) => ({ value, label: strings.caches[value] ?? value }))]

export function RequestFilters({ filters, setFilters }: Props) {
  const departments = useDirectory("departments")
  const teams = useDirectory("teams")
  const users = useDirectory("users")
  const keys = useDirectory("keys")
  const directories = { departments, teams, users, keys }
  const labelOf = (name: (typeof BEHIND)[number]) => {
    const value = filters[name]
    const shown = name in NAMED ? directories[NAMED[name as keyof typeof NAMED]].nameOf(value) : value
    return `${strings.filters[name]}: ${shown}`
  }
  const active = BEHIND.filter((name) => filters[name]).map((name) => ({ name, label: labelOf(name), onClear: () => setFilters({ [name]: "" }) }))
  const more = BEHIND.map((name) => {
    const known = name in NAMED ? directories[NAMED[name as keyof typeof NAMED]] : undefined
    const rows = known?.rows ?? []
    const label = strings.filters[name]
    if (rows.length === 0 && !known?.isLoading) return <TextField key={name} label={label} value={filters[name]} inputMode={name === "status" ? "numeric" : undefined} onChange={(event) => setFilters({ [name]: event.target.value })} />
    return <SelectField key={name} label={label} value={filters[name]} choices={[{ value: "", label: strings.everyone }, ...rows.map((row) => ({ value: row.id, label: row.name }))]} onChange={(event) => setFilters({ [name]: event.target.value })} />
  })
  const clear = () => setFilters(Object.fromEntries(BEHIND.map((name) => [name, DEFAULTS[name]])))
  return (
    <FilterBar more={more} active={active} onClear={clear}>
      <RangePicker value={filters} onChange={setFilters} />
      <TextField label={strings.search} hideLabel type="search" placeholder={strings.searchHint} value={filters.id} className="md:w-64" onChange={(event) => setFilters({ id: event.target.value })} />
      <SelectField label={strings.ending} hideLabel value={filters.ending} choices={ENDING_CHOICES} onChange={(event) => setFilters({ ending: event.target.value })} />
      <SelectField label={strings.cache} hideLabel value={filters.cache} choices={CACHE_CHOICES} onChange={(event) => setFilters({ cache: event.target.value })} />
    </FilterBar>
  )
}

import { useDirectory } from "@/client/directory.ts"
import { rolesGivenBy } from "@/features/users/data.ts"
import { strings } from "@/features/users/strings.ts"
import { SelectField } from "@/shared/parts/field.tsx"
import { useUser } from "@/shared/session.ts"

const { form } = strings
type Wrong = (name: string) => string | undefined

/** A role that the reader may give; `now` is kept although they could not give it. */
export function RoleField({ value, now, onChange, error }: { value: string; now?: string; onChange: (role: string) => void; error: Wrong }) {
  const given: readonly string[] = rolesGivenBy(useUser())
  const offered = now && !given.includes(now) ? [now, ...given] : given
  return <SelectField label={form.role} hint={strings.roleHints[value]} value={value} choices={offered.map((role) => ({ value: role, label: strings.roles[role] ?? role }))} error={error("role")} onChange={(event) => onChange(event.target.value)} />
}

/** Team and department; a team says its department itself. */
export function PlaceFields({ department, team, onChange, error }: { department: string; team: string; onChange: (change: { department?: string; team?: string }) => void; error: Wrong }) {
  const departments = useDirectory("departments").rows
  const teams = useDirectory("teams").rows
  const named = (rows: readonly { id: string; name: string }[]) => rows.map((row) => ({ value: row.id, label: row.name }))
  const above = teams.find((one) => one.id === team)?.department
  const within = teams.filter((one) => department === "" || one.department === department || one.department === "" || one.id === team)
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {departments.length > 0 && <SelectField label={form.department} value={above || department} choices={[{ value: "", label: form.none }, ...named(departments)]} error={error("department")} onChange={(event) => onChange({ department: event.target.value, team: "" })} />}
      {teams.length > 0 && <SelectField label={form.team} value={team} choices={[{ value: "", label: form.none }, ...named(within)]} error={error("team")} onChange={(event) => onChange({ team: event.target.value })} />}
    </div>
  )
}

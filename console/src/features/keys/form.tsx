import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { ApiError } from "@/client/errors.ts"
import { type Filled, NOBODY } from "@/features/keys/filled.ts"
import { BudgetRows, LimitRows } from "@/features/keys/rows.tsx"
import { strings } from "@/features/keys/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField, TextArea, TextField } from "@/shared/parts/field.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { useUser } from "@/shared/session.ts"

const { form } = strings
type Props = { start: Filled; isNew: boolean; busy: boolean; failure: Error | null; onSubmit: (filled: Filled) => void }

/** Every field that a key has; where it belongs is decided once, when it is made. */
export function KeyForm({ start, isNew, busy, failure, onSubmit }: Props) {
  const [filled, setFilled] = useState(start)
  const wrong = failure instanceof ApiError ? failure.field : null
  const put = (name: keyof Filled) => (event: { target: { value: string } }) => setFilled({ ...filled, [name]: event.target.value })
  const error = (...names: string[]) => (wrong !== null && names.includes(wrong.split(/[.[]/)[0] ?? "") ? failure?.message : undefined)
  const isShown = wrong !== null && ["name", "environment", "user", "department", "team", "models", "policy", "expires_at", "ip_allow", "metadata"].includes(wrong.split(/[.[]/)[0] ?? "")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(filled)
  }
  return (
    <form className="grid gap-5" onSubmit={submit}>
      {failure && !isShown && <ErrorState error={failure} compact />}
      <TextField label={form.name} hint={form.nameHint} required maxLength={120} autoFocus value={filled.name} error={error("name")} onChange={put("name")} />
      {isNew && <Place filled={filled} put={put} error={error} />}
      <Section title={form.use}>
        <TextArea label={form.models} hint={form.modelsHint} optional rows={3} spellCheck={false} value={filled.models} error={error("models")} onChange={put("models")} />
        <LimitRows rows={filled.limits} onChange={(limits) => setFilled({ ...filled, limits })} />
        <BudgetRows rows={filled.budgets} onChange={(budgets) => setFilled({ ...filled, budgets })} />
      </Section>
      <Section title={form.safety}>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label={form.expires} hint={form.expiresHint} optional type="datetime-local" value={filled.expires} error={error("expires_at")} onChange={put("expires")} />
          <TextArea label={form.networks} hint={form.networksHint} optional rows={2} spellCheck={false} value={filled.networks} error={error("ip_allow")} onChange={put("networks")} />
        </div>
        <TextField label={form.policy} hint={form.policyHint} optional value={filled.policy} error={error("policy")} onChange={put("policy")} />
        <Permissions filled={filled} onChange={(permissions) => setFilled({ ...filled, permissions })} />
      </Section>
      <Section title={form.notes}>
        <TextField label={form.environment} hint={form.environmentHint} optional maxLength={40} value={filled.environment} error={error("environment")} onChange={put("environment")} />
        <TextArea label={form.labels} hint={form.labelsHint} optional rows={2} spellCheck={false} value={filled.labels} error={error("metadata")} onChange={put("labels")} />
      </Section>
      <Button kind="primary" type="submit" busy={busy}>{isNew ? form.create : form.save}</Button>
    </form>
  )
}

type PlaceProps = { filled: Filled; put: (name: keyof Filled) => (event: { target: { value: string } }) => void; error: (...names: string[]) => string | undefined }

function Place({ filled, put, error }: PlaceProps) {
  const user = useUser()
  const users = useDirectory("users").rows
  const teams = useDirectory("teams").rows
  const departments = useDirectory("departments").rows
  const named = (rows: readonly { id: string; name: string }[]) => rows.map((row) => ({ value: row.id, label: row.name }))
  const owners = [{ value: "", label: form.me }, { value: NOBODY, label: form.nobody }, ...named(users.filter((one) => one.id !== user?.id))]
  return (
    <Section title={form.place}>
      <div className="grid gap-4 sm:grid-cols-2">
      {users.length > 0 && <SelectField label={form.owner} hint={form.ownerHint} value={filled.owner} choices={owners} error={error("user")} onChange={put("owner")} />}
      {teams.length > 0 && <SelectField label={form.team} value={filled.team} choices={[{ value: "", label: form.ofOwner }, ...named(teams)]} error={error("team")} onChange={put("team")} />}
      {departments.length > 0 && filled.team === "" && <SelectField label={form.department} value={filled.department} choices={[{ value: "", label: form.ofOwner }, ...named(departments)]} error={error("department")} onChange={put("department")} />}
      </div>
      {users.length + teams.length + departments.length === 0 && <p className="text-sm text-quiet">{form.yours}</p>}
    </Section>
  )
}

/** Permissions for the admin API: none beyond one's own are given, so only these are offered. */
function Permissions({ filled, onChange }: { filled: Filled; onChange: (permissions: readonly string[]) => void }) {
  const mine = useUser()?.permissions ?? []
  const offered = [...new Set([...filled.permissions, ...mine])].sort()
  const turn = (name: string) => onChange(filled.permissions.includes(name) ? filled.permissions.filter((one) => one !== name) : [...filled.permissions, name])
  return (
    <details className="rounded-lg border px-3">
      <summary className="touch flex items-center gap-2 text-sm font-medium">{form.permissions} <span className="font-normal text-quiet">{form.permissionsChosen(filled.permissions.length)}</span></summary>
      <p className="pb-2 text-sm text-quiet">{form.permissionsHint}</p>
      <ul className="grid pb-3 sm:grid-cols-2">
        {offered.map((name) => (
          <li key={name}><label className="touch flex items-center gap-2 text-sm"><input type="checkbox" className="size-4.5 accent-accent" checked={filled.permissions.includes(name)} onChange={() => turn(name)} />{name}</label></li>
        ))}
      </ul>
    </details>
  )
}

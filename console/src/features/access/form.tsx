import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { askOf, byRow, type ProviderAsk, useDiscover } from "@/features/access/data.ts"
import { Said } from "@/features/access/said.tsx"
import { providerSchema } from "@/features/access/schema.ts"
import { strings } from "@/features/access/strings.ts"
import { defaultsOf } from "@/shared/form/schema.ts"
import { SchemaForm } from "@/shared/form/schema-form.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { CheckField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { problemsOf } from "@/shared/stored/problems.ts"

type Form = Record<string, unknown>
type Props = { start?: Form; hasSecret: boolean; busy: boolean; failure: Error | null; action: string; onSubmit: (asked: ProviderAsk) => void }

/** Every field of an identity provider, and asking it what it says of itself before it is kept. */
export function ProviderForm({ start, hasSecret, busy, failure, action, onSubmit }: Props) {
  const teams = useDirectory("teams")
  const schema = providerSchema(teams.rows.map((row) => row.id))
  const [form, setForm] = useState<Form>(() => ({ ...defaultsOf(schema), ...start }))
  const [dropsSecret, setDrops] = useState(false)
  const discover = useDiscover()
  const problems = byRow(problemsOf(failure ?? discover.error))
  const isShown = Object.keys(problems).some((field) => (field.split(/[.[]/)[0] ?? "") in (schema.properties ?? {}))
  const issuer = typeof form.issuer === "string" ? form.issuer : ""
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(askOf(form, dropsSecret))
  }
  return (
    <form className="grid gap-5" onSubmit={submit}>
      {failure && !isShown && <ErrorState error={failure} compact />}
      <SchemaForm schema={schema} value={form} errors={problems} onChange={setForm} />
      {hasSecret && <CheckField label={strings.dropSecret} hint={strings.dropSecretHint} checked={dropsSecret} onChange={(event) => setDrops(event.target.checked)} />}
      {discover.error && !isShown && <ErrorState error={discover.error} compact />}
      {discover.data && <Said found={discover.data} />}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" type="submit" busy={busy}>{action}</Button>
        <Button busy={discover.isPending} disabled={issuer === ""} onClick={() => discover.mutate(issuer)}>{strings.test}</Button>
      </div>
    </form>
  )
}

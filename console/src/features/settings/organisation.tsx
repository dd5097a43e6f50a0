import { type FormEvent, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { type Tenant, usePutTenant, useTenant } from "@/features/settings/data.ts"
import { EYES, type Filled, filledOf, KEPT, putOf, sampleOf } from "@/features/settings/filled.ts"
import { strings } from "@/features/settings/strings.ts"
import { currentPlace } from "@/shared/format/place.ts"
import { Button } from "@/shared/parts/button.tsx"
import { CheckField, SelectField, TextArea, TextField } from "@/shared/parts/field.tsx"
import { Card } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

const { place, eyes, signingIn, defaults, keep } = strings
type Part = { filled: Filled; set: (change: Partial<Filled>) => void; problems: Readonly<Record<string, string>> }

export function Organisation() {
  const user = useUser()
  const id = user?.tenant ?? ""
  const tenant = useTenant(id, id !== "")
  if (tenant.error) return <ErrorState error={tenant.error} onRetry={() => void tenant.refetch()} />
  if (!tenant.data) return <Waiting />
  return <Form key={tenant.data.version} tenant={tenant.data} />
}

function Form({ tenant }: { tenant: Tenant }) {
  const mayWrite = useMay("tenant.write")
  const [filled, setFilled] = useState(() => filledOf(tenant))
  const put = usePutTenant(tenant.id, (waits) => {
    notify(waits ? strings.waits : strings.saved)
    if (waits) setFilled(filledOf(tenant))
  })
  const set = (change: Partial<Filled>) => setFilled({ ...filled, ...change })
  const problems = problemsOf(put.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    put.mutate(putOf(filled, tenant))
  }
  const part = { filled, set, problems }
  return (
    <form onSubmit={submit}>
      {!mayWrite && <p className="mb-4 rounded-lg bg-info-soft px-3 py-2 text-sm">{strings.readOnly}</p>}
      <fieldset disabled={!mayWrite} className="grid min-w-0 items-start gap-4 lg:grid-cols-2">
        <Where {...part} />
        <Eyes {...part} />
        <SigningIn {...part} />
        <NewThings {...part} />
        <Kept {...part} />
      </fieldset>
      {put.error && Object.keys(problems).length === 0 && <div className="mt-4"><ErrorState error={put.error} compact /></div>}
      {mayWrite && <div className="mt-4"><Button kind="primary" type="submit" busy={put.isPending}>{strings.save}</Button></div>}
    </form>
  )
}

function Where({ filled, set, problems }: Part) {
  const now = currentPlace()
  const sample = sampleOf(filled.locale || now.locale || "en", filled.zone || now.zone || "UTC", filled.currency || now.currency, new Date())
  const listed = (names: string[], chosen: string) => [{ value: "", label: place.installation }, ...(chosen && !names.includes(chosen) ? [chosen, ...names] : names).map((value) => ({ value, label: value }))]
  return (
    <Card title={place.title}>
      <div className="grid gap-4">
        <TextField label={place.name} required maxLength={120} value={filled.name} error={problems.name} onChange={(event) => set({ name: event.target.value })} />
        <SelectField label={place.currency} hint={place.currencyHint} value={filled.currency} error={problems.currency} choices={listed(Intl.supportedValuesOf("currency"), filled.currency)} onChange={(event) => set({ currency: event.target.value })} />
        <SelectField label={place.zone} hint={place.zoneHint} value={filled.zone} error={problems.time_zone} choices={listed(["UTC", ...Intl.supportedValuesOf("timeZone").filter((one) => one !== "UTC")], filled.zone)} onChange={(event) => set({ zone: event.target.value })} />
        <TextField label={place.locale} hint={place.localeHint} optional spellCheck={false} value={filled.locale} error={problems.locale ?? (sample === null ? place.badLocale : undefined)} onChange={(event) => set({ locale: event.target.value })} />
        {sample && <p className="rounded-lg bg-panel px-3 py-2 text-sm"><span className="block text-quiet">{place.sample}</span>{sample}</p>}
      </div>
    </Card>
  )
}

function Eyes({ filled, set, problems }: Part) {
  return (
    <Card title={eyes.title}>
      <div className="grid gap-4">
        <p className="text-sm text-quiet">{eyes.about}</p>
        {EYES.map((one) => <CheckField key={one} label={eyes[one]} checked={filled.eyes[one]} onChange={(event) => set({ eyes: { ...filled.eyes, [one]: event.target.checked } })} />)}
        <TextField label={eyes.expires} optional type="number" min={1} max={8760} step="any" value={filled.expires} error={problems.expires_hours} onChange={(event) => set({ expires: event.target.value })} />
      </div>
    </Card>
  )
}

function SigningIn({ filled, set }: Part) {
  return (
    <Card title={signingIn.title}>
      <div className="grid gap-4">
        <p className="text-sm text-quiet">{signingIn.about}</p>
        <CheckField label={signingIn.alone} checked={filled.alone} onChange={(event) => set({ alone: event.target.checked })} />
      </div>
    </Card>
  )
}

function NewThings({ filled, set, problems }: Part) {
  const roles = [{ value: "", label: defaults.none }, { value: "user", label: strings.roles.user }, { value: "viewer", label: strings.roles.viewer }]
  return (
    <Card title={defaults.title}>
      <div className="grid gap-4">
        <SelectField label={defaults.role} value={filled.role} choices={roles} onChange={(event) => set({ role: event.target.value })} />
        <TextField label={defaults.keyDays} hint={defaults.keyDaysHint} optional type="number" min={1} max={3660} value={filled.keyDays} error={problems.key_days} onChange={(event) => set({ keyDays: event.target.value })} />
        <TextArea label={defaults.models} hint={defaults.modelsHint} optional rows={3} spellCheck={false} value={filled.models} error={problems.models} onChange={(event) => set({ models: event.target.value })} />
      </div>
    </Card>
  )
}

function Kept({ filled, set, problems }: Part) {
  return (
    <Card title={keep.title}>
      <div className="grid gap-4">
        <p className="text-sm text-quiet">{keep.about}</p>
        {KEPT.map((one) => <TextField key={one} label={keep[one]} optional type="number" min={1} max={3660} value={filled.kept[one]} error={problems[one]} onChange={(event) => set({ kept: { ...filled.kept, [one]: event.target.value } })} />)}
      </div>
    </Card>
  )
}

/** The last part of a field's name says which one it is: `settings.four_eyes.expires_hours`. */
function problemsOf(failure: unknown): Record<string, string> {
  const field = failure instanceof ApiError ? failure.field?.split(".").at(-1) : undefined
  return field && failure instanceof ApiError ? { [field]: failure.message } : {}
}

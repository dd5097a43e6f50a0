import { type FormEvent, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { type InviteAsk, linkOf, useUserActions } from "@/features/users/data.ts"
import { PlaceFields, RoleField } from "@/features/users/fields.tsx"
import { strings } from "@/features/users/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { CheckField, TextField } from "@/shared/parts/field.tsx"
import { Badge, SecretOnce } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"

const { form } = strings
type Shown = { open: boolean; onClose: () => void }

/** The message of a failure at its field; `shown` tells whether there was one of these. */
function wrongOf(failure: Error | null, names: readonly string[]) {
  const field = failure instanceof ApiError ? failure.field : null
  const shown = field !== null && names.includes(field)
  return { error: (name: string) => (field === name ? failure?.message : undefined), shown }
}

export function InviteDialog({ open, onClose }: Shown) {
  const { invite } = useUserActions()
  const close = () => {
    invite.reset()
    onClose()
  }
  const footer = invite.data && <Button kind="primary" onClick={close}>{strings.done}</Button>
  return (
    <Dialog open={open} onClose={close} title={invite.data ? strings.invited : strings.invite} footer={footer}>
      {invite.data ? (
        <div className="grid gap-3">
          <p><strong className="font-semibold break-words">{invite.data.email}</strong> <Badge tone={invite.data.role === "admin" ? "accent" : "plain"}>{invite.variables.new_tenant ? strings.ofOwnTenant : (strings.roles[invite.data.role] ?? invite.data.role)}</Badge></p>
          <p className="text-sm">{strings.invitedText}</p>
          <SecretOnce secret={linkOf("accept-invitation", invite.data.token)} label={strings.link} />
        </div>
      ) : <InviteForm busy={invite.isPending} failure={invite.error} onSubmit={(asked) => invite.mutate(asked)} />}
    </Dialog>
  )
}

function InviteForm({ busy, failure, onSubmit }: { busy: boolean; failure: Error | null; onSubmit: (asked: InviteAsk) => void }) {
  const [filled, setFilled] = useState({ email: "", name: "", role: "user", department: "", team: "", newTenant: false })
  const mayTenants = useMay("tenants.operate")
  const { error, shown } = wrongOf(failure, ["email", "name", "role", "department", "team"])
  const put = (change: Partial<typeof filled>) => setFilled({ ...filled, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { email, name, role, department, team } = filled
    onSubmit(filled.newTenant ? { email, new_tenant: true } : { email, name, role: role as NonNullable<InviteAsk["role"]>, department, team })
  }
  return (
    <form className="grid gap-4" onSubmit={submit}>
      {failure && !shown && <ErrorState error={failure} compact />}
      <TextField label={form.email} type="email" required autoFocus autoComplete="off" value={filled.email} error={error("email")} onChange={(event) => put({ email: event.target.value })} />
      {!filled.newTenant && (
        <>
          <TextField label={form.name} optional maxLength={120} autoComplete="off" value={filled.name} error={error("name")} onChange={(event) => put({ name: event.target.value })} />
          <RoleField value={filled.role} error={error} onChange={(role) => put({ role })} />
          <PlaceFields department={filled.department} team={filled.team} error={error} onChange={put} />
        </>
      )}
      {mayTenants && <CheckField label={form.newTenant} hint={form.newTenantHint} checked={filled.newTenant} onChange={(event) => put({ newTenant: event.target.checked })} />}
      <Button kind="primary" type="submit" busy={busy}>{form.invite}</Button>
    </form>
  )
}

export function ServiceDialog({ open, onClose }: Shown) {
  const { create } = useUserActions()
  const [filled, setFilled] = useState({ name: "", department: "", team: "" })
  const { error, shown } = wrongOf(create.error, ["name", "department", "team"])
  const close = () => {
    create.reset()
    setFilled({ name: "", department: "", team: "" })
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { name, department, team } = filled
    create.mutate({ kind: "service", name, team, department }, { onSuccess: () => { notify(strings.made(name)); close() } })
  }
  return (
    <Dialog open={open} onClose={close} title={strings.addService}>
      <form className="grid gap-4" onSubmit={submit}>
        {create.error && !shown && <ErrorState error={create.error} compact />}
        <TextField label={form.name} required autoFocus maxLength={120} value={filled.name} error={error("name")} onChange={(event) => setFilled({ ...filled, name: event.target.value })} />
        <PlaceFields department={filled.department} team={filled.team} error={error} onChange={(change) => setFilled({ ...filled, ...change })} />
        <Button kind="primary" type="submit" busy={create.isPending}>{form.create}</Button>
      </form>
    </Dialog>
  )
}

import { Link } from "@tanstack/react-router"
import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { ApiError } from "@/client/errors.ts"
import { linkOf, rolesGivenBy, type Role, type User, type UserPut, useOne, useUsage, useUserActions } from "@/features/users/data.ts"
import { PlaceFields, RoleField } from "@/features/users/fields.tsx"
import { GrantsPart } from "@/features/users/grants.tsx"
import { IdentitiesPart } from "@/features/users/identities.tsx"
import { RoleBadge, StatusBadge } from "@/features/users/list.tsx"
import { strings } from "@/features/users/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { SecretOnce } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

const { facts, form } = strings

export function UserDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useOne(id)
  return (
    <Drawer open={id !== ""} onClose={onClose} title={found.data?.name || found.data?.email || strings.detail}>
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <One key={found.data.id} user={found.data} onClose={onClose} />}
    </Drawer>
  )
}

function One({ user, onClose }: { user: User; onClose: () => void }) {
  const me = useUser()
  const departments = useDirectory("departments")
  const teams = useDirectory("teams")
  const usage = useUsage(user.id, useMay("usage.read"))
  const mayRequests = useMay("requests.read")
  const isMine = user.id === me?.id
  const given: readonly string[] = rolesGivenBy(me)
  const mayWrite = useMay("users.write") && (given.includes(user.role) || user.role === "service")
  const where = [user.department && departments.nameOf(user.department), user.team && teams.nameOf(user.team)].filter(Boolean).join(" / ")
  const attributes = Object.entries(user.attributes).map(([name, value]) => `${name}: ${String(value)}`).join(", ")
  const totals = usage.data?.totals
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-2"><StatusBadge status={user.status} /><RoleBadge user={user} /></div>
      <Facts
        facts={[
          user.email !== "" && [facts.email, user.email],
          [facts.where, where || form.none],
          user.kind === "person" && [facts.seen, user.last_sign_in_at ? dateTime(user.last_sign_in_at) : strings.never],
          [facts.made, dateTime(user.created_at)],
          attributes !== "" && [facts.attributes, attributes],
          user.external_id !== "" && [facts.external, user.external_id],
          totals && [facts.usage, strings.usage(number(totals.requests, true), number(totals.total_tokens, true), money(totals.cost, totals.currency))],
        ]}
      />
      {mayRequests && <Link to={"/requests" as string} search={{ user: user.id, range: "30d" } as never} className="touch inline-flex w-fit items-center text-sm font-medium text-accent hover:underline">{strings.toRequests}</Link>}
      {mayWrite && <Access user={user} isMine={isMine} onClose={onClose} />}
      {user.kind === "person" && <IdentitiesPart user={user} mayWrite={mayWrite} />}
      {user.kind === "person" && <GrantsPart user={user} mayWrite={mayWrite && !isMine} />}
    </div>
  )
}

function Access({ user, isMine, onClose }: { user: User; isMine: boolean; onClose: () => void }) {
  const { change, remove, signOut, reset } = useUserActions()
  const [doing, setDoing] = useState<"edit" | "remove">()
  const name = user.name || user.email
  const isSuspended = user.status === "suspended"
  const turn = (status: "active" | "suspended", told: boolean) =>
    change.mutate({ id: user.id, body: { status } }, { onSuccess: () => told && notify(status === "active" ? strings.activatedSaid(name) : strings.suspendedSaid(name), { undo: () => turn(status === "active" ? "suspended" : "active", false) }) })
  const stop = () => { change.reset(); setDoing(undefined) }
  const failure = (doing === "edit" ? null : change.error) ?? signOut.error ?? reset.error ?? remove.error
  return (
    <Section title={strings.access}>
      {failure && <ErrorState error={failure} compact />}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setDoing("edit")}>{strings.edit}</Button>
        {!isMine && user.status !== "invited" && <Button busy={change.isPending && !doing} title={strings.suspendHint} onClick={() => turn(isSuspended ? "active" : "suspended", true)}>{isSuspended ? strings.activate : strings.suspend}</Button>}
        {user.kind === "person" && user.status === "active" && (
          <>
            <Button busy={signOut.isPending} onClick={() => signOut.mutate(user.id, { onSuccess: (done) => notify(strings.signedOut(done.sessions_ended ?? 0)) })}>{strings.signOut}</Button>
            <Button busy={reset.isPending} onClick={() => reset.mutate(user.id)}>{strings.reset}</Button>
          </>
        )}
        {!isMine && <Button kind="danger" onClick={() => setDoing("remove")}>{strings.remove}</Button>}
      </div>
      {reset.data && <><p className="text-sm">{strings.resetText}</p><SecretOnce secret={linkOf("reset-password", reset.data.token)} label={strings.link} /></>}
      <Dialog open={doing === "edit"} onClose={stop} title={strings.editTitle(name)}>
        <EditForm user={user} isMine={isMine} busy={change.isPending} failure={change.error} onSubmit={(body) => change.mutate({ id: user.id, body }, { onSuccess: () => { notify(strings.saved(name)); stop() } })} />
      </Dialog>
      <ConfirmByName
        open={doing === "remove"}
        onClose={stop}
        title={strings.removeTitle}
        name={name}
        action={strings.remove}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(user.id, { onSuccess: () => { notify(strings.removedSaid(name)); onClose() }, onError: stop })}
      >
        {strings.removeText}
      </ConfirmByName>
    </Section>
  )
}

function EditForm({ user, isMine, busy, failure, onSubmit }: { user: User; isMine: boolean; busy: boolean; failure: Error | null; onSubmit: (body: UserPut) => void }) {
  const [filled, setFilled] = useState({ name: user.name, role: user.role, department: user.department, team: user.team })
  const field = failure instanceof ApiError ? failure.field : null
  const error = (name: string) => (field === name ? failure?.message : undefined)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { name, role, department, team } = filled
    const moved = department !== user.department || team !== user.team
    onSubmit({ version: user.version, name, ...(role !== user.role ? { role: role as Role } : {}), ...(moved ? { team, department } : {}) })
  }
  return (
    <form className="grid gap-4" onSubmit={submit}>
      {failure && field === null && <ErrorState error={failure} compact />}
      <TextField label={form.name} required maxLength={120} autoFocus value={filled.name} error={error("name")} onChange={(event) => setFilled({ ...filled, name: event.target.value })} />
      {user.kind === "person" && !isMine && <RoleField value={filled.role} now={user.role} error={error} onChange={(role) => setFilled({ ...filled, role })} />}
      {!isMine && <PlaceFields department={filled.department} team={filled.team} error={error} onChange={(change) => setFilled({ ...filled, ...change })} />}
      <Button kind="primary" type="submit" busy={busy}>{form.save}</Button>
    </form>
  )
}

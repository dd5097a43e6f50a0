import { type FormEvent, useState } from "react"
import { type Grant, type User, useGrants, useUserActions } from "@/features/users/data.ts"
import { strings } from "@/features/users/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Section } from "@/shared/parts/facts.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useUser } from "@/shared/session.ts"

const SPANS = Object.entries(strings.spans).map(([value, label]) => ({ value, label }))

/** What somebody may for a while, besides their role. */
export function GrantsPart({ user, mayWrite }: { user: User; mayWrite: boolean }) {
  const grants = useGrants(user.id)
  const { give, end } = useUserActions()
  const [isGiving, setGiving] = useState(false)
  const mayGive = mayWrite && user.status === "active" && !isGiving
  const stop = (grant: Grant) => end.mutate({ id: user.id, grant: grant.id }, { onSuccess: () => notify(strings.ended(grant.permission)) })
  return (
    <Section title={strings.grants} action={mayGive && <Button onClick={() => setGiving(true)}>{strings.give}</Button>}>
      <p className="text-sm text-quiet">{strings.grantsText}</p>
      {grants.error ? <ErrorState compact error={grants.error} onRetry={() => void grants.refetch()} /> : !grants.data ? <Skeleton className="h-8 w-full" /> : grants.data.items.length === 0 ? <p className="text-sm">{strings.noGrants}</p> : (
        <ul className="grid gap-1 text-sm">
          {grants.data.items.map((one) => (
            <li key={one.id} className="flex flex-wrap items-center gap-x-3 border-t pt-1 first:border-t-0">
              <strong className="font-medium">{one.permission}</strong>
              <span className="text-quiet">{strings.until(dateTime(one.expires_at))}</span>
              <span className="min-w-0 flex-1 text-quiet">{one.reason}</span>
              {mayWrite && <Button kind="quiet" busy={end.isPending && end.variables.grant === one.id} onClick={() => stop(one)}>{strings.endGrant}</Button>}
            </li>
          ))}
        </ul>
      )}
      {end.error && <ErrorState compact error={end.error} />}
      {isGiving && <GiveForm busy={give.isPending} failure={give.error} onSubmit={(body) => give.mutate({ id: user.id, body }, { onSuccess: () => { notify(strings.given(body.permission)); setGiving(false) } })} />}
    </Section>
  )
}

type Asked = { permission: string; for_s: number; reason: string }

function GiveForm({ busy, failure, onSubmit }: { busy: boolean; failure: Error | null; onSubmit: (asked: Asked) => void }) {
  const mine = [...(useUser()?.permissions ?? [])].sort()
  const [filled, setFilled] = useState({ permission: mine[0] ?? "", span: "3600", reason: "" })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit({ permission: filled.permission, for_s: Number(filled.span), reason: filled.reason.trim() })
  }
  return (
    <form className="grid gap-3 rounded-xl border p-3" onSubmit={submit}>
      {failure && <ErrorState compact error={failure} />}
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField label={strings.permission} value={filled.permission} choices={mine.map((value) => ({ value, label: value }))} onChange={(event) => setFilled({ ...filled, permission: event.target.value })} />
        <SelectField label={strings.span} value={filled.span} choices={SPANS} onChange={(event) => setFilled({ ...filled, span: event.target.value })} />
      </div>
      <TextField label={strings.reason} hint={strings.reasonHint} required minLength={3} maxLength={500} value={filled.reason} onChange={(event) => setFilled({ ...filled, reason: event.target.value })} />
      <Button kind="primary" type="submit" busy={busy}>{strings.give}</Button>
    </form>
  )
}

import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Hold, partsOf, useAuditActions, useHolds } from "@/features/audit/data.ts"
import { strings } from "@/features/audit/strings.ts"
import { number } from "@/shared/format/numbers.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName } from "@/shared/parts/dialog.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

export function Retention() {
  const mayWrite = useMay("audit.write")
  return (
    <div className="grid gap-4">
      <Holds mayWrite={mayWrite} />
      {mayWrite && <Erase />}
    </div>
  )
}

function Holds({ mayWrite }: { mayWrite: boolean }) {
  const holds = useHolds()
  const users = useDirectory("users")
  const { begin, end } = useAuditActions()
  const [reason, setReason] = useState("")
  const [ending, setEnding] = useState<Hold>()
  const nameOf = (label: string) => users.nameOf(partsOf(label).id)
  const stop = () => setEnding(undefined)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    begin.mutate(reason.trim(), { onSuccess: () => { notify(strings.begun); setReason("") } })
  }
  const columns: Column<Hold>[] = [
    { id: "reason", head: strings.hold.reason, cell: (one) => one.reason, value: (one) => one.reason },
    { id: "begun", head: strings.hold.begun, cell: (one) => dateTime(one.begun_at), value: (one) => one.begun_at },
    { id: "by", head: strings.hold.by, cell: (one) => nameOf(one.begun_by), value: (one) => one.begun_by },
    { id: "ended", head: strings.hold.ended, cell: (one) => (one.ended_at ? `${dateTime(one.ended_at)}, ${nameOf(one.ended_by)}` : <Badge tone="warn">{strings.lasts}</Badge>), value: (one) => one.ended_at },
    ...(mayWrite ? [{ id: "act", head: "", cell: (one: Hold) => (one.ended_at ? null : <Button kind="danger" onClick={() => setEnding(one)}>{strings.end}</Button>) }] : []),
  ]
  return (
    <Card title={strings.holds}>
      <p className="mb-3 text-sm text-quiet">{strings.holdsText}</p>
      {(begin.error ?? end.error) && <ErrorState compact error={begin.error ?? end.error} />}
      {holds.error ? <ErrorState compact error={holds.error} onRetry={() => void holds.refetch()} /> : !holds.data ? <Skeleton className="h-16 w-full" /> : holds.data.items.length === 0 ? <p className="text-sm">{strings.noHold}</p> : <Table label={strings.holds} rows={holds.data.items} columns={columns} rowKey={(one) => one.id} file="legal-holds" />}
      {mayWrite && (
        <form className="mt-4 grid gap-3 border-t pt-4 md:grid-cols-[1fr_auto] md:items-start" onSubmit={submit}>
          <TextField label={strings.reason} hint={strings.reasonHint} required minLength={3} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />
          <Button type="submit" busy={begin.isPending} className="md:mt-6">{strings.begin}</Button>
        </form>
      )}
      <ConfirmByName open={ending !== undefined} onClose={stop} title={strings.endTitle} name={ending?.reason ?? ""} action={strings.end} busy={end.isPending} onConfirm={() => ending && end.mutate(ending.id, { onSuccess: () => { notify(strings.ended); stop() }, onError: stop })}>
        {strings.endText}
      </ConfirmByName>
    </Card>
  )
}

function Erase() {
  const users = useDirectory("users")
  const { erase } = useAuditActions()
  const [filled, setFilled] = useState({ user: "", reason: "" })
  const [isSure, setSure] = useState(false)
  const name = users.nameOf(filled.user)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    erase.reset()
    setSure(true)
  }
  const stop = () => setSure(false)
  const put = (field: keyof typeof filled) => (event: { target: { value: string } }) => setFilled({ ...filled, [field]: event.target.value })
  return (
    <Card title={strings.erase}>
      <p className="mb-3 text-sm text-quiet">{strings.eraseText}</p>
      {erase.error && <div className="mb-3"><ErrorState compact error={erase.error} /></div>}
      {erase.data && <p role="status" className="mb-3 rounded-xl bg-good-soft p-3 text-sm text-good">{strings.erased(number(erase.data.entries), number(erase.data.requests), erase.data.pseudonym)}</p>}
      <form className="grid gap-3 md:grid-cols-[1fr_1fr_auto] md:items-start" onSubmit={submit}>
        {users.rows.length > 0 || users.isLoading
          ? <SelectField label={strings.person} required value={filled.user} choices={[{ value: "", label: strings.choose }, ...users.rows.map((one) => ({ value: one.id, label: one.name }))]} onChange={put("user")} />
          : <TextField label={strings.person} hint={strings.personHint} required value={filled.user} onChange={put("user")} />}
        <TextField label={strings.reason} hint={strings.reasonHint} required minLength={3} maxLength={1000} value={filled.reason} onChange={put("reason")} />
        <Button kind="danger" type="submit" className="md:mt-6">{strings.eraseAction}</Button>
      </form>
      <ConfirmByName open={isSure} onClose={stop} title={strings.eraseTitle} name={name} action={strings.erase} busy={erase.isPending} onConfirm={() => erase.mutate({ user: filled.user, reason: filled.reason.trim() }, { onSuccess: () => setFilled({ user: "", reason: "" }), onSettled: stop })}>
        {strings.eraseConfirm(name)}
      </ConfirmByName>
    </Card>
  )
}

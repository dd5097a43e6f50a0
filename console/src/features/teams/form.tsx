import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { ApiError } from "@/client/errors.ts"
import { type Asked, type Kind, useGroupActions } from "@/features/teams/data.ts"
import { strings } from "@/features/teams/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { SelectField, TextField } from "@/shared/parts/field.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

const { form } = strings
type Props = { kind: Kind; start: Asked; isNew: boolean; busy: boolean; failure: Error | null; onSubmit: (asked: Asked) => void }

/** Name, for new ones the id, for teams where they belong. */
export function GroupForm({ kind, start, isNew, busy, failure, onSubmit }: Props) {
  const departments = useDirectory("departments").rows
  const [filled, setFilled] = useState(start)
  const field = failure instanceof ApiError ? failure.field : null
  const error = (name: string) => (field === name ? failure?.message : undefined)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(filled)
  }
  return (
    <form className="grid gap-4" onSubmit={submit}>
      {failure && field === null && <ErrorState error={failure} compact />}
      <TextField label={form.name} required autoFocus maxLength={120} value={filled.name} error={error("name")} onChange={(event) => setFilled({ ...filled, name: event.target.value })} />
      {isNew && <TextField label={form.id} hint={form.idHint} optional pattern="[a-z0-9][a-z0-9._\-]{0,63}" spellCheck={false} value={filled.id} error={error("id")} onChange={(event) => setFilled({ ...filled, id: event.target.value })} />}
      {kind === "team" && departments.length > 0 && <SelectField label={form.department} value={filled.department} choices={[{ value: "", label: strings.none }, ...departments.map((one) => ({ value: one.id, label: one.name }))]} error={error("department")} onChange={(event) => setFilled({ ...filled, department: event.target.value })} />}
      <Button kind="primary" type="submit" busy={busy}>{isNew ? form.create : form.save}</Button>
    </form>
  )
}

export function MakeGroup({ kind, open, onClose }: { kind: Kind; open: boolean; onClose: () => void }) {
  const { create } = useGroupActions(kind)
  const close = () => {
    create.reset()
    onClose()
  }
  return (
    <Dialog open={open} onClose={close} title={strings.create[kind]}>
      <GroupForm kind={kind} start={{ name: "", id: "", department: "" }} isNew busy={create.isPending} failure={create.error} onSubmit={(asked) => create.mutate(asked, { onSuccess: () => { notify(strings.made(asked.name)); close() } })} />
    </Dialog>
  )
}

import { Link } from "@tanstack/react-router"
import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Group, type Kind, type Member, useGroup, useGroupActions, useMembers } from "@/features/teams/data.ts"
import { GroupForm } from "@/features/teams/form.tsx"
import { strings } from "@/features/teams/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { ErrorState, Skeleton, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"

const { columns } = strings
const ROLES = Object.entries(strings.roles).map(([value, label]) => ({ value, label }))

export function GroupDrawer({ kind, id, mayWrite, onClose }: { kind: Kind; id: string; mayWrite: boolean; onClose: () => void }) {
  const found = useGroup(kind, id)
  return (
    <Drawer open={id !== ""} onClose={onClose} title={found.data?.name || id || strings.detail[kind]}>
      {found.isPending ? <Waiting /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <One key={found.data.id} kind={kind} group={found.data} mayWrite={mayWrite} onClose={onClose} />}
    </Drawer>
  )
}

function One({ kind, group, mayWrite, onClose }: { kind: Kind; group: Group; mayWrite: boolean; onClose: () => void }) {
  const departments = useDirectory("departments")
  const mayRequests = useMay("requests.read")
  return (
    <div className="grid gap-5">
      <Facts
        facts={[
          [columns.id, <code key="id" className="font-mono text-xs">{group.id}</code>],
          kind === "team" && [columns.department, group.department ? departments.nameOf(group.department) : strings.none],
          [columns.source, strings.sources[group.source]],
        ]}
      />
      {group.source === "file" && <p className="text-sm text-quiet">{strings.fileHint}</p>}
      {mayRequests && <Link to={"/requests" as string} search={{ [kind]: group.id, range: "30d" } as never} className="touch inline-flex w-fit items-center text-sm font-medium text-accent hover:underline">{strings.toUsage}</Link>}
      <Members kind={kind} group={group} mayWrite={mayWrite} />
      {mayWrite && group.source === "stored" && <Actions kind={kind} group={group} onClose={onClose} />}
    </div>
  )
}

function Members({ kind, group, mayWrite }: { kind: Kind; group: Group; mayWrite: boolean }) {
  const members = useMembers(kind, group.id)
  const { put, take } = useGroupActions(kind)
  const nameOf = (one: Member) => one.name || one.email || one.user
  const failure = put.error ?? take.error
  const leave = (one: Member) => take.mutate({ id: group.id, user: one.user }, { onSuccess: () => notify(strings.takenOut(nameOf(one)), { undo: () => put.mutate({ id: group.id, user: one.user, role: one.role }) }) })
  return (
    <Section title={strings.members}>
      {failure && <ErrorState error={failure} compact />}
      {members.error ? <ErrorState compact error={members.error} onRetry={members.reload} /> : members.isPending ? <Skeleton className="h-20 w-full" /> : members.rows.length === 0 ? <p className="text-sm text-quiet">{strings.noMembers}</p> : (
        <ul className="grid text-sm">
          {members.rows.map((one) => (
            <li key={one.user} className="flex flex-wrap items-center gap-2 border-t py-1.5 first:border-t-0">
              <span className="min-w-40 flex-1"><span className="font-medium">{nameOf(one)}</span>{one.email.includes("@") && one.email !== nameOf(one) && <span className="block text-quiet">{one.email}</span>}</span>
              {one.main && <Badge tone="info" title={strings.mainHint}>{strings.main}</Badge>}
              {mayWrite ? <SelectField label={strings.roleOf(nameOf(one))} hideLabel choices={ROLES} value={one.role} onChange={(event) => put.mutate({ id: group.id, user: one.user, role: event.target.value as Member["role"] })} /> : <Badge>{strings.roles[one.role]}</Badge>}
              {mayWrite && <Button kind="quiet" busy={take.isPending && take.variables.user === one.user} onClick={() => leave(one)}>{strings.takeOut}</Button>}
            </li>
          ))}
        </ul>
      )}
      {members.hasMore && <Button busy={members.loadingMore} onClick={members.loadMore}>…</Button>}
      {mayWrite && <AddMember busy={put.isPending} there={members.rows} onAdd={(user, role, name) => put.mutate({ id: group.id, user, role }, { onSuccess: () => notify(strings.putIn(name)) })} />}
    </Section>
  )
}

function AddMember({ busy, there, onAdd }: { busy: boolean; there: readonly Member[]; onAdd: (user: string, role: Member["role"], name: string) => void }) {
  const users = useDirectory("users")
  const [filled, setFilled] = useState<{ user: string; role: Member["role"] }>({ user: "", role: "member" })
  const free = users.rows.filter((one) => !there.some((member) => member.user === one.id))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onAdd(filled.user, filled.role, users.nameOf(filled.user))
    setFilled({ ...filled, user: "" })
  }
  if (free.length === 0) return null
  return (
    <form className="flex flex-wrap items-end gap-2 max-md:*:w-full" onSubmit={submit}>
      <SelectField label={strings.who} required value={filled.user} choices={[{ value: "", label: strings.choose }, ...free.map((one) => ({ value: one.id, label: one.name }))]} onChange={(event) => setFilled({ ...filled, user: event.target.value })} />
      <SelectField label={strings.role} choices={ROLES} value={filled.role} onChange={(event) => setFilled({ ...filled, role: event.target.value as Member["role"] })} />
      <Button type="submit" busy={busy}>{strings.add}</Button>
    </form>
  )
}

function Actions({ kind, group, onClose }: { kind: Kind; group: Group; onClose: () => void }) {
  const { change, remove } = useGroupActions(kind)
  const [doing, setDoing] = useState<"edit" | "remove">()
  const stop = () => { change.reset(); setDoing(undefined) }
  return (
    <div className="grid gap-3 border-t pt-4">
      {remove.error && <ErrorState error={remove.error} compact />}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setDoing("edit")}>{strings.edit}</Button>
        <Button kind="danger" onClick={() => setDoing("remove")}>{strings.remove}</Button>
      </div>
      <Dialog open={doing === "edit"} onClose={stop} title={group.name}>
        <GroupForm kind={kind} start={{ name: group.name, id: group.id, department: group.department }} isNew={false} busy={change.isPending} failure={change.error} onSubmit={(asked) => change.mutate({ id: group.id, asked }, { onSuccess: () => { notify(strings.saved(asked.name)); stop() } })} />
      </Dialog>
      <ConfirmByName
        open={doing === "remove"}
        onClose={stop}
        title={strings.removeTitle[kind]}
        name={group.name}
        action={strings.remove}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(group.id, { onSuccess: () => { notify(strings.removedSaid(group.name)); onClose() }, onError: stop })}
      >
        {strings.removeText[kind]}
      </ConfirmByName>
    </div>
  )
}

import { type FormEvent, useState } from "react"
import { type Tenant, useTenantActions } from "@/features/tenants/data.ts"
import { strings } from "@/features/tenants/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useUser } from "@/shared/session.ts"

const { facts } = strings

export function StateBadge({ state }: { state: Tenant["status"] }) {
  return <Badge tone={state === "active" ? "good" : "warn"}>{strings.states[state] ?? state}</Badge>
}

export function TenantDrawer({ found, onClose }: { found: Tenant | undefined; onClose: () => void }) {
  return (
    <Drawer open={found !== undefined} onClose={onClose} title={found?.name || found?.id || strings.detail}>
      {found && <Detail key={`${found.id} ${found.version}`} found={found} onGone={onClose} />}
    </Drawer>
  )
}

function Detail({ found, onGone }: { found: Tenant; onGone: () => void }) {
  const { change, remove } = useTenantActions()
  const user = useUser()
  const [name, setName] = useState(found.name)
  const [doing, setDoing] = useState<"suspend" | "remove">()
  const stop = () => setDoing(undefined)
  // Of one's own organisation one would lock oneself out.
  const isOwn = user?.tenant === found.id
  const rename = (event: FormEvent) => {
    event.preventDefault()
    change.mutate({ id: found.id, body: { name: name.trim(), version: found.version } }, { onSuccess: (now) => notify(strings.saved(now.name)) })
  }
  const turn = (status: "active" | "suspended") =>
    change.mutate({ id: found.id, body: { status, version: found.version } }, { onSuccess: (now) => notify(status === "active" ? strings.resumed(now.name) : strings.suspended(now.name)), onSettled: stop })
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap gap-2"><StateBadge state={found.status} /><Badge>{strings.sources[found.source] ?? found.source}</Badge></div>
      <Facts facts={[[facts.id, <code key="id" className="font-mono text-xs">{found.id}</code>], [facts.currency, found.settings.currency ?? facts.usual], [facts.zone, found.settings.time_zone ?? facts.usual], found.updated_at !== null && [facts.changed, dateTime(found.updated_at)]]} />
      {found.source === "file" && <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{strings.fileNote}</p>}
      {(change.error ?? remove.error) && <ErrorState error={change.error ?? remove.error} compact />}
      <Section title={strings.rename}>
        <form className="flex flex-wrap items-end gap-2" onSubmit={rename}>
          <div className="min-w-48 flex-1"><TextField label={strings.name} required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} /></div>
          <Button type="submit" busy={change.isPending} disabled={name.trim() === found.name}>{strings.save}</Button>
        </form>
      </Section>
      {!isOwn && (
        <div className="flex flex-wrap gap-2 border-t pt-4">
          {found.status === "active" ? <Button kind="danger" onClick={() => setDoing("suspend")}>{strings.suspend}</Button> : <Button busy={change.isPending} onClick={() => turn("active")}>{strings.resume}</Button>}
          {found.source === "stored" && <Button kind="danger" onClick={() => setDoing("remove")}>{strings.remove}</Button>}
        </div>
      )}
      <ConfirmByName open={doing === "suspend"} onClose={stop} title={strings.suspendTitle} name={found.name || found.id} action={strings.suspend} busy={change.isPending} onConfirm={() => turn("suspended")}>{strings.suspendText}</ConfirmByName>
      <ConfirmByName open={doing === "remove"} onClose={stop} title={strings.removeTitle} name={found.name || found.id} action={strings.remove} busy={remove.isPending} onConfirm={() => remove.mutate(found.id, { onSuccess: () => { notify(strings.removed(found.name)); onGone() }, onError: stop })}>{strings.removeText}</ConfirmByName>
    </div>
  )
}

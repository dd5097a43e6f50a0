import { KeySquare, Plus } from "lucide-react"
import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { ApiError } from "@/client/errors.ts"
import { type Given, type Token, useTokenActions, useTokens } from "@/features/access/data.ts"
import { strings } from "@/features/access/strings.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge, CodeBlock, SecretOnce } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { sortOf, sortText } from "@/shared/table/sorting.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const { columns: head, scim } = strings

function columnsFor(mayWrite: boolean, nameOf: (id: string) => string, onRevoke: (token: Token) => void): readonly Column<Token>[] {
  const shown: readonly Column<Token>[] = [
    { id: "name", head: head.name, cell: (one) => <span className="inline-flex flex-wrap items-center gap-2">{one.name}{one.operators && <Badge tone="info">{scim.operators}</Badge>}</span>, value: (one) => one.name },
    { id: "by", head: head.by, cell: (one) => nameOf(one.created_by.replace(/^user:/, "")), value: (one) => one.created_by, deskOnly: true },
    { id: "made", head: head.made, cell: (one) => <Ago at={one.created_at} />, value: (one) => one.created_at },
    { id: "used", head: head.used, cell: (one) => (one.last_used_at ? <Ago at={one.last_used_at} /> : scim.never), value: (one) => one.last_used_at },
    { id: "expires", head: head.expires, cell: (one) => (one.expires_at ? <Ago at={one.expires_at} /> : scim.never), value: (one) => one.expires_at },
  ]
  return mayWrite ? [...shown, { id: "revoke", head: "", align: "right", cell: (one) => <Button kind="quiet" aria-label={scim.revokeOf(one.name)} onClick={() => onRevoke(one)}>{scim.revoke}</Button> }] : shown
}

/** The tokens with which identity providers keep people and groups. */
export function ScimTokens({ filters, setFilters }: Given) {
  const tokens = useTokens()
  const { revoke } = useTokenActions()
  const users = useDirectory("users")
  const mayWrite = useMay("sso.write")
  const [isMaking, setMaking] = useState(false)
  const [going, setGoing] = useState<Token>()
  const create = mayWrite && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{scim.create}</Button>
  const stop = () => setGoing(undefined)
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-3xl text-sm text-quiet">{scim.about}</p>
        {tokens.data && tokens.data.length > 0 && create}
      </div>
      <Base url={`${window.location.origin}/scim/v2`} />
      {revoke.error && <ErrorState error={revoke.error} compact />}
      {tokens.isPending ? (
        <Waiting lines={3} />
      ) : tokens.error ? (
        <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />
      ) : tokens.data.length === 0 ? (
        <EmptyState title={scim.empty} icon={<KeySquare size={28} />} action={create}>{scim.emptyText}</EmptyState>
      ) : (
        <Table label={strings.tabs.scim} rows={tokens.data} columns={columnsFor(mayWrite, users.nameOf, setGoing)} rowKey={(one) => one.id} file="scim-tokens" sort={sortOf(filters.sort)} onSort={(sort) => setFilters({ sort: sortText(sort) ?? "" })} />
      )}
      <MakeToken open={isMaking} onClose={() => setMaking(false)} />
      <ConfirmByName open={going !== undefined} onClose={stop} title={scim.revokeTitle} name={going?.name ?? ""} action={scim.revoke} busy={revoke.isPending} onConfirm={() => going && revoke.mutate(going.id, { onSuccess: () => notify(scim.revoked(going.name)), onSettled: stop })}>
        {scim.revokeText}
      </ConfirmByName>
    </div>
  )
}

function Base({ url }: { url: string }) {
  return (
    <div className="grid gap-1">
      <p className="text-sm font-medium">{scim.base} <span className="font-normal text-quiet">{scim.baseHint}</span></p>
      <CodeBlock wrap label={scim.base} code={url} />
    </div>
  )
}

function MakeToken({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { create } = useTokenActions()
  const [name, setName] = useState("")
  const [days, setDays] = useState("")
  const wrong = create.error instanceof ApiError ? create.error.field : null
  const isShown = wrong === "name" || wrong === "expires_in_days"
  const close = () => { create.reset(); setName(""); setDays(""); onClose() }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ name: name.trim(), ...(days ? { expires_in_days: Number(days) } : {}) })
  }
  return (
    <Dialog open={open} onClose={close} title={create.data ? scim.made : scim.create} footer={create.data && <Button kind="primary" onClick={close}>{scim.done}</Button>}>
      {create.data ? (
        <div className="grid gap-4"><SecretOnce secret={create.data.token} label={scim.secret} /><Base url={create.data.base_url} /></div>
      ) : (
        <form className="grid gap-4" onSubmit={submit}>
          {create.error && !isShown && <ErrorState error={create.error} compact />}
          <TextField label={scim.name} hint={scim.nameHint} required maxLength={120} autoFocus value={name} error={wrong === "name" ? create.error?.message : undefined} onChange={(event) => setName(event.target.value)} />
          <TextField label={scim.days} hint={scim.daysHint} optional type="number" min={1} max={3650} value={days} error={wrong === "expires_in_days" ? create.error?.message : undefined} onChange={(event) => setDays(event.target.value)} />
          <Button kind="primary" type="submit" busy={create.isPending}>{strings.make}</Button>
        </form>
      )}
    </Dialog>
  )
}

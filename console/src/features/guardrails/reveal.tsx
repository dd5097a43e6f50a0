import { type FormEvent, useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import type { Given } from "@/features/guardrails/data.ts"
import { approvalOf, type Filled, filledBy, type Look, type Past, SCOPES, useAskedFor, useLooks, useReveal } from "@/features/guardrails/revealing.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { SelectField, TextArea, TextField } from "@/shared/parts/field.tsx"
import { Card, CodeBlock } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { type Column, Table } from "@/shared/table/table.tsx"

const { reveal } = strings
const head = reveal.columns
const CHOICES = SCOPES.map((value) => ({ value, label: reveal.scopes[value] ?? value }))

/** What tokens stand for; every look is kept. */
export function Reveal({ filters }: Given) {
  const found = useAskedFor(filters.approval)
  return (
    <div className="grid gap-5">
      {found.isLoading ? <Waiting lines={4} /> : found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <Ask key={filters.approval} start={filledBy(filters.approval, found.data?.change)} />}
      <Looks />
    </div>
  )
}

function Ask({ start }: { start: Filled }) {
  const [tokens, setTokens] = useState(start.tokens)
  const [scope, setScope] = useState(start.scope)
  const [where, setWhere] = useState(start.where)
  const [reason, setReason] = useState(start.reason)
  const [approval, setApproval] = useState(start.approval)
  const look = useReveal()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const asked: Look = { tokens: tokens.split("\n").map((one) => one.trim()).filter(Boolean), reason, [scope]: where.trim(), ...(approval.trim() ? { approval: approval.trim() } : {}) }
    look.mutate(asked, { onSuccess: (said) => setApproval(approvalOf(said) ?? approval) })
  }
  const waits = look.data ? approvalOf(look.data) : undefined
  return (
    <Card title={strings.tabs.reveal}>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="max-w-3xl text-sm text-quiet">{reveal.about}</p>
        {look.error && <ErrorState error={look.error} compact />}
        <div className="grid gap-4 md:grid-cols-2">
          <TextArea label={reveal.tokens} hint={reveal.tokensHint} required rows={4} spellCheck={false} className="font-mono text-sm" value={tokens} onChange={(event) => setTokens(event.target.value)} />
          <div className="grid content-start gap-4">
            <SelectField label={reveal.scope} choices={CHOICES} value={scope} onChange={(event) => setScope(SCOPES.find((one) => one === event.target.value) ?? "conversation")} />
            <TextField label={reveal.scopes[scope]} hint={reveal.scopeHints[scope]} required spellCheck={false} value={where} onChange={(event) => setWhere(event.target.value)} />
          </div>
          <TextField label={reveal.reason} hint={reveal.reasonHint} required minLength={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
          <TextField label={reveal.approval} hint={reveal.approvalHint} optional maxLength={64} spellCheck={false} value={approval} onChange={(event) => setApproval(event.target.value)} />
        </div>
        <div><Button kind="primary" type="submit" busy={look.isPending}>{reveal.look}</Button></div>
      </form>
      {waits && <div role="status" className="mt-4 grid gap-2 rounded-lg bg-warn-soft p-3 text-sm"><p>{reveal.waits}</p><CodeBlock wrap label={reveal.approval} code={waits} /></div>}
      {look.data && "values" in look.data && (
        <div role="status" className="mt-4 grid gap-2">
          <h3 className="font-semibold">{reveal.found}</h3>
          <Facts facts={Object.entries(look.data.values).map(([token, value]) => [token, <span key={token} className="break-all">{value}</span>] as const)} />
          {look.data.unknown.length > 0 && <p className="text-sm text-quiet">{reveal.unknown(look.data.unknown.join(", "))}</p>}
        </div>
      )}
    </Card>
  )
}

const COLUMNS: readonly Column<Past>[] = [
  { id: "by", head: head.by, cell: (one) => <By who={one.by} />, value: (one) => one.by },
  { id: "at", head: head.at, cell: (one) => dateTime(one.at), value: (one) => one.at },
  { id: "reason", head: head.reason, cell: (one) => <span className="break-words">{one.reason}</span>, value: (one) => one.reason },
  { id: "where", head: head.where, cell: (one) => one.conversation, value: (one) => one.conversation },
  { id: "tokens", head: head.tokens, align: "right", cell: (one) => one.tokens.length, value: (one) => one.tokens.join(" ") },
  { id: "told", head: head.told, align: "right", cell: (one) => one.told.length, value: (one) => one.told.join(" ") },
]

function By({ who }: { who: string }) {
  return <>{useDirectory("users").nameOf(/usr_\w+/.exec(who)?.[0] ?? who)}</>
}

function Looks() {
  const found = useLooks()
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) return <ErrorState error={found.error} onRetry={found.reload} />
  if (found.rows.length === 0) return <EmptyState title={reveal.empty} />
  return (
    <section className="grid gap-2">
      <h2 className="text-base font-semibold">{reveal.past}</h2>
      <Table label={reveal.past} rows={found.rows} columns={COLUMNS} rowKey={(one) => one.id} file="look-ups" hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
    </section>
  )
}

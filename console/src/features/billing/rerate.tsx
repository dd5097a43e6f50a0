import { Scale } from "lucide-react"
import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Adjustment, type Filters, type Rerate, type RerateAsk, type Rerated, useAdjustments, useRerate, useRerates } from "@/features/billing/data.ts"
import { RerateForm } from "@/features/billing/rerate-form.tsx"
import { strings } from "@/features/billing/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { dateOnly, dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Drawer } from "@/shared/parts/dialog.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const { rerate } = strings
const head = rerate.columns
type Given = { filters: Filters; setFilters: (change: Partial<Filters>) => void }

/** `{USD: "-12.5"}` → `−$12.50`. */
export function differenceText(found: Readonly<Record<string, string>>): string {
  return Object.entries(found).map(([currency, amount]) => money(amount, currency)).join(", ") || rerate.nothing
}

const ADJUSTMENTS: readonly Column<Adjustment>[] = [
  { id: "model", head: head.model, cell: (one) => one.model, value: (one) => one.model },
  { id: "day", head: head.day, cell: (one) => dateOnly(one.day), value: (one) => one.day },
  { id: "provider", head: head.provider, cell: (one) => one.provider, value: (one) => one.provider, deskOnly: true },
  { id: "requests", head: head.requests, align: "right", cell: (one) => number(one.requests), value: (one) => one.requests },
  { id: "recorded", head: head.recorded, align: "right", cell: (one) => money(one.recorded, one.currency), value: (one) => one.recorded },
  { id: "rated", head: head.rated, align: "right", cell: (one) => money(one.rated, one.currency), value: (one) => one.rated },
  { id: "difference", head: head.difference, align: "right", cell: (one) => <span className="figures">{money(one.difference, one.currency)}</span>, value: (one) => one.difference },
]
const BILLED: readonly Column<Adjustment>[] = [...ADJUSTMENTS, { id: "invoice", head: head.invoice, cell: (one) => one.invoice_id ?? rerate.unbilled, value: (one) => one.invoice_id }]

/** Past usage by other prices: seen first, kept when confirmed. */
export function Rerating({ filters, setFilters }: Given) {
  const mayWrite = useMay("billing.write")
  const preview = useRerate()
  const keep = useRerate()
  const [asked, setAsked] = useState<RerateAsk>()
  const [isAsking, setAsking] = useState(false)
  const look = (body: RerateAsk) => { setAsked(body); keep.reset(); preview.mutate({ ...body, dry_run: true }) }
  const run = () => asked && keep.mutate({ ...asked, dry_run: false }, { onSuccess: (done) => { notify(rerate.kept(differenceText(done.differences))); preview.reset() }, onSettled: () => setAsking(false) })
  return (
    <div className="grid gap-5">
      {mayWrite && (
        <Card title={rerate.title}>
          <p className="mb-4 max-w-3xl text-sm text-quiet">{rerate.about}</p>
          <RerateForm busy={preview.isPending} failure={preview.error} onSubmit={look} />
        </Card>
      )}
      {keep.error && <ErrorState error={keep.error} compact />}
      {preview.data && asked && (
        <Card title={rerate.preview} action={<Button kind="danger" disabled={preview.data.adjustments.length === 0} onClick={() => setAsking(true)}>{rerate.keep}</Button>}><Preview found={preview.data} /></Card>
      )}
      <Earlier onOpen={(one) => setFilters({ rerate: one.id })} />
      <ConfirmByName open={isAsking} onClose={() => setAsking(false)} title={rerate.keepTitle} name={asked?.since ?? ""} action={rerate.keep} busy={keep.isPending} onConfirm={run}>
        {rerate.keepText(asked?.since ?? "", preview.data ? differenceText(preview.data.differences) : "")}
      </ConfirmByName>
      <Drawer wide open={filters.rerate !== ""} onClose={() => setFilters({ rerate: "" })} title={rerate.detail}>{filters.rerate !== "" && <Adjustments id={filters.rerate} />}</Drawer>
    </div>
  )
}

function Preview({ found }: { found: Rerated }) {
  const left = Object.entries(found.left_alone).filter(([, count]) => count > 0).map(([why, count]) => `${number(count)} ${rerate.leftAlone[why] ?? why}`)
  return (
    <div className="grid gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <strong className="figures text-lg">{differenceText(found.differences)}</strong>
        <span className="text-sm text-quiet">{rerate.counted(number(found.rated), number(found.looked_at))}</span>
        {!found.complete && <Badge tone="warn">{rerate.incomplete}</Badge>}
      </p>
      {left.length > 0 && <p className="text-sm text-quiet">{rerate.left(left.join(", "))}</p>}
      {found.adjustments.length > 0 && <Table label={rerate.preview} rows={found.adjustments} columns={ADJUSTMENTS} rowKey={(one) => [one.day, one.model, one.provider, one.key, one.user, one.team].join(" ")} file="rerating-preview" />}
    </div>
  )
}

const REASONS: readonly Column<Rerate>[] = [
  { id: "reason", head: head.reason, cell: (one) => one.reason, value: (one) => one.reason },
  { id: "period", head: head.period, cell: (one) => rerate.span(dateOnly(one.since), dateOnly(Date.parse(one.until) - 1)), value: (one) => one.since },
  { id: "difference", head: head.difference, align: "right", cell: (one) => <span className="figures">{differenceText(one.differences)}</span>, value: (one) => JSON.stringify(one.differences) },
  { id: "made", head: head.made, cell: (one) => dateTime(one.made_at), value: (one) => one.made_at },
  { id: "by", head: head.by, cell: (one) => <By who={one.made_by} />, value: (one) => one.made_by, deskOnly: true },
]

function By({ who }: { who: string }) {
  return <>{useDirectory("users").nameOf(who.replace(/^user:/, ""))}</>
}

function Earlier({ onOpen }: { onOpen: (one: Rerate) => void }) {
  const found = useRerates()
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) return <ErrorState error={found.error} onRetry={found.reload} />
  if (found.rows.length === 0) return <EmptyState title={rerate.empty} icon={<Scale size={28} />}>{rerate.emptyText}</EmptyState>
  return (
    <section className="grid gap-2">
      <h2 className="text-base font-semibold">{rerate.earlier}</h2>
      <Table label={rerate.earlier} rows={found.rows} columns={REASONS} rowKey={(one) => one.id} file="reratings" onOpen={onOpen} hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
    </section>
  )
}

function Adjustments({ id }: { id: string }) {
  const found = useAdjustments(id)
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) return <ErrorState error={found.error} onRetry={found.reload} />
  return <Table label={rerate.detail} rows={found.rows} columns={BILLED} rowKey={(one) => one.id ?? ""} file="adjustments" hasMore={found.hasMore} onMore={found.loadMore} loadingMore={found.loadingMore} loadAll={found.loadAll} />
}

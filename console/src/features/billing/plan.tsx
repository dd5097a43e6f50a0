import { type FormEvent, useState } from "react"
import { type Plan, usePlan, usePlanAction } from "@/features/billing/data.ts"
import { askOfPlan, formOfPlan, percentOf, PLAN_SCHEMA } from "@/features/billing/plan-form.ts"
import { strings } from "@/features/billing/strings.ts"
import { money, percent } from "@/shared/format/numbers.ts"
import { SchemaForm } from "@/shared/form/schema-form.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { problemsOf } from "@/shared/stored/problems.ts"

const { plan } = strings
const share = (bp: number) => percent(percentOf(bp) / 100)

/** What the organisation is billed by. */
export function PlanPanel() {
  const found = usePlan()
  const mayWrite = useMay("billing.write")
  const [isEditing, setEditing] = useState(false)
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const edit = mayWrite && <Button kind="primary" onClick={() => setEditing(true)}>{plan.edit}</Button>
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-3xl text-sm text-quiet">{plan.about} <Badge>{found.data.version === 0 ? plan.unwritten : plan.version(found.data.version)}</Badge></p>
        {edit}
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Prices found={found.data} />
        <Parties found={found.data} />
      </div>
      <EditPlan key={found.data.version} found={found.data} open={isEditing} onClose={() => setEditing(false)} />
    </div>
  )
}

function Prices({ found }: { found: Plan }) {
  const currency = found.currency ?? "USD"
  return (
    <Card title={plan.prices}>
      <Facts
        facts={[
          [plan.currency, currency],
          [plan.zone, found.time_zone],
          [plan.perUser, money(found.price_per_user ?? "0", currency)],
          [plan.margin, share(found.margin_bp ?? 0)],
          [plan.included, money(found.included ?? "0", currency)],
          [plan.taxes, (found.taxes ?? []).map((one) => `${one.name} ${share(one.rate_bp)}`).join(", ") || plan.none],
          [plan.rates, (found.rates ?? []).length === 0 ? plan.none : <ul key="rates" className="grid gap-0.5">{(found.rates ?? []).map((one) => <li key={`${one.from} ${one.to} ${one.since}`}>{plan.oneRate(one.from, one.rate, one.to, one.since)}</li>)}</ul>],
        ]}
      />
    </Card>
  )
}

function Parties({ found }: { found: Plan }) {
  const party = (one: Plan["seller"]) => [one?.name, ...(one?.address ?? []), one?.tax_id, one?.email].filter(Boolean)
  const lines = (one: Plan["seller"]) => (party(one).length ? <span className="whitespace-pre-line">{party(one).join("\n")}</span> : plan.none)
  return (
    <Card title={plan.document}>
      <Facts
        facts={[
          [plan.seller, lines(found.seller)],
          [plan.buyer, lines(found.buyer)],
          [plan.numberPrefix, `${found.number_prefix} / ${found.credit_prefix}`],
          [plan.year, plan.month(found.fiscal_year_begins ?? 1)],
          [plan.due, plan.days(found.due_days ?? 0)],
          Boolean(found.note) && [plan.note, found.note],
        ]}
      />
    </Card>
  )
}

function EditPlan({ found, open, onClose }: { found: Plan; open: boolean; onClose: () => void }) {
  const put = usePlanAction()
  const [form, setForm] = useState(() => formOfPlan(found))
  const problems = Object.fromEntries(Object.entries(problemsOf(put.error)).map(([field, said]) => [fieldOf(field), said]))
  const isShown = Object.keys(problems).some((field) => (field.split(/[.[]/)[0] ?? "") in (PLAN_SCHEMA.properties ?? {}))
  const close = () => { put.reset(); onClose() }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    put.mutate(askOfPlan(form, found.version), { onSuccess: (now) => { notify(plan.saved(now.version)); close() } })
  }
  return (
    <Dialog wide open={open} onClose={close} title={plan.edit}>
      <form className="grid gap-5" onSubmit={submit}>
        <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{plan.editNote}</p>
        {put.error && !isShown && <ErrorState error={put.error} compact />}
        <SchemaForm schema={PLAN_SCHEMA} value={form} errors={problems} onChange={setForm} />
        <div><Button kind="primary" type="submit" busy={put.isPending}>{plan.save}</Button></div>
      </form>
    </Dialog>
  )
}

/** `taxes.0.rate_bp` of the gateway is `taxes[0].rate` of the form. */
function fieldOf(field: string): string {
  return field.replace(/\.(\d+)(?=\.|$)/g, "[$1]").replace(/_bp$/, "")
}

import { type Stored, useObjectCalls, useObjects } from "@/client/objects.ts"
import { aboutOf, aboutText, allowsText, beyond, type Kind, periodText, useStandings } from "@/features/budgets/data.ts"
import { useNames } from "@/features/budgets/names.ts"
import { BUDGET_SCHEMA, LIMIT_SCHEMA } from "@/features/budgets/schema.ts"
import { strings } from "@/features/budgets/strings.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { EmptyState, Skeleton } from "@/shared/parts/states.tsx"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { useUser } from "@/shared/session.ts"
import { StoredRest } from "@/shared/stored/rest.tsx"

const head = strings.columns

export function RuleDrawer({ kind, name, onClose }: { kind: Kind; name: string; onClose: () => void }) {
  const rules = useObjects(kind, name !== "")
  const found = rules.data?.find((row) => row.name === name)
  return (
    <Drawer open={name !== ""} onClose={onClose} title={name || strings.detail}>
      {found ? <Detail key={`${found.name} ${found.version}`} kind={kind} row={found} onClose={onClose} /> : rules.isPending ? <Skeleton className="h-40 w-full" /> : <EmptyState title={strings.noMatch} />}
    </Drawer>
  )
}

function Detail({ kind, row, onClose }: { kind: Kind; row: Stored; onClose: () => void }) {
  const calls = useObjectCalls(kind)
  const nameOf = useNames()
  const isBeyond = beyond(row, useUser())
  const document = row.document ?? {}
  const isBudget = kind === "budgets"
  return (
    <div className="grid gap-5">
      <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />
      <Facts
        facts={[
          [head.about, aboutText(aboutOf(row), nameOf)],
          isBudget && [head.amount, `${money(typeof document.limit === "string" ? document.limit : Number(document.limit))} · ${periodText(document.per)}`],
          isBudget && [head.kind, document.hard === false ? strings.soft : strings.hard],
          !isBudget && [head.allows, allowsText(document, number)],
          !isBudget && [head.counted, strings.algorithms[typeof document.algorithm === "string" ? document.algorithm : "sliding_window"]],
        ]}
      />
      {isBudget && <Stands name={row.name} />}
      <StoredRest row={row} calls={calls} schema={isBudget ? BUDGET_SCHEMA : LIMIT_SCHEMA} isBeyond={isBeyond} onGone={onClose} />
    </div>
  )
}

function Stands({ name }: { name: string }) {
  const found = useStandings()
  const nameOf = useNames()
  const mine = found.data?.items.filter((one) => one.budget === name) ?? []
  if (!found.data || mine.length === 0) return null
  return (
    <Section title={strings.tabs.status}>
      <ul className="grid text-sm">
        {mine.map((one) => (
          <li key={JSON.stringify(one.about)} className="flex flex-wrap justify-between gap-x-3 border-t py-1.5 first:border-t-0">
            <span className="font-medium">{aboutText(Object.entries(one.about), nameOf)}</span>
            <span className="figures">{strings.standing(money(one.spent, found.data.currency), money(one.limit, found.data.currency))} <span className="text-quiet">{strings.resets} <Ago at={one.resets_at} /></span></span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

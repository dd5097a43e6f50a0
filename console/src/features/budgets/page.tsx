import { Plus } from "lucide-react"
import { useState } from "react"
import { useObjectCalls } from "@/client/objects.ts"
import { DEFAULTS, type Filters, type Kind } from "@/features/budgets/data.ts"
import { RuleDrawer } from "@/features/budgets/detail.tsx"
import { RuleList } from "@/features/budgets/list.tsx"
import { BUDGET_SCHEMA, LIMIT_SCHEMA } from "@/features/budgets/schema.ts"
import { Status } from "@/features/budgets/status.tsx"
import { strings } from "@/features/budgets/strings.ts"
import { WhatIfPanel } from "@/features/budgets/what-if.tsx"
import { useFilters } from "@/shared/filters.ts"
import { Button } from "@/shared/parts/button.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"
import { MakeStored } from "@/shared/stored/actions.tsx"

const { tabs } = strings

export default function BudgetsPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [start, setStart] = useState<Record<string, unknown>>()
  const kind: Kind = filters.tab === "limits" ? "limits" : "budgets"
  const isOperator = useMay("objects.operate")
  const may = { budgets: useMay("budgets.write") || isOperator, limits: useMay("limits.write") || isOperator }
  const mayLimits = useMay("limits.read")
  const calls = { budgets: useObjectCalls("budgets"), limits: useObjectCalls("limits") }
  const create = may[kind] && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setStart({})}>{strings.create[kind]}</Button>
  const shared = { filters, setFilters }
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, q: "", sort: "" })}
        tabs={[
          { id: "status", label: tabs.status, content: <Status {...shared} action={create} /> },
          { id: "budgets", label: tabs.budgets, content: <RuleList kind="budgets" {...shared} action={create} /> },
          ...(mayLimits ? [{ id: "limits", label: tabs.limits, content: <RuleList kind="limits" {...shared} action={create} /> }] : []),
          { id: "what-if", label: tabs.whatIf, content: <WhatIfPanel {...shared} onMake={may.budgets ? setStart : undefined} /> },
        ]}
      />
      <MakeStored key={kind} open={start !== undefined} onClose={() => setStart(undefined)} title={strings.create[kind]} nameHint={strings.nameHint} mayChoose={isOperator} schema={kind === "budgets" ? BUDGET_SCHEMA : LIMIT_SCHEMA} start={start ?? {}} onMake={calls[kind].create} onMade={(open) => setFilters({ tab: kind, open })} />
      <RuleDrawer kind={kind} name={filters.open} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

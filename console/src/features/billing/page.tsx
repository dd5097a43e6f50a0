import { Download } from "lucide-react"
import { Comparisons } from "@/features/billing/compare.tsx"
import { DEFAULTS, type Filters, monthsBefore, saveRows } from "@/features/billing/data.ts"
import { ForecastPanel } from "@/features/billing/forecast.tsx"
import { InvoiceDrawer } from "@/features/billing/invoice.tsx"
import { InvoiceList } from "@/features/billing/invoices.tsx"
import { People, PersonDrawer } from "@/features/billing/people.tsx"
import { PlanPanel } from "@/features/billing/plan.tsx"
import { Rerating } from "@/features/billing/rerate.tsx"
import { strings } from "@/features/billing/strings.ts"
import { SummaryPanel } from "@/features/billing/summary.tsx"
import { useFilters } from "@/shared/filters.ts"
import { monthText } from "@/features/billing/said.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { notify } from "@/shared/parts/toast.tsx"

const { tabs } = strings
const MONTHS_SHOWN = 13
/** The others are of this month, or of the export's days. */
const OF_A_MONTH = ["summary", "people", "invoices"]

export default function BillingPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const months = monthsBefore(new Date(), MONTHS_SHOWN)
  const choices = months.map((month, place) => ({ value: place === 0 ? "" : month, label: monthText(month) }))
  const shared = { filters, setFilters }
  const save = () => void saveRows(filters.month).catch((why: unknown) => notify(why instanceof Error ? why.message : String(why), { tone: "bad" }))
  const actions = OF_A_MONTH.includes(filters.tab) && (
    <>
      <SelectField label={strings.month} hideLabel value={filters.month} choices={choices} onChange={(event) => setFilters({ month: event.target.value })} />
      <Button icon={<Download size={15} />} onClick={save}>{strings.exportCsv}</Button>
    </>
  )
  return (
    <>
      <PageHead title={strings.title} actions={actions}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, sort: "" })}
        tabs={[
          { id: "summary", label: tabs.summary, content: <SummaryPanel {...shared} /> },
          { id: "people", label: tabs.people, content: <People {...shared} /> },
          { id: "invoices", label: tabs.invoices, content: <InvoiceList {...shared} /> },
          { id: "forecast", label: tabs.forecast, content: <ForecastPanel /> },
          { id: "reconcile", label: tabs.reconcile, content: <Comparisons {...shared} /> },
          { id: "rerate", label: tabs.rerate, content: <Rerating {...shared} /> },
          { id: "plan", label: tabs.plan, content: <PlanPanel /> },
        ]}
      />
      <InvoiceDrawer id={filters.open} onOpen={(open) => setFilters({ tab: "invoices", open })} onClose={() => setFilters({ open: "" })} />
      <PersonDrawer user={filters.person} month={filters.month} onClose={() => setFilters({ person: "" })} />
    </>
  )
}

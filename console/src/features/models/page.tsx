import { Plus } from "lucide-react"
import { useState } from "react"
import { useObjectCalls, useObjects } from "@/client/objects.ts"
import { Catalogue } from "@/features/models/catalogue.tsx"
import { DEFAULTS, type Filters } from "@/features/models/data.ts"
import { ModelDrawer } from "@/features/models/detail.tsx"
import { ModelList } from "@/features/models/list.tsx"
import { ExchangeRates, Overrides } from "@/features/models/own-rows.tsx"
import { PriceList } from "@/features/models/prices.tsx"
import { modelSchema } from "@/features/models/schema.ts"
import { strings } from "@/features/models/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Button } from "@/shared/parts/button.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"
import { MakeStored } from "@/shared/stored/actions.tsx"

const { tabs } = strings

export default function ModelsPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [isMaking, setMaking] = useState(false)
  const isOperator = useMay("objects.operate")
  const mayWrite = useMay("models.write") || isOperator
  const mayProviders = useMay("providers.read")
  const known = useObjects("providers", mayProviders).data ?? []
  // Models of one organisation are answered by providers of its own; those of the installation are the operators' to give.
  const providers = known.filter((one) => isOperator || one.tenant !== "").map((one) => one.name)
  const calls = useObjectCalls("models")
  const schema = modelSchema(providers)
  const create = mayWrite && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, sort: "", row: "" })}
        tabs={[
          { id: "models", label: tabs.models, content: <ModelList filters={filters} setFilters={setFilters} action={create} /> },
          { id: "prices", label: tabs.prices, content: <PriceList filters={filters} setFilters={setFilters} /> },
          { id: "catalogue", label: tabs.catalogue, content: <Catalogue filters={filters} setFilters={setFilters} /> },
          { id: "overrides", label: tabs.overrides, content: <Overrides filters={filters} setFilters={setFilters} /> },
          ...(isOperator ? [{ id: "rates", label: tabs.rates, content: <ExchangeRates filters={filters} setFilters={setFilters} /> }] : []),
        ]}
      />
      <MakeStored open={isMaking} onClose={() => setMaking(false)} title={strings.create} note={!isOperator && providers.length === 0 && strings.providerFirst} nameHint={strings.nameHint} mayChoose={isOperator} schema={schema} start={{ deployments: [{}] }} onMake={calls.create} onMade={(open) => setFilters({ tab: "models", open })} />
      <ModelDrawer name={filters.open} schema={schema} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

import { Plus } from "lucide-react"
import { useState } from "react"
import { useObjectCalls } from "@/client/objects.ts"
import { DEFAULTS, type Filters } from "@/features/routing/data.ts"
import { ProviderDrawer } from "@/features/routing/detail.tsx"
import { Explain } from "@/features/routing/explain.tsx"
import { Health } from "@/features/routing/health.tsx"
import { ProviderList } from "@/features/routing/providers.tsx"
import { Rules } from "@/features/routing/rules.tsx"
import { providerSchema } from "@/features/routing/schema.ts"
import { strings } from "@/features/routing/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Button } from "@/shared/parts/button.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"
import { MakeStored } from "@/shared/stored/actions.tsx"

const { tabs } = strings

export default function RoutingPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [isMaking, setMaking] = useState(false)
  const isOperator = useMay("objects.operate")
  const mayWrite = useMay("providers.write") || isOperator
  const mayRouting = useMay("routing.read")
  const calls = useObjectCalls("providers")
  const create = mayWrite && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  const shared = { filters, setFilters }
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, sort: "", q: "", show: "" })}
        tabs={[
          { id: "health", label: tabs.health, content: <Health {...shared} /> },
          { id: "providers", label: tabs.providers, content: <ProviderList {...shared} action={create} /> },
          ...(mayRouting ? [{ id: "explain", label: tabs.explain, content: <Explain {...shared} /> }, { id: "rules", label: tabs.rules, content: <Rules /> }] : []),
        ]}
      />
      <MakeStored open={isMaking} onClose={() => setMaking(false)} title={strings.create} nameHint={strings.nameHint} mayChoose={isOperator} schema={providerSchema()} start={{ credentials: [{}] }} onMake={(name, document, own) => calls.create(name, withoutEmpty(document), own)} onMade={(open) => setFilters({ tab: "providers", open })} />
      <ProviderDrawer name={filters.open} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

/** A credential in which nothing was written is none. */
function withoutEmpty(document: Record<string, unknown>): Record<string, unknown> {
  const { credentials, ...rest } = document
  const filled = Array.isArray(credentials) ? credentials.filter((one: unknown) => typeof one === "object" && one !== null && Object.keys(one).length > 0) : []
  return filled.length ? { ...rest, credentials: filled } : rest
}

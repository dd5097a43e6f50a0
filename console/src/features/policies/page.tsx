import { Effective } from "@/features/policies/effective.tsx"
import { DEFAULTS, type Filters } from "@/features/policies/data.ts"
import { PolicyList } from "@/features/policies/list.tsx"
import { strings } from "@/features/policies/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"

const { tabs } = strings

export default function PoliciesPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const given = { filters, setFilters }
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, policy: "", view: "" })}
        tabs={[
          { id: "", label: tabs.list, content: <PolicyList {...given} /> },
          { id: "effective", label: tabs.effective, content: <Effective {...given} /> },
        ]}
      />
    </>
  )
}

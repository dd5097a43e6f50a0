import { DEFAULTS, type Filters } from "@/features/audit/data.ts"
import { EntryDrawer } from "@/features/audit/entry.tsx"
import { Proof } from "@/features/audit/proof.tsx"
import { Retention } from "@/features/audit/retention.tsx"
import { strings } from "@/features/audit/strings.ts"
import { Trail } from "@/features/audit/trail.tsx"
import { useFilters } from "@/shared/filters.ts"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"

const { tabs } = strings

export default function AuditPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const given = { filters, setFilters }
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, entry: "" })}
        tabs={[
          { id: "", label: tabs.trail, content: <Trail {...given} onlySecurity={false} /> },
          { id: "security", label: tabs.security, content: <Trail {...given} onlySecurity /> },
          { id: "proof", label: tabs.proof, content: <Proof {...given} /> },
          { id: "retention", label: tabs.retention, content: <Retention /> },
        ]}
      />
      <EntryDrawer filters={filters} onClose={() => setFilters({ entry: "" })} />
    </>
  )
}

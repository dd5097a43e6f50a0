import { Configuration } from "@/features/system/configuration.tsx"
import { DEFAULTS } from "@/features/system/data.ts"
import { Features } from "@/features/system/features.tsx"
import { Health } from "@/features/system/health.tsx"
import { Kept } from "@/features/system/kept.tsx"
import { strings } from "@/features/system/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"

const { tabs } = strings

export default function SystemPage() {
  const [filters, setFilters] = useFilters(DEFAULTS)
  const mayKeep = useMay("objects.operate")
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab })}
        tabs={[
          { id: "", label: tabs.health, content: <Health /> },
          { id: "features", label: tabs.features, content: <Features wanted={filters.q} onSearch={(q) => setFilters({ q })} /> },
          { id: "config", label: tabs.config, content: <Configuration section={filters.section} onSection={(section) => setFilters({ section })} /> },
          ...(mayKeep ? [{ id: "kept", label: tabs.kept, content: <Kept open={filters.open} onOpen={(open) => setFilters({ open })} /> }] : []),
        ]}
      />
    </>
  )
}

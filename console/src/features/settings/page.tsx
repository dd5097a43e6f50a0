import { Account } from "@/features/settings/account.tsx"
import { DEFAULTS } from "@/features/settings/data.ts"
import { ConfigFiles } from "@/features/settings/config-files.tsx"
import { Organisation } from "@/features/settings/organisation.tsx"
import { strings } from "@/features/settings/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"

const { tabs } = strings

export default function SettingsPage() {
  const [filters, setFilters] = useFilters(DEFAULTS)
  const mayRead = useMay("tenant.read")
  const isOperator = useMay("objects.operate")
  const mayFiles = useMay("providers.write") || isOperator
  const files = mayFiles ? [{ id: "files", label: tabs.files, content: <ConfigFiles /> }] : []
  const organisation = mayRead ? [{ id: "", label: tabs.organisation, content: <Organisation /> }] : []
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={mayRead ? filters.tab : "account"}
        onChange={(tab) => setFilters({ tab })}
        tabs={[...organisation, { id: "account", label: tabs.account, content: <Account /> }, ...files]}
      />
    </>
  )
}

import { Plus } from "lucide-react"
import { useState } from "react"
import { DEFAULTS, type Filters, useProviderActions } from "@/features/access/data.ts"
import { ProviderDrawer } from "@/features/access/detail.tsx"
import { EndTokens } from "@/features/access/ended.tsx"
import { ProviderForm } from "@/features/access/form.tsx"
import { ProviderList } from "@/features/access/providers.tsx"
import { ScimTokens } from "@/features/access/scim.tsx"
import { strings } from "@/features/access/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { type Tab, Tabs } from "@/shared/parts/tabs.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"

const { tabs } = strings

export default function AccessPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [isMaking, setMaking] = useState(false)
  const mayWrite = useMay("sso.write")
  const mayEnd = useMay("tokens.revoke")
  const create = mayWrite && filters.tab === "" && <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking(true)}>{strings.create}</Button>
  const shared = { filters, setFilters }
  const ended: Tab[] = mayEnd ? [{ id: "ended", label: tabs.ended, content: <EndTokens /> }] : []
  return (
    <>
      <PageHead title={strings.title} actions={create}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, sort: "", open: "" })}
        tabs={[{ id: "", label: tabs.providers, content: <ProviderList {...shared} action={create} /> }, { id: "scim", label: tabs.scim, content: <ScimTokens {...shared} /> }, ...ended]}
      />
      <MakeProvider open={isMaking} onClose={() => setMaking(false)} onMade={(open) => setFilters({ tab: "", open })} />
      <ProviderDrawer id={filters.open} onClose={() => setFilters({ open: "" })} />
    </>
  )
}

/** Once it is there its drawer opens: the redirect URL has to be registered next. */
function MakeProvider({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (id: string) => void }) {
  const { create } = useProviderActions()
  const close = () => { create.reset(); onClose() }
  return (
    <Dialog wide open={open} onClose={close} title={strings.create}>
      <ProviderForm hasSecret={false} action={strings.make} busy={create.isPending} failure={create.error} onSubmit={(body) => create.mutate(body, { onSuccess: (made) => { notify(strings.made(made.name)); close(); onMade(made.id) } })} />
    </Dialog>
  )
}

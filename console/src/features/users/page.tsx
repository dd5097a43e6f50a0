import { Plus, UserPlus } from "lucide-react"
import { useState } from "react"
import { DEFAULTS, type Filters } from "@/features/users/data.ts"
import { UserDrawer } from "@/features/users/detail.tsx"
import { Invitations } from "@/features/users/invitations.tsx"
import { InviteDialog, ServiceDialog } from "@/features/users/make.tsx"
import { strings } from "@/features/users/strings.ts"
import { UserList } from "@/features/users/list.tsx"
import { useFilters } from "@/shared/filters.ts"
import { Button } from "@/shared/parts/button.tsx"
import { PageHead } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"

const { tabs } = strings

export default function UsersPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const [making, setMaking] = useState<"person" | "service">()
  const mayWrite = useMay("users.write")
  const isServices = filters.tab === "services"
  const action = mayWrite && (
    isServices
      ? <Button kind="primary" icon={<Plus size={16} />} onClick={() => setMaking("service")}>{strings.addService}</Button>
      : <Button kind="primary" icon={<UserPlus size={16} />} onClick={() => setMaking("person")}>{strings.invite}</Button>
  )
  const stop = () => setMaking(undefined)
  const list = (kind: "person" | "service") => <UserList kind={kind} filters={filters} setFilters={setFilters} />
  return (
    <>
      <PageHead title={strings.title} actions={action}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab })}
        tabs={[
          { id: "people", label: tabs.people, content: list("person") },
          { id: "services", label: tabs.services, content: list("service") },
          { id: "invitations", label: tabs.invitations, content: <Invitations /> },
        ]}
      />
      <InviteDialog open={making === "person"} onClose={stop} />
      <ServiceDialog open={making === "service"} onClose={stop} />
      <UserDrawer id={filters.user} onClose={() => setFilters({ user: "" })} />
    </>
  )
}

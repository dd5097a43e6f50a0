import { useDirectory } from "@/client/directory.ts"
import { useUser } from "@/shared/session.ts"

/** What the ids in rules are called, where the reader may know. */
export function useNames(): (scope: string, id: string) => string {
  const users = useDirectory("users")
  const teams = useDirectory("teams")
  const departments = useDirectory("departments")
  const keys = useDirectory("keys")
  const me = useUser()
  const known: Readonly<Record<string, (id: string) => string>> = {
    user: users.nameOf,
    team: teams.nameOf,
    department: departments.nameOf,
    key: keys.nameOf,
    tenant: (id) => (id === me?.tenant && me.tenant_name ? me.tenant_name : id),
  }
  return (scope, id) => known[scope]?.(id) ?? id
}

import { MailOpen } from "lucide-react"
import { useDirectory } from "@/client/directory.ts"
import { type Invitation, useInvitations, useUserActions } from "@/features/users/data.ts"
import { strings } from "@/features/users/strings.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const head = strings.columns

export function Invitations() {
  const found = useInvitations(true)
  const { takeBack } = useUserActions()
  const teams = useDirectory("teams")
  const users = useDirectory("users")
  const mayWrite = useMay("users.write")
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data.items.length === 0) return <EmptyState title={strings.empty.invitations} icon={<MailOpen size={28} />}>{strings.emptyText.invitations}</EmptyState>
  const take = (one: Invitation) => takeBack.mutate(one.id, { onSuccess: () => notify(strings.takenBack(one.email)) })
  const columns: Column<Invitation>[] = [
    { id: "email", head: head.email, cell: (one) => one.email, value: (one) => one.email },
    { id: "role", head: head.role, cell: (one) => <Badge>{strings.roles[one.role] ?? one.role}</Badge>, value: (one) => one.role },
    { id: "team", head: head.team, cell: (one) => (one.team ? teams.nameOf(one.team) : "–"), value: (one) => one.team },
    { id: "by", head: head.by, cell: (one) => users.nameOf(one.given_by.replace(/^user:/, "")), value: (one) => one.given_by, deskOnly: true },
    { id: "expires", head: head.expires, cell: (one) => <Ago at={one.expires_at} />, value: (one) => one.expires_at },
    ...(mayWrite ? [{ id: "act", head: "", cell: (one: Invitation) => <Button kind="quiet" busy={takeBack.isPending && takeBack.variables === one.id} onClick={() => take(one)}>{strings.takeBack}</Button> }] : []),
  ]
  return (
    <>
      {takeBack.error && <ErrorState error={takeBack.error} compact />}
      <Table label={strings.tabs.invitations} rows={found.data.items} columns={columns} rowKey={(one) => one.id} file="invitations" />
    </>
  )
}

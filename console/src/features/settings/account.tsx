import { type FormEvent, useState } from "react"
import { type Session, useAccountActions, useSessions } from "@/features/settings/data.ts"
import { strings } from "@/features/settings/strings.ts"
import { Ago } from "@/shared/format/time.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useUser } from "@/shared/session.ts"
import { type Column, Table } from "@/shared/table/table.tsx"

const { me, password: pass, sessions: said } = strings
const head = said.columns

export function Account() {
  const user = useUser()
  if (!user) return <Waiting />
  return (
    <div className="grid gap-4">
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Card title={me.title}>
          <Facts facts={[[me.name, user.name || "–"], [me.email, user.email || "–"], [me.role, <Badge key="role">{user.role || user.kind}</Badge>], [me.organisation, user.tenant_name || user.tenant], user.team !== "" && [me.team, user.team], user.operator && [me.operator, me.yes]]} />
        </Card>
        {user.kind === "person" && <PasswordForm />}
      </div>
      <Card title={said.title}><Sessions /></Card>
    </div>
  )
}

function PasswordForm() {
  const [current, setCurrent] = useState("")
  const [fresh, setFresh] = useState("")
  const [again, setAgain] = useState("")
  const { password } = useAccountActions()
  const differs = again !== "" && again !== fresh
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (fresh !== again) return
    password.mutate({ current_password: current, new_password: fresh }, {
      onSuccess: (done) => {
        notify(pass.done(done.sessions_ended ?? 0))
        for (const empty of [setCurrent, setFresh, setAgain]) empty("")
      },
    })
  }
  return (
    <Card title={pass.title}>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-quiet">{pass.about}</p>
        <TextField label={pass.current} type="password" autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />
        <TextField label={pass.fresh} hint={pass.freshHint} type="password" autoComplete="new-password" required value={fresh} onChange={(event) => setFresh(event.target.value)} />
        <TextField label={pass.again} type="password" autoComplete="new-password" required value={again} error={differs ? pass.differs : undefined} onChange={(event) => setAgain(event.target.value)} />
        {password.error && <ErrorState error={password.error} compact />}
        <div><Button kind="primary" type="submit" busy={password.isPending} disabled={!current || !fresh || fresh !== again}>{pass.change}</Button></div>
      </form>
    </Card>
  )
}

function Sessions() {
  const found = useSessions()
  const { end } = useAccountActions()
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) return <ErrorState error={found.error} compact onRetry={() => void found.refetch()} />
  if (found.data.items.length === 0) return <EmptyState title={said.empty}>{said.emptyText}</EmptyState>
  const columns: readonly Column<Session>[] = [
    { id: "agent", head: head.agent, cell: (one) => <span className="flex flex-wrap items-center gap-2"><span title={one.agent}>{browserOf(one.agent)}</span>{one.current && <Badge tone="good">{said.current}</Badge>}</span>, value: (one) => one.agent },
    { id: "address", head: head.address, cell: (one) => one.address || "–", value: (one) => one.address },
    { id: "since", head: head.since, cell: (one) => <Ago at={one.created_at} />, value: (one) => one.created_at },
    { id: "last", head: head.last, cell: (one) => <Ago at={one.refreshed_at} />, value: (one) => one.refreshed_at },
    { id: "ends", head: head.ends, cell: (one) => <Ago at={one.expires_at} />, value: (one) => one.expires_at, deskOnly: true },
    { id: "end", head: "", cell: (one) => !one.current && <Button kind="quiet" busy={end.isPending && end.variables === one.id} aria-label={said.endOf(browserOf(one.agent))} onClick={() => end.mutate(one.id, { onSuccess: () => notify(said.ended) })}>{said.end}</Button> },
  ]
  return (
    <div className="grid gap-3">
      {end.error && <ErrorState error={end.error} compact />}
      <Table label={said.title} rows={found.data.items} columns={columns} rowKey={(one) => one.id} file="sessions" />
    </div>
  )
}

const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"], ["curl", "curl"], ["python", "Python"]] as const
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]] as const

/** `Mozilla/5.0 (X11; Linux …) … Chrome/…` → `Chrome, Linux`. */
function browserOf(agent: string): string {
  const found = [BROWSERS, SYSTEMS].map((names) => names.find(([sign]) => agent.includes(sign))?.[1]).filter(Boolean)
  return found.join(", ") || agent.slice(0, 40) || said.unknown
}

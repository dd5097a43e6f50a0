import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { type Approval, MADE_AT_ONCE, useApproval, useDecide } from "@/features/approvals/data.ts"
import { strings } from "@/features/approvals/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge, CodeBlock, type Tone } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

const { facts } = strings
const TONES: Readonly<Record<string, Tone>> = { pending: "warn", approved: "good", refused: "bad" }

export function StatusBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "plain"}>{strings.statuses[status] ?? status}</Badge>
}

/** One of them: who asked for what, and deciding it. */
export function ApprovalDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useApproval(id)
  return (
    <Drawer open={id !== ""} onClose={onClose} title={found.data?.target ?? strings.title}>
      {found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.data ? <One key={found.data.id} approval={found.data} onClose={onClose} /> : <Waiting />}
    </Drawer>
  )
}

function One({ approval, onClose }: { approval: Approval; onClose: () => void }) {
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap gap-2"><StatusBadge status={approval.status} /><Badge>{strings.actions[approval.action] ?? approval.action}</Badge></div>
      <Facts
        facts={[
          [facts.by, approval.asked_name || approval.asked_by],
          [facts.at, dateTime(approval.asked_at)],
          approval.status === "pending" && [facts.until, dateTime(approval.expires_at)],
          approval.reason !== "" && [facts.reason, approval.reason],
          approval.decided_by !== "" && [facts.decidedBy, approval.decided_name || approval.decided_by],
          approval.decided_at !== null && [facts.decidedAt, dateTime(approval.decided_at)],
          approval.done_at !== null && [facts.done, dateTime(approval.done_at)],
          [facts.id, <code key="id" className="font-mono text-xs break-all">{approval.id}</code>],
        ]}
      />
      <Section title={strings.change}><CodeBlock label={strings.change} code={JSON.stringify(approval.change, null, 2)} /></Section>
      {approval.status === "pending" && <Decide approval={approval} onDone={onClose} />}
      <Use approval={approval} />
    </div>
  )
}

const isOf = (approval: Approval, id: string) => id !== "" && approval.asked_by.endsWith(id)

/** Of what is done by whoever asked, once it is approved: the way there. */
function Use({ approval }: { approval: Approval }) {
  const user = useUser()
  const may = useMay(approval.action)
  const isReady = approval.status === "approved" && approval.done_at === null && !MADE_AT_ONCE.includes(approval.action)
  if (!isReady || !may || !isOf(approval, user?.id ?? "")) return null
  return <Link to={"/guardrails" as string} search={{ tab: "reveal", approval: approval.id } as never} className="touch inline-flex w-fit items-center rounded-lg bg-accent px-4 text-sm font-medium text-on-accent">{strings.use}</Link>
}

function Decide({ approval, onDone }: { approval: Approval; onDone: () => void }) {
  const may = useMay("approvals.decide")
  const user = useUser()
  const [reason, setReason] = useState("")
  const decide = useDecide()
  const isAtOnce = MADE_AT_ONCE.includes(approval.action)
  if (isOf(approval, user?.id ?? "")) return <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{strings.own}</p>
  if (!may) return null
  const take = (how: "approve" | "refuse") =>
    decide.mutate({ id: approval.id, how, reason }, { onSuccess: () => { notify(how === "refuse" ? strings.refused : isAtOnce ? strings.approved : strings.approvedLater); onDone() } })
  return (
    <div className="grid gap-4 border-t pt-4">
      {!isAtOnce && <p className="text-sm text-quiet">{strings.later}</p>}
      <TextField label={strings.reason} hint={strings.reasonHint} optional maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      {decide.error && <ErrorState error={decide.error} compact />}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" busy={decide.isPending && decide.variables.how === "approve"} disabled={decide.isPending} onClick={() => take("approve")}>{strings.approve}</Button>
        <Button kind="danger" busy={decide.isPending && decide.variables.how === "refuse"} disabled={decide.isPending} onClick={() => take("refuse")}>{strings.refuse}</Button>
      </div>
    </div>
  )
}

import { useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { type Policy, usePolicyActions, useVersions } from "@/features/policies/data.ts"
import { strings } from "@/features/policies/strings.ts"
import { type DiffLine, diffLines, written } from "@/features/policies/text.ts"
import { cx } from "@/shared/classes.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { EmptyState, ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

/** Two versions of a policy beside each other, and the way back to one. */
export function Versions({ policy, mayWrite }: { policy: Policy; mayWrite: boolean }) {
  const found = useVersions(policy.name, policy.version)
  const [newer, setNewer] = useState("")
  const [older, setOlder] = useState("")
  const { write } = usePolicyActions()
  if (found.isPending) return <Waiting lines={3} />
  if (found.error) {
    const isNone = found.error instanceof ApiError && found.error.status === 404
    return isNone ? <EmptyState title={strings.noVersions}>{strings.noVersionsText}</EmptyState> : <ErrorState error={found.error} compact onRetry={() => void found.refetch()} />
  }
  const rows = found.data.items
  const right = rows.find((one) => String(one.version) === newer) ?? rows[0]
  if (!right) return <EmptyState title={strings.noVersions} />
  const left = older ? rows.find((one) => String(one.version) === older) : rows.find((one) => one.version < right.version)
  const lines = diffLines(left?.document ? written(left.document) : "", right.document ? written(right.document) : "")
  const choices = rows.map((one) => ({ value: String(one.version), label: `${strings.version(one.version)}${one.version === policy.version ? ` (${strings.current})` : one.document ? "" : ` (${strings.gone})`}, ${dateTime(one.written_at)}` }))
  const goBack = (one: Policy) => write.mutate({ name: policy.name, document: one.document ?? {}, version: policy.version }, { onSuccess: (outcome) => notify(outcome === "waits" ? strings.waits(policy.name) : strings.wentBack(policy.name, one.version)) })
  return (
    <div className="grid gap-4">
      <div className="grid gap-3 md:grid-cols-2">
        <SelectField label={strings.columns.version} choices={choices} value={String(right.version)} onChange={(event) => setNewer(event.target.value)} />
        <SelectField label={strings.compare} choices={[{ value: "", label: strings.before }, ...choices]} value={older} onChange={(event) => setOlder(event.target.value)} />
      </div>
      {write.error && <ErrorState error={write.error} compact />}
      <Diff label={strings.diff(right.version, left ? strings.version(left.version).toLowerCase() : strings.nothing)} lines={lines} />
      {mayWrite && right.version !== policy.version && right.document && <div><Button busy={write.isPending} onClick={() => goBack(right)}>{strings.goBack}</Button></div>}
    </div>
  )
}

function Diff({ label, lines }: { label: string; lines: readonly DiffLine[] }) {
  if (lines.every((line) => line.sign === " ")) return <p className="text-sm">{strings.same}</p>
  return (
    <figure className="grid gap-1">
      <figcaption className="text-sm text-quiet">{label}</figcaption>
      <div role="region" aria-label={label} tabIndex={0} className="max-h-[28rem] overflow-auto rounded-lg border bg-panel py-2 font-mono text-[0.82rem] leading-relaxed">
        {lines.map((line, place) => (
          <div key={place} className={cx("flex min-h-5 gap-2 px-3 break-words whitespace-pre-wrap", line.sign === "+" && "bg-good-soft text-good", line.sign === "-" && "bg-bad-soft text-bad")}>
            <span aria-hidden className="w-3 shrink-0 select-none">{line.sign}</span>
            {line.sign !== " " && <span className="sr-only">{line.sign === "+" ? strings.added : strings.removed}</span>}
            <span className="min-w-0">{line.text}</span>
          </div>
        ))}
      </div>
    </figure>
  )
}

import { useState } from "react"
import { SourceBadge, StateBadge } from "@/features/policies/badges.tsx"
import { type Given, type Policy, usePolicyActions } from "@/features/policies/data.ts"
import { DryRunPane } from "@/features/policies/dry-run.tsx"
import { Editor } from "@/features/policies/editor.tsx"
import { strings } from "@/features/policies/strings.ts"
import { Versions } from "@/features/policies/versions.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Drawer } from "@/shared/parts/dialog.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

const { views } = strings

/** One policy: its text, its versions, what it would have done. */
export function PolicyDrawer({ policy, filters, setFilters, onClose }: Given & { policy: Policy | undefined; onClose: () => void }) {
  return (
    <Drawer wide open={policy !== undefined} onClose={onClose} title={policy?.name ?? ""}>
      {policy && <One key={policy.name} policy={policy} filters={filters} setFilters={setFilters} onClose={onClose} />}
    </Drawer>
  )
}

function One({ policy, filters, setFilters, onClose }: Given & { policy: Policy; onClose: () => void }) {
  const mayWrite = useMayWrite(policy)
  const mayDryRun = useMayAny()
  const tabs = [
    { id: "", label: views.edit, content: <Editor key={policy.version} policy={policy} isReadOnly={!mayWrite} onDone={() => undefined} /> },
    ...(mayDryRun ? [{ id: "trial", label: views.trial, content: <DryRunPane name={policy.name} document={policy.document ?? {}} /> }] : []),
    { id: "versions", label: views.versions, content: <Versions policy={policy} mayWrite={mayWrite} /> },
  ]
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center gap-2"><StateBadge policy={policy} /><SourceBadge source={policy.source} />{policy.version > 0 && <span className="text-sm text-quiet">{strings.version(policy.version)}</span>}</div>
      <Tabs label={policy.name} value={filters.view} onChange={(view) => setFilters({ view })} tabs={tabs} />
      {mayWrite && policy.source === "stored" && <Withdraw policy={policy} onGone={onClose} />}
    </div>
  )
}

function useMayAny(): boolean {
  const own = useMay("policies.write")
  const all = useMay("policies.operate")
  return own || all
}

/** Whether it is theirs to write: operators' all, others' those of their own organisation that are kept here. */
function useMayWrite(policy: Policy): boolean {
  const own = useMay("policies.write")
  const all = useMay("policies.operate")
  const tenant = useUser()?.tenant
  return all || (own && policy.source === "stored" && policy.tenant === tenant)
}

function Withdraw({ policy, onGone }: { policy: Policy; onGone: () => void }) {
  const [isAsking, setAsking] = useState(false)
  const { withdraw } = usePolicyActions()
  const stop = () => setAsking(false)
  const done = (outcome: "done" | "waits") => {
    stop()
    notify(outcome === "waits" ? strings.waits(policy.name) : strings.withdrawn(policy.name))
    if (outcome === "done") onGone()
  }
  return (
    <div className="grid gap-3 border-t pt-4">
      {withdraw.error && <ErrorState error={withdraw.error} compact />}
      <div><Button kind="danger" onClick={() => setAsking(true)}>{strings.withdraw}</Button></div>
      <ConfirmByName open={isAsking} onClose={stop} title={strings.withdrawTitle} name={policy.name} action={strings.withdraw} busy={withdraw.isPending} onConfirm={() => withdraw.mutate({ name: policy.name, version: policy.version }, { onSuccess: done, onError: stop })}>
        {strings.withdrawText}
      </ConfirmByName>
    </div>
  )
}

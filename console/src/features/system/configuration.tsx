import { RotateCw } from "lucide-react"
import { useState } from "react"
import { problemsOf, useConfiguration, useReload } from "@/features/system/data.ts"
import { ProblemList } from "@/features/system/problems.tsx"
import { strings } from "@/features/system/strings.ts"
import { CodeEditor } from "@/shared/editor/code-editor.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { words } from "@/shared/strings.ts"

/** The configuration in force, by section; and how to have the file read again. */
export function Configuration({ section, onSection }: { section: string; onSection: (name: string) => void }) {
  const found = useConfiguration()
  const mayReload = useMay("config.reload")
  if (found.isPending) return <Waiting />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const names = Object.keys(found.data).sort()
  const shown = section in found.data ? { [section]: found.data[section] } : found.data
  const choices = [{ value: "", label: strings.everything }, ...names.map((value) => ({ value, label: value }))]
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <SelectField label={strings.section} value={section} choices={choices} onChange={(event) => onSection(event.target.value)} />
        {mayReload && <Reload />}
      </div>
      <p className="text-sm text-quiet">{strings.configAbout}</p>
      <CodeEditor label={strings.config} language="json" readOnly value={JSON.stringify(shown, null, 2)} />
    </div>
  )
}

function Reload() {
  const [isAsking, setAsking] = useState(false)
  const reload = useReload()
  const problems = reload.data?.problems ?? problemsOf(reload.error)
  const close = () => { setAsking(false); reload.reset() }
  const run = () => reload.mutate(undefined, { onSuccess: (done) => { notify(strings.taken(done.snapshot_version)); if (!done.problems?.length) close() } })
  return (
    <>
      <Button icon={<RotateCw size={15} />} onClick={() => setAsking(true)}>{strings.reload}</Button>
      <Dialog open={isAsking} onClose={close} title={strings.reloadTitle} footer={<><Button onClick={close}>{words.cancel}</Button><Button kind="primary" busy={reload.isPending} onClick={run}>{strings.reload}</Button></>}>
        <div className="grid gap-4">
          <p>{strings.reloadText}</p>
          {reload.error && problems.length === 0 && <ErrorState error={reload.error} compact />}
          {problems.length > 0 && (
            <div role="alert" className="rounded-xl border border-warn bg-warn-soft p-3 text-sm">
              <p className="font-semibold">{reload.error ? strings.refused : strings.waitsForStart}</p>
              <div className="mt-2"><ProblemList problems={problems} /></div>
            </div>
          )}
        </div>
      </Dialog>
    </>
  )
}

import { Plus } from "lucide-react"
import { useMemo, useState } from "react"
import { type Doc, type Policy, useGuardrailNames, usePolicyActions } from "@/features/policies/data.ts"
import { DryRunPane } from "@/features/policies/dry-run.tsx"
import { strings } from "@/features/policies/strings.ts"
import { FIELDS, type FieldName, parsed, problemsIn, template, written } from "@/features/policies/text.ts"
import { CodeEditor } from "@/shared/editor/code-editor.tsx"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

type Props = { policy?: Policy; isReadOnly?: boolean; onDone: (name: string) => void }

/** The text of a policy with the fields there are beside it; without `policy` a new one. */
export function Editor({ policy, isReadOnly = false, onDone }: Props) {
  const tenant = useUser()?.tenant ?? ""
  const guardrails = useGuardrailNames()
  const [name, setName] = useState(policy?.name ?? "")
  const [text, setText] = useState(() => written(policy ? policy.document : { attach: [{ tenant }], guardrails: [] }))
  const { write } = usePolicyActions()
  const document = parsed(text)
  const problems = useMemo(() => problemsIn(text, write.error), [text, write.error])
  const change = (next: string) => {
    setText(next)
    if (write.error) write.reset()
  }
  const put = (field: FieldName) => change(written({ ...document, [field]: template(field, tenant, guardrails) }))
  const save = (onTrial: boolean) => {
    if (!document || !name) return
    const { shadow: _, ...rest } = document
    const next: Doc = onTrial ? { ...rest, shadow: true } : document
    const version = policy?.source === "stored" ? policy.version : undefined
    write.mutate({ name, document: next, version }, { onSuccess: (outcome) => { notify(outcome === "waits" ? strings.waits(name) : next.shadow === true ? strings.savedTrial(name) : strings.saved(name)); onDone(name) } })
  }
  return (
    <div className="grid gap-4">
      {isReadOnly && <ReadOnlyNote />}
      {!isReadOnly && policy && policy.source === "file" && <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{strings.fileNote}</p>}
      {!policy && <TextField label={strings.name} hint={strings.nameHint} required maxLength={64} spellCheck={false} autoFocus value={name} onChange={(event) => setName(event.target.value.trim())} />}
      <CodeEditor label={strings.document} language="json" value={text} readOnly={isReadOnly} problems={problems} onChange={change} />
      {problems.length > 0 && !isReadOnly && <ul role="status" className="grid gap-1 text-sm text-bad">{problems.map((one) => <li key={`${one.line} ${one.message}`}>{one.line}: {one.message}</li>)}</ul>}
      {write.error && <ErrorState error={write.error} compact />}
      {!isReadOnly && <Actions isNew={!policy} name={name} document={document} busy={write.isPending} onSave={save} />}
      <FieldList document={document} onPut={isReadOnly || !document ? undefined : put} />
    </div>
  )
}

function ReadOnlyNote() {
  const may = useMay("policies.write")
  return <p className="rounded-lg bg-info-soft px-3 py-2 text-sm">{may ? strings.notYours : strings.readOnly}</p>
}

function Actions({ isNew, name, document, busy, onSave }: { isNew: boolean; name: string; document: Doc | undefined; busy: boolean; onSave: (onTrial: boolean) => void }) {
  const [isTrying, setTrying] = useState(false)
  const isReady = document !== undefined && name !== ""
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind="primary" busy={busy} disabled={!isReady} onClick={() => onSave(false)}>{isNew ? strings.make : strings.save}</Button>
      <Button disabled={busy || !isReady} title={strings.saveTrialHint} onClick={() => onSave(true)}>{strings.saveTrial}</Button>
      <Button disabled={!document} onClick={() => setTrying(true)}>{strings.tryIt}</Button>
      <Dialog wide open={isTrying} onClose={() => setTrying(false)} title={strings.views.trial}>
        <DryRunPane name={name || "dry-run"} document={document ?? {}} />
      </Dialog>
    </div>
  )
}

/** The fields there are, each with what it means, and how to put it in. */
function FieldList({ document, onPut }: { document: Doc | undefined; onPut: ((field: FieldName) => void) | undefined }) {
  return (
    <details className="rounded-lg border px-3">
      <summary className="touch flex items-center text-sm font-medium">{strings.fields}</summary>
      <div className="grid gap-2 pb-3 text-sm">
        <p className="text-quiet">{strings.fieldsHint}</p>
        <ul className="grid gap-1">
          {FIELDS.map((field) => (
            <li key={field} className="flex flex-wrap items-center justify-between gap-x-3 border-t py-1 first:border-t-0">
              <p className="min-w-0 flex-1 basis-56"><code className="block font-mono text-xs font-semibold">{field}</code><span className="text-quiet">{strings.fieldHelp[field]}</span></p>
              {document && field in document ? <Badge tone="good">{strings.isThere}</Badge> : onPut && <Button kind="quiet" icon={<Plus size={15} />} aria-label={strings.put(field)} onClick={() => onPut(field)} />}
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}

import { useState } from "react"
import { rulesVersions, useRules, useSaveRules } from "@/features/routing/data.ts"
import { RULES_SCHEMA } from "@/features/routing/schema.ts"
import { strings } from "@/features/routing/strings.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { Card, CodeBlock } from "@/shared/parts/small.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { History } from "@/shared/stored/history.tsx"
import { DocumentForm } from "@/shared/stored/editor.tsx"

const { rules } = strings

/** The `routing` section, which is everybody's: operators write it. */
export function Rules() {
  const found = useRules()
  const save = useSaveRules()
  const mayWrite = useMay("objects.operate")
  const [isEditing, setEditing] = useState(false)
  if (found.isPending) return <Waiting lines={4} />
  if (found.error) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const document = found.data.document ?? {}
  const { version } = found.data
  // There is no way back of its own: what a version said is written again.
  const goBack = async (wanted: number) => {
    const past = (await rulesVersions()).find((one) => one.version === wanted)?.document
    if (past) await save.mutateAsync({ document: past, version })
    return "done" as const
  }
  const stop = () => { save.reset(); setEditing(false) }
  return (
    <Card title={strings.tabs.rules} action={<span className="flex items-center gap-3"><SourceBadge source={found.data.source} beneath={found.data.edited_beneath ?? false} />{mayWrite && <Button onClick={() => setEditing(true)}>{rules.edit}</Button>}</span>}>
      <p className="mb-3 text-sm text-quiet">{rules.about} {rules.defaults}</p>
      <CodeBlock label={strings.tabs.rules} code={JSON.stringify(document, null, 2)} />
      {found.data.source === "stored" && <div className="mt-4"><History section="routing" name="routing" version={version} load={rulesVersions} onRestore={mayWrite ? goBack : undefined} /></div>}
      <Dialog wide open={isEditing} onClose={stop} title={rules.edit}>
        <DocumentForm schema={RULES_SCHEMA} start={document} busy={save.isPending} failure={save.error} onSubmit={(filled) => save.mutate({ document: filled.document, version }, { onSuccess: () => { notify(rules.saved); stop() } })} />
      </Dialog>
    </Card>
  )
}

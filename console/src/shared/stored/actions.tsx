import { useMutation } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { defaultsOf, type Schema } from "@/shared/form/schema.ts"
import { type Doc, DocumentForm } from "@/shared/stored/editor.tsx"
import { words } from "@/shared/stored/words.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog } from "@/shared/parts/dialog.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"

type Outcome = "done" | "waits"
const said = (outcome: Outcome, name: string, text: string) => notify(outcome === "waits" ? words.waits(name) : text)

export function SourceBadge({ source, beneath = false }: { source: string; beneath?: boolean }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      <Badge tone={source === "stored" ? "accent" : "plain"}>{words.sources[source] ?? source}</Badge>
      {beneath && <Badge tone="warn" title={words.beneathHint}>{words.beneath}</Badge>}
    </span>
  )
}

type Props = {
  name: string
  schema: Schema
  document: Doc
  note?: ReactNode
  /** Left out where nothing of theirs is kept here. */
  onWithdraw?: (() => Promise<Outcome>) | undefined
  onSave: (document: Doc) => Promise<Outcome>
  onGone: () => void
  children?: ReactNode
}

/** Change a row, or take it back; `children` are further buttons. */
export function StoredActions({ name, schema, document, note, onWithdraw, onSave, onGone, children }: Props) {
  const [doing, setDoing] = useState<"edit" | "withdraw">()
  const save = useMutation({ mutationFn: onSave })
  const withdraw = useMutation({ mutationFn: async () => onWithdraw?.() ?? "done" })
  const stop = () => { save.reset(); setDoing(undefined) }
  const saved = (outcome: Outcome) => { said(outcome, name, words.saved(name)); stop() }
  const gone = (outcome: Outcome) => { said(outcome, name, words.tookBack(name)); stop(); if (outcome === "done") onGone() }
  return (
    <div className="grid gap-3 border-t pt-4">
      {withdraw.error && <ErrorState error={withdraw.error} compact />}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setDoing("edit")}>{words.edit}</Button>
        {children}
        {onWithdraw && <Button kind="danger" onClick={() => setDoing("withdraw")}>{words.withdraw}</Button>}
      </div>
      <Dialog wide open={doing === "edit"} onClose={stop} title={name}>
        <DocumentForm schema={schema} start={{ ...defaultsOf(schema), ...document }} note={note} busy={save.isPending} failure={save.error} onSubmit={(filled) => save.mutate(filled.document, { onSuccess: saved })} />
      </Dialog>
      <ConfirmByName open={doing === "withdraw"} onClose={stop} title={words.withdrawTitle} name={name} action={words.withdraw} busy={withdraw.isPending} onConfirm={() => withdraw.mutate(undefined, { onSuccess: gone, onError: stop })}>
        {words.withdrawText}
      </ConfirmByName>
    </div>
  )
}

type MakeProps = { note?: ReactNode; open: boolean; onClose: () => void; title: string; nameHint: string; mayChoose: boolean; schema: Schema; start?: Doc; onMake: (name: string, document: Doc, own: boolean) => Promise<Outcome>; onMade: (name: string) => void }

export function MakeStored({ note, open, onClose, title, nameHint, mayChoose, schema, start = {}, onMake, onMade }: MakeProps) {
  const make = useMutation({ mutationFn: ({ name, document, own }: { name: string; document: Doc; own: boolean }) => onMake(name, document, own) })
  const close = () => { make.reset(); onClose() }
  return (
    <Dialog wide open={open} onClose={close} title={title}>
      <DocumentForm
        schema={schema}
        start={{ ...defaultsOf(schema), ...start }}
        isNew={{ nameHint, mayChoose }}
        note={note}
        busy={make.isPending}
        failure={make.error}
        onSubmit={(filled) => make.mutate(filled, { onSuccess: (outcome) => { said(outcome, filled.name, words.made(filled.name)); close(); if (outcome === "done") onMade(filled.name) } })}
      />
    </Dialog>
  )
}
